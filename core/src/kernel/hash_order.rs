//! The order in which a hash set of the C++ library lists numbers: the legacy library's order of GPUs.

use smallvec::SmallVec;

/// As many as the GPUs of most machines take no memory of the heap.
pub(crate) type Numbers = SmallVec<[u64; 32]>;

/// How many buckets the set has before it grows, one size after another.
const SIZES: [usize; 6] = [13, 29, 59, 127, 257, 541];

/// Each number once, in the order in which `std::unordered_set<uint64_t>` of libstdc++ has them after
/// they were inserted one by one.
pub(crate) fn hash_order(numbers: impl IntoIterator<Item = u64>) -> Numbers {
    let mut sizes = SIZES.into_iter();
    let mut size = sizes.next().unwrap_or(1);
    let mut listed = Numbers::new();
    for number in numbers {
        if listed.contains(&number) {
            continue;
        }
        if listed.len() == size {
            size = sizes.next().unwrap_or(size);
            listed =
                listed.into_iter().fold(Numbers::new(), |list, number| put(list, number, size));
        }
        listed = put(listed, number, size);
    }
    listed
}

/// A number goes before the first of its bucket, or else before all.
fn put(mut list: Numbers, number: u64, size: usize) -> Numbers {
    let bucket = |number: u64| number % size as u64;
    let at = list.iter().position(|listed| bucket(*listed) == bucket(number)).unwrap_or(0);
    list.insert(at, number);
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    // What programs of g++ 12 printed.
    #[test]
    fn as_the_cpp_library_has_it() {
        assert_eq!(hash_order([38215, 51140])[..], [51140, 38215]);
        assert_eq!(hash_order([5, 18, 31, 5, 6])[..], [6, 31, 18, 5]);
    }

    #[test]
    fn as_the_cpp_library_has_it_when_the_set_grows() {
        let after_one_growth = [
            119_785, 111_866, 103_947, 1000, 8919, 16838, 24757, 32676, 40595, 48514, 56433, 64352,
            72271, 80190, 88109, 96028,
        ];
        assert_eq!(hash_order((0..16).map(|at| 1000 + at * 7919))[..], after_one_growth);
        let many = (0..300_u32).map(|at| u64::from(at.wrapping_mul(2_654_435_761) % 60_000));
        let digest = |hash: u64, number: u64| hash.wrapping_mul(31).wrapping_add(number);
        assert_eq!(hash_order(many).into_iter().fold(0, digest), 5_837_467_862_811_100_916);
    }
}
