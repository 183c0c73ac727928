//! Which short word makes room for another.

/// Older words make room: a wall of toasts says nothing.
const TOASTS_MAX: usize = 4;

/// Returns the place of the word to take away before another comes, from those that are shown, oldest first. Words that would go by
/// themselves go first; an error that nobody has read yet makes room for errors only.
pub fn makes_room(are_errors: &[bool], is_error_coming: bool) -> Option<usize> {
    if are_errors.len() < TOASTS_MAX {
        return None;
    }
    are_errors.iter().position(|is_error| !is_error).or(is_error_coming.then_some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the numbers of the words that are left after all came.
    fn left(coming: &[bool]) -> Vec<usize> {
        let mut shown: Vec<(usize, bool)> = Vec::new();
        for (number, is_error) in coming.iter().copied().enumerate() {
            let are_errors: Vec<bool> = shown.iter().map(|(_, is_error)| *is_error).collect();
            if let Some(place) = makes_room(&are_errors, is_error) {
                shown.remove(place);
            }
            shown.push((number, is_error));
        }
        shown.into_iter().map(|(number, _)| number).collect()
    }

    #[test]
    fn an_error_that_nobody_read_is_not_pushed_out_by_chatter() {
        // The oldest word went, error or not.
        assert_eq!(left(&[true, false, false, false, false]), [0, 2, 3, 4]);
        assert_eq!(left(&[true, true, true, true, false, false]), [0, 1, 2, 3, 5]);
        assert_eq!(left(&[true, true, true, true, true]), [1, 2, 3, 4]);
    }
}
