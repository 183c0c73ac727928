//! What was used last, in case it is used again.

/// Values that are kept: the one looked at, and the one before.
const KEPT_MAX: usize = 2;

/// Keeps the values used last, by key.
#[derive(Debug)]
pub struct Recent<K, V> {
    kept: Vec<(K, V)>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self { kept: Vec::new() }
    }
}

impl<K: PartialEq, V> Recent<K, V> {
    /// Returns the value of a key, if it is kept.
    pub fn find(&self, key: &K) -> Option<&V> {
        self.kept.iter().find(|(kept, _)| kept == key).map(|(_, value)| value)
    }

    /// Keeps a value in place of the one of this key, or else of the oldest.
    pub fn keep(&mut self, key: K, value: V) {
        self.kept.retain(|(kept, _)| *kept != key);
        if self.kept.len() >= KEPT_MAX {
            self.kept.remove(0);
        }
        self.kept.push((key, value));
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.kept.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_are_kept_and_a_key_once() {
        let mut recent = Recent::default();
        recent.keep("a", 1);
        recent.keep("b", 2);
        recent.keep("a", 3);
        recent.keep("c", 4);
        assert_eq!(["a", "b", "c"].map(|key| recent.find(&key).copied()), [Some(3), None, Some(4)]);
        recent.clear();
        assert_eq!(recent.find(&"a"), None);
    }
}
