//! What a key does to a replay, unless it belongs to what has the focus.

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayKey {
    /// Plays or pauses.
    Toggle,
    /// Shows one record more.
    StepForward,
    /// Takes one record back.
    StepBack,
}

/// Reads a key while an element of a tag (upper case) and, for inputs, of a type has the focus. A button keeps Space for itself,
/// a link does not.
pub fn replay_key(key: &str, tag: &str, kind: &str) -> Option<ReplayKey> {
    match key {
        " " if takes_space(tag, kind) => None,
        " " => Some(ReplayKey::Toggle),
        "." => Some(ReplayKey::StepForward),
        "," => Some(ReplayKey::StepBack),
        _ => None,
    }
}

fn takes_space(tag: &str, kind: &str) -> bool {
    matches!((tag, kind), ("BUTTON" | "SUMMARY", _) | ("INPUT", "checkbox" | "radio"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_press_on_a_tab_or_a_button_the_keys_still_play() {
        // The tab is a link, and whatever was clicked last kept all three keys.
        assert_eq!(replay_key(" ", "A", ""), Some(ReplayKey::Toggle));
        assert_eq!(replay_key(" ", "INPUT", "range"), Some(ReplayKey::Toggle));
        assert_eq!(replay_key(".", "BUTTON", ""), Some(ReplayKey::StepForward));
        assert_eq!(replay_key(",", "BUTTON", ""), Some(ReplayKey::StepBack));
    }

    #[test]
    fn space_presses_what_has_the_focus_where_it_can_be_pressed() {
        assert_eq!(replay_key(" ", "BUTTON", ""), None);
        assert_eq!(replay_key(" ", "SUMMARY", ""), None);
        assert_eq!(replay_key(" ", "INPUT", "checkbox"), None);
        assert_eq!(replay_key("x", "DIV", ""), None);
    }
}
