//! Finds what stayed in a list that was told anew.

use std::cmp::Ordering;

/// Pairs each of `new` with the one of `old` that is its equal, in one pass: both are sorted as `compare` says, without equals.
pub fn paired<'a, Old, New>(
    old: &'a [Old],
    new: &[New],
    compare: impl Fn(&Old, &New) -> Ordering,
) -> Vec<Option<&'a Old>> {
    let mut rest = old.iter().peekable();
    let equal = |one: &New| {
        while rest.next_if(|other| compare(other, one).is_lt()).is_some() {}
        rest.next_if(|other| compare(other, one).is_eq())
    };
    new.iter().map(equal).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_topic_that_was_made_anew_under_its_name_is_another() {
        // Deleted and made again between two events it kept its entry, and the page its dead view.
        let old = [("a", 1), ("b", 5), ("c", 3)];
        for other_id in [4, 6] {
            let new = [("a", 1), ("b", other_id), ("c", 3)];
            assert_eq!(paired(&old, &new, Ord::cmp), [Some(&old[0]), None, Some(&old[2])]);
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_and_goes_the_same_are_paired(
            old in prop::collection::btree_set(0_u8..40, 0..20), new in prop::collection::btree_set(0_u8..40, 0..20),
        ) {
            let (old, new): (Vec<u8>, Vec<u8>) = (old.into_iter().collect(), new.into_iter().collect());
            let found = paired(&old, &new, u8::cmp);
            let naive: Vec<_> = new.iter().map(|it| old.iter().find(|other| *other == it)).collect();
            prop_assert_eq!(found, naive);
        }
    }
}
