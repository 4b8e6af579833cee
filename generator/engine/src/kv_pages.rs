//! Which page of the key and value memory holds what: pages are lent to sequences, shared between those that begin with
//! the same tokens, and kept after use until their room is needed.
//!
//! A full page is known by its tokens and by the page before it, so a match is exact: no hash stands for the content.

use std::collections::{BTreeMap, HashMap};

use super::kernels::PAGE;

/// Stands for 'no page before': one for each adapter, as the same tokens give other keys and values. Never a page's id.
const fn root(adapter: usize) -> u64 {
    u64::MAX - adapter as u64
}

/// What a full page holds: 32 tokens after those of another page.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Content {
    before: u64,
    tokens: Box<[u32]>,
}

#[derive(Default)]
struct Page {
    users: usize,
    /// Never used twice: a page before that has been given up is not mistaken for its successor.
    id: u64,
    content: Option<Content>,
    /// Its place in the order of last use, while nobody uses it.
    left: u64,
}

/// All pages.
pub(crate) struct KvPages {
    pages: Vec<Page>,
    free: Vec<u32>,
    known: HashMap<Content, u32>,
    /// Known pages that nobody uses, longest unused first.
    idle: BTreeMap<u64, u32>,
    clock: u64,
}

/// A sequence's pages, in order. Must be given back to `release`.
#[derive(Default)]
pub(crate) struct Pages {
    list: Vec<u32>,
    /// How many of them are full and known (or the same as a known one).
    known: usize,
    /// Id of the last of those.
    last: u64,
}

impl Pages {
    /// Page numbers, for the network.
    pub(crate) fn list(&self) -> &[u32] {
        &self.list
    }
}

impl KvPages {
    /// `count` pages, all free.
    pub(crate) fn new(count: usize) -> Self {
        let pages = (0..count).map(|_| Page::default()).collect();
        let free = (0..count as u32).rev().collect();
        Self { pages, free, known: HashMap::new(), idle: BTreeMap::new(), clock: 1 }
    }

    /// Pages that can be had at once.
    pub(crate) fn available(&self) -> usize {
        self.free.len() + self.idle.len()
    }

    /// Pages that begin as `tokens` do, read with this adapter (0: none), and how many tokens they hold: never all, so that
    /// one is left to be computed.
    pub(crate) fn find(&mut self, tokens: &[u32], adapter: usize) -> (Pages, usize) {
        let mut found = Pages { last: root(adapter), ..Pages::default() };
        let most = tokens.len().saturating_sub(1) / PAGE;
        for part in tokens.chunks_exact(PAGE).take(most) {
            let content = Content { before: found.last, tokens: part.into() };
            let Some(&number) = self.known.get(&content) else { break };
            found.list.push(number);
            found.last = self.lend(number);
            found.known += 1;
        }
        let held = found.list.len() * PAGE;
        (found, held)
    }

    /// Adds pages until `tokens` tokens fit; false, and as many pages as could be had, where there are not enough.
    pub(crate) fn extend(&mut self, pages: &mut Pages, tokens: usize) -> bool {
        while pages.list.len() * PAGE < tokens {
            let Some(number) = self.take() else { return false };
            pages.list.push(number);
        }
        true
    }

    /// Makes the pages that `tokens`, all computed, have filled known to other sequences.
    pub(crate) fn publish(&mut self, pages: &mut Pages, tokens: &[u32]) {
        for part in tokens.chunks_exact(PAGE).skip(pages.known) {
            let Some(&number) = pages.list.get(pages.known) else { return };
            let content = Content { before: pages.last, tokens: part.into() };
            // Another sequence may have been first; its page stands for both from here on.
            let same = *self.known.entry(content.clone()).or_insert(number);
            self.clock += 1;
            let id = self.clock;
            let Some(page) = self.pages.get_mut(same as usize) else { return };
            if same == number {
                (page.id, page.content) = (id, Some(content));
            }
            pages.last = page.id;
            pages.known += 1;
        }
    }

    /// Takes a sequence's pages back. Known ones are kept while there is room, the end of a text given up before its
    /// beginning.
    pub(crate) fn release(&mut self, pages: Pages) {
        for number in pages.list.into_iter().rev() {
            let Some(page) = self.pages.get_mut(number as usize) else { continue };
            page.users = page.users.saturating_sub(1);
            if page.users > 0 {
                continue;
            }
            if page.content.is_some() {
                self.clock += 1;
                page.left = self.clock;
                self.idle.insert(page.left, number);
            } else {
                self.free.push(number);
            }
        }
    }

