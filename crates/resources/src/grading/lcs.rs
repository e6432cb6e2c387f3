//! The length of the longest common subsequence, 64 places at a time.

use std::collections::HashMap;
use std::hash::Hash;

/// Hyyrö's bit-parallel algorithm (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004):
/// a column of the table is a row of bits, so the work is a 64th of the product of the lengths.
pub(super) fn common_length<T: Hash + Eq + Copy>(a: &[T], b: &[T]) -> usize {
    let words = a.len().div_ceil(64);
    let mut places: HashMap<T, Vec<u64>> = HashMap::new();
    for (place, &element) in a.iter().enumerate() {
        let bits = places.entry(element).or_insert_with(|| vec![0; words]);
        bits[place / 64] |= 1 << (place % 64);
    }
    let mut column = vec![u64::MAX; words];
    for element in b {
        let Some(matches) = places.get(element) else {
            continue;
        };
        let mut carry = 0;
        for (bits, hits) in column.iter_mut().zip(matches) {
            let met = *bits & hits;
            let (sum, first) = bits.overflowing_add(met);
            let (sum, second) = sum.overflowing_add(carry);
            carry = u64::from(first || second);
            *bits = sum | (*bits & !hits);
        }
    }
    let zeros = |place: &usize| column[place / 64] & (1 << (place % 64)) == 0;
    (0..a.len()).filter(zeros).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(a: &[u8], b: &[u8]) -> usize {
        let mut row = vec![0; b.len() + 1];
        for x in a {
            let mut corner = 0;
            for (place, y) in b.iter().enumerate() {
                let above = row[place + 1];
                row[place + 1] = if x == y {
                    corner + 1
                } else {
                    above.max(row[place])
                };
                corner = above;
            }
        }
        row[b.len()]
    }

    proptest::proptest! {
        #[test]
        fn bits_count_what_the_table_counts(
            a in proptest::collection::vec(0u8..4, 0..200),
            b in proptest::collection::vec(0u8..4, 0..200),
        ) {
            proptest::prop_assert_eq!(common_length(&a, &b), plain(&a, &b));
        }
    }
}
