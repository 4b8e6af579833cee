//! A bounded memory of what was used lately.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most entries.
    pub entries: usize,
    /// Most weight, in the unit of [`Recent::put`].
    pub weight: usize,
    /// Whether the newest entry is kept even where it alone weighs more.
    pub newest_always: bool,
}

#[derive(Debug)]
struct Entry<K, V> {
    key: K,
    value: V,
    weight: usize,
}

/// Values by key; the least recently used make room.
#[derive(Debug)]
pub struct Recent<K, V> {
    limits: Limits,
    /// The most recently used first.
    entries: Mutex<VecDeque<Entry<K, V>>>,
}

impl<K: PartialEq, V: Clone> Recent<K, V> {
    /// Empty.
    pub fn new(limits: Limits) -> Self {
        Self { limits, entries: Mutex::default() }
    }

    /// The value of this key, if it is kept.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let found = entries.iter().position(|entry| entry.key == *key)?;
        let entry = entries.remove(found)?;
        let value = entry.value.clone();
        entries.push_front(entry);
        Some(value)
    }

    /// Keeps a value.
    pub fn put(&self, key: K, value: V, weight: usize) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.key != key);
        entries.push_front(Entry { key, value, weight });
        let mut weighed = 0;
        let within = entries.iter().take(self.limits.entries).take_while(|entry| {
            weighed += entry.weight;
            weighed <= self.limits.weight
        });
        let keep = within.count().max(usize::from(self.limits.newest_always));
        entries.truncate(keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_makes_room() {
        let recent = Recent::new(Limits { entries: 2, weight: 10, newest_always: false });
        recent.put("a", 1, 4);
        recent.put("b", 2, 4);
        assert_eq!(recent.get(&"a"), Some(1));
        recent.put("c", 3, 4);
        assert_eq!((recent.get(&"a"), recent.get(&"b"), recent.get(&"c")), (Some(1), None, Some(3)));
        recent.put("d", 4, 7);
        assert_eq!((recent.get(&"c"), recent.get(&"d")), (None, Some(4)));
    }

    #[test]
    fn what_is_too_heavy_is_kept_only_where_the_newest_always_is() {
        for newest_always in [false, true] {
            let recent = Recent::new(Limits { entries: 2, weight: 10, newest_always });
            recent.put("a", 1, 11);
            assert_eq!(recent.get(&"a").is_some(), newest_always);
        }
    }
}
