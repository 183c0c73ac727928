//! Every key there is, for the help.

/// One line of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHelp {
    /// The keys: those of a chord joined by `+`, those of a sequence by a blank, choices by `or`. A blank within a key does not break.
    pub keys: &'static str,
    /// What they do.
    pub does: &'static str,
}

impl KeyHelp {
    /// Returns the keycaps to draw: for each choice, the keys of it. A key of two words is one keycap.
    pub fn caps(&self) -> Vec<Vec<&'static str>> {
        self.keys.split(" or ").map(|choice| choice.split(['+', ' ']).collect()).collect()
    }
}

/// Some lines that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyGroup {
    /// Where they work.
    pub title: &'static str,
    /// The lines.
    pub keys: &'static [KeyHelp],
}

const fn key(keys: &'static str, does: &'static str) -> KeyHelp {
    KeyHelp { keys, does }
}

/// All groups, in the order of the help.
pub const GROUPS: [KeyGroup; 4] = [
    KeyGroup {
        title: "Everywhere",
        keys: &[
            key("Ctrl+K or ⌘+K", "Go to a topic, or do something"),
            key("/", "Filter"),
            key("n", "New topic"),
            key("o", "Open files"),
            key("g t", "All topics"),
            key("g h", "First screen"),
            key("g e", "Health of what is stored"),
            key("g a", "About"),
            key("?", "This help"),
            key("Esc", "Close what is open"),
        ],
    },
    KeyGroup {
        title: "In a topic",
        keys: &[
            key("j or k", "To the records, from anywhere on the page"),
            key("p", "Publish"),
            key("g m", "Messages"),
            key("g r", "Replay"),
            key("g s", "Settings"),
            key("g v", "Verify an opened file"),
            key("Ctrl+Enter", "Publish what the form holds"),
        ],
    },
    KeyGroup {
        title: "Messages",
        keys: &[
            key("j or ↓", "Next record"),
            key("k or ↑", "Previous record"),
            key("Page\u{a0}Up or Page\u{a0}Down", "A screen up or down"),
            key("Home or End", "First or last record"),
            key("Enter", "Open the details"),
        ],
    },
    KeyGroup {
        title: "Replay",
        keys: &[key("Space", "Play or pause"), key(".", "Step forward"), key(",", "Step back")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_one_keycap() {
        // "Page Up" was drawn as two keys to press.
        let caps = |keys| key(keys, "").caps();
        assert_eq!(caps("g t"), [["g", "t"]]);
        assert_eq!(caps("Ctrl+K or ⌘+K"), [["Ctrl", "K"], ["⌘", "K"]]);
        let pages = GROUPS.iter().flat_map(|group| group.keys).find(|line| line.keys.starts_with("Page"));
        assert_eq!(pages.map(KeyHelp::caps), Some(vec![vec!["Page\u{a0}Up"], vec!["Page\u{a0}Down"]]));
    }

    #[test]
    fn no_keys_are_listed_twice_in_one_group() {
        for group in GROUPS {
            for (index, line) in group.keys.iter().enumerate() {
                assert!(group.keys[..index].iter().all(|other| other.keys != line.keys), "{}", line.keys);
            }
        }
    }
}
