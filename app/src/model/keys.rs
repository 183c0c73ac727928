//! Every key there is, for the help.

/// One line of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHelp {
    /// The keys: those of a chord joined by `+`, those of a sequence by a blank, choices by `or`.
    pub keys: &'static str,
    /// What they do.
    pub does: &'static str,
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
            key("Ctrl+Enter", "Publish what the form holds"),
        ],
    },
    KeyGroup {
        title: "Messages",
        keys: &[
            key("j or ↓", "Next record"),
            key("k or ↑", "Previous record"),
            key("Page Up or Page Down", "A screen up or down"),
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
    fn no_keys_are_listed_twice_in_one_group() {
        for group in GROUPS {
            for (index, line) in group.keys.iter().enumerate() {
                assert!(group.keys[..index].iter().all(|other| other.keys != line.keys), "{}", line.keys);
            }
        }
    }
}
