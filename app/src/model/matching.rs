//! Finds what somebody means who types a part of its name.

/// Returns how well `typed` fits `name`, lower is better, or `None` when it does not fit: every letter must occur, in order.
pub fn distance(name: &str, typed: &str) -> Option<usize> {
    let (name, typed) = (name.to_lowercase(), typed.trim().to_lowercase());
    if let Some(place) = name.find(&typed) {
        // In one piece: the earlier the better, and better than any scattered one.
        return Some(place);
    }
    let mut letters = name.chars().enumerate();
    let (mut last, mut gaps) = (None, 0);
    for wanted in typed.chars().filter(|letter| !letter.is_whitespace()) {
        let (place, _) = letters.find(|(_, letter)| *letter == wanted)?;
        gaps += last.map_or(place, |last: usize| place - last - 1);
        last = Some(place);
    }
    Some(1_000 + gaps)
}

/// Returns the places of the names that fit, the best first; equals keep their order.
pub fn ranked<'a>(names: impl IntoIterator<Item = &'a str>, typed: &str) -> Vec<usize> {
    let mut fitting: Vec<(usize, usize)> = names
        .into_iter()
        .enumerate()
        .filter_map(|(index, name)| distance(name, typed).map(|distance| (distance, index)))
        .collect();
    fitting.sort_unstable();
    fitting.into_iter().map(|(_, index)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_keeps_everything_in_order() {
        assert_eq!(ranked(["b", "a"], ""), [0, 1]);
    }

    #[test]
    fn a_beginning_is_better_than_a_middle_and_a_middle_than_scattered_letters() {
        assert_eq!(ranked(["o-r-d", "my-ord", "orders", "payments"], "ORD"), [2, 1, 0]);
    }

    #[test]
    fn letters_that_are_not_there_do_not_fit() {
        assert_eq!(distance("orders", "sr"), None);
        assert_eq!(distance("größe", "ös"), None);
        assert!(distance("größe", "öe").is_some());
    }
}