    fn lend(&mut self, number: u32) -> u64 {
        let Some(page) = self.pages.get_mut(number as usize) else { return root(0) };
        if page.users == 0 {
            self.idle.remove(&page.left);
        }
        page.users += 1;
        page.id
    }

    /// A free page, else the one that has not been used for longest.
    fn take(&mut self) -> Option<u32> {
        let number = self.free.pop().or_else(|| self.idle.pop_first().map(|(_, number)| number))?;
        let page = self.pages.get_mut(number as usize)?;
        if let Some(content) = page.content.take() {
            self.known.remove(&content);
        }
        page.users = 1;
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(n: usize, seed: u32) -> Vec<u32> {
        (0..n as u32).map(|i| i * 7 + seed).collect()
    }

    #[test]
    fn a_repeated_beginning_is_found_and_never_whole() {
        let mut all = KvPages::new(8);
        let text = tokens(3 * PAGE, 0);
        let (mut pages, held) = all.find(&text, 0);
        assert!(held == 0 && all.extend(&mut pages, text.len()));
        all.publish(&mut pages, &text);
        let first = pages.list().to_vec();
        all.release(pages);
        assert_eq!(all.available(), 8);
        let (same, held) = all.find(&text, 0);
        assert_eq!((same.list(), held), (&first[..2], 2 * PAGE), "one token at least is left to compute");
        let longer = [text.clone(), vec![1]].concat();
        let (more, held) = all.find(&longer, 0);
        assert_eq!((more.list(), held), (&first[..], 3 * PAGE));
        let (other, held) = all.find(&tokens(3 * PAGE, 1), 0);
        assert_eq!((other.list().len(), held), (0, 0));
        let (adapted, held) = all.find(&text, 1);
        assert_eq!((adapted.list().len(), held), (0, 0), "another adapter's keys and values");
        all.release(same);
        all.release(more);
        assert_eq!(all.available(), 8);
    }

    #[test]
    fn what_was_used_last_is_given_up_last() {
        let mut all = KvPages::new(3);
        for seed in [0, 1] {
            let text = tokens(PAGE, seed);
            let mut pages = all.find(&text, 0).0;
            assert!(all.extend(&mut pages, PAGE));
            all.publish(&mut pages, &text);
            all.release(pages);
        }
        let old = all.find(&tokens(PAGE + 1, 0), 0).0;
        all.release(old);
        let mut new = Pages::default();
        assert!(all.extend(&mut new, 2 * PAGE), "one free page, one that was given up");
        assert_eq!(all.find(&tokens(PAGE + 1, 1), 0).1, 0);
        assert_eq!(all.find(&tokens(PAGE + 1, 0), 0).1, PAGE);
        assert!(!all.extend(&mut new, 3 * PAGE), "the last is in use");
    }

    proptest! {
        /// Random begins and ends of sequences over few texts: no page serves two contents, none is lost.
        #[test]
        fn pages_hold_what_they_are_known_for(steps in prop::collection::vec((0u32..4, 1usize..150, any::<bool>()), 1..80)) {
            let mut all = KvPages::new(12);
            // What each page really holds, as the network would have written it: all tokens up to its end.
            let mut memory: HashMap<u32, Vec<u32>> = HashMap::new();
            let mut live: Vec<(Pages, Vec<u32>)> = Vec::new();
            for (seed, length, end) in steps {
                if end && !live.is_empty() {
                    let (pages, _) = live.remove(seed as usize % live.len());
                    all.release(pages);
                    continue;
                }
                let text = tokens(length, seed / 2);
                let (mut pages, held) = all.find(&text, 0);
                for (n, page) in pages.list().iter().enumerate() {
                    prop_assert_eq!(&memory[page], &text[..(n + 1) * PAGE]);
                }
                if !all.extend(&mut pages, length) {
                    all.release(pages);
                    continue;
                }
                for n in held / PAGE..pages.list().len() {
                    memory.insert(pages.list()[n], text[..length.min((n + 1) * PAGE)].to_vec());
                }
                all.publish(&mut pages, &text);
                live.push((pages, text));
                let used: std::collections::HashSet<u32> = live.iter().flat_map(|(p, _)| p.list().to_vec()).collect();
                prop_assert_eq!(used.len() + all.available(), 12);
                for (pages, text) in &live {
                    let last = pages.list()[pages.list().len() - 1];
                    prop_assert_eq!(&memory[&last], text);
                }
            }
        }
    }
}
