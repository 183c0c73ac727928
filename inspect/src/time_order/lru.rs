//! A cache that forgets what was not asked for longest, once it weighs too much.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// Keeps values up to a total weight. A single value heavier than that is kept alone.
#[derive(Debug)]
pub(crate) struct Lru<K, V> {
    weight_max: usize,
    weight: usize,
    clock: u64,
    entries: HashMap<K, Entry<V>>,
    by_use: BTreeMap<u64, K>,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    weight: usize,
    used: u64,
}

impl<K: Clone + Eq + Hash, V: Clone> Lru<K, V> {
    pub(crate) fn new(weight_max: usize) -> Self {
        Self { weight_max, weight: 0, clock: 0, entries: HashMap::new(), by_use: BTreeMap::new() }
    }

    /// Returns a value and marks it as just used.
    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        self.clock += 1;
        let entry = self.entries.get_mut(key)?;
        if let Some(key) = self.by_use.remove(&entry.used) {
            self.by_use.insert(self.clock, key);
        }
        entry.used = self.clock;
        Some(entry.value.clone())
    }

    /// Returns a value without marking it: for looking through many.
    pub(crate) fn peek(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    pub(crate) fn insert(&mut self, key: K, value: V, weight: usize) {
        self.clock += 1;
        self.by_use.insert(self.clock, key.clone());
        if let Some(old) = self.entries.insert(key, Entry { value, weight, used: self.clock }) {
            self.by_use.remove(&old.used);
            self.weight -= old.weight;
        }
        self.weight += weight;
        while self.weight > self.weight_max && self.entries.len() > 1 {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            if let Some(entry) = self.entries.remove(&oldest) {
                self.weight -= entry.weight;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_asked_for_longest_goes_first() {
        let mut lru = Lru::new(3);
        for key in ["a", "b", "c"] {
            lru.insert(key, key, 1);
        }
        assert_eq!(lru.get(&"a"), Some("a"));
        lru.insert("d", "d", 1);
        assert_eq!((lru.peek(&"a"), lru.peek(&"b")), (Some(&"a"), None));
        lru.insert("c", "c again", 3);
        assert_eq!((lru.get(&"c"), lru.get(&"a"), lru.get(&"d")), (Some("c again"), None, None));
        lru.insert("e", "heavier than all", 9);
        assert_eq!((lru.get(&"e"), lru.get(&"c"), lru.weight), (Some("heavier than all"), None, 9));
    }
}
