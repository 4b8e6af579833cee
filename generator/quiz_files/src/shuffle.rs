//! The order in which things to be ordered or matched are shown: the same for the same texts, and not the right one.

/// The places of `items` in the order in which they are shown.
pub fn shown_order<T: AsRef<str>>(items: &[T]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|i| (fnv(items[*i].as_ref()), *i));
    if order.is_sorted() && order.len() > 1 {
        order.rotate_left(1);
    }
    order
}

/// FNV-1a, 64 bits: quick, and the same on every machine.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_every_item_once_and_never_the_right_order() {
        for items in [vec!["a", "b"], vec!["1", "2", "3"], vec!["x", "x", "x"], vec!["春", "夏", "秋", "冬"]] {
            let order = shown_order(&items);
            assert!(!order.is_sorted(), "{items:?}");
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..items.len()).collect::<Vec<_>>());
        }
    }
}
