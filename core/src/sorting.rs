//! Sorting what is short or seldom sorted. The standard library's sorting is compiled anew for each type, six to eight kilobytes each,
//! and a visit loads them all. What sorts here shares one copy; what sorts much and often is better served there.

use std::collections::BinaryHeap;

/// Sorts by a number, and what has the same one as it came: what `sort_by_key` does.
pub fn sort_by_number<T>(list: &mut Vec<T>, number: impl Fn(&T) -> u64) {
    let mut order: Vec<(u64, usize)> = list.iter().map(number).zip(0..).collect();
    order.sort_unstable();
    let mut slots: Vec<Option<T>> = list.drain(..).map(Some).collect();
    list.extend(order.into_iter().filter_map(|(_, place)| slots.get_mut(place)?.take()));
}

/// Sorts, and keeps one of those that are equal.
pub fn sort_each_once<T: Ord>(list: Vec<T>) -> Vec<T> {
    let mut sorted = BinaryHeap::from(list).into_sorted_vec();
    sorted.dedup();
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_the_same_number_stays_as_it_came() {
        let mut list = vec![(2, "a"), (1, "b"), (2, "c"), (0, "d"), (1, "e")];
        sort_by_number(&mut list, |(number, _)| *number);
        assert_eq!(list, [(0, "d"), (1, "b"), (1, "e"), (2, "a"), (2, "c")]);
    }

    #[test]
    fn equals_are_kept_once() {
        assert_eq!(sort_each_once(vec![3, 1, 2, 3, 1]), [1, 2, 3]);
        assert!(sort_each_once(Vec::<u8>::new()).is_empty());
    }
}
