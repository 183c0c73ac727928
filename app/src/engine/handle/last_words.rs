//! What is said when an engine dies: what is known of the records, and of what it was asked to do.

use super::lifeline::RESTARTS_MAX;
use crate::engine::protocol::{Failure, FailureKind};

/// Answers a request that a dead engine left unanswered. `is_ephemeral` means that it kept records in memory only.
pub fn lost(cause: &str, is_ephemeral: bool) -> Failure {
    let fate = if is_ephemeral {
        "records were only in memory and are gone"
    } else {
        "whether this was done is not known: look before you try again"
    };
    failure(format!("{cause} before it answered; {fate}"))
}

/// Tells the person that a dead engine is replaced.
pub fn restarted(cause: &str, is_ephemeral: bool) -> String {
    format!("{cause}. It is being started again; {}", records(is_ephemeral))
}

/// Tells the person that a dead engine is not replaced any more.
pub fn gave_up(cause: &str, is_ephemeral: bool) -> Failure {
    failure(format!(
        "{cause}. It was started again {RESTARTS_MAX} times, to no avail; {}. Reload the page to try again",
        records(is_ephemeral)
    ))
}

fn records(is_ephemeral: bool) -> &'static str {
    if is_ephemeral { "records were only in memory and are gone" } else { "what was acknowledged is stored" }
}

fn failure(sentence: String) -> Failure {
    Failure { kind: FailureKind::EngineLost, code: None, sentence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_that_were_only_in_memory_are_not_called_stored() {
        // The worker's memory dies with it, and all three sentences said that the records are stored.
        let said = |is_ephemeral| {
            [lost("It fell", is_ephemeral).sentence, gave_up("It fell", is_ephemeral).sentence]
                .into_iter()
                .chain([restarted("It fell", is_ephemeral)])
        };
        for sentence in said(true) {
            assert!(sentence.contains("records were only in memory and are gone"), "{sentence}");
            assert!(!sentence.contains("stored"), "{sentence}");
        }
        assert!(said(false).all(|sentence| !sentence.contains("gone")));
    }

    #[test]
    fn whether_a_request_was_done_is_not_claimed_to_be_known() {
        let sentence = lost("The engine stopped", false).sentence;
        assert_eq!(
            sentence,
            "The engine stopped before it answered; whether this was done is not known: look before you try again"
        );
    }
}
