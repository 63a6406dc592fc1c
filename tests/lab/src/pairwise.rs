//! Combinations of choices: all of them, or few that have every two choices together once.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Every combination of one choice out of each: the number of a choice is below its size.
pub fn all<const N: usize>(sizes: [usize; N]) -> Vec<[usize; N]> {
    let mut combinations = vec![[0; N]];
    for (place, size) in sizes.into_iter().enumerate() {
        let with = |combination: [usize; N]| {
            (0..size).map(move |choice| {
                let mut combination = combination;
                combination[place] = choice;
                combination
            })
        };
        combinations = combinations.into_iter().flat_map(with).collect();
    }
    combinations
}

/// Enough combinations out of the `possible` ones that any two choices are met together which can be.
/// Takes next what has most that is new, which is not the least possible number, but near; of equals,
/// what was met least so far.
pub fn pairwise<const N: usize>(
    sizes: [usize; N],
    possible: impl Fn(&[usize; N]) -> bool,
) -> Vec<[usize; N]> {
    let mut candidates = all(sizes);
    candidates.retain(possible);
    let mut met: BTreeMap<_, usize> =
        candidates.iter().flat_map(pairs).map(|pair| (pair, 0)).collect();
    let mut taken = Vec::new();
    while met.values().any(|&times| times == 0) {
        let worth = |candidate: &&[usize; N]| {
            let times = pairs(candidate).map(|pair| met[&pair]);
            let new = times.clone().filter(|&times| times == 0).count();
            (new, Reverse(times.sum::<usize>()))
        };
        let best = candidates.iter().max_by_key(worth).expect("a pair came from a candidate");
        for pair in pairs(best) {
            *met.entry(pair).or_default() += 1;
        }
        taken.push(*best);
    }
    taken.sort_unstable();
    taken
}

/// Every two choices of a combination, each as its place and number.
fn pairs<const N: usize>(
    combination: &[usize; N],
) -> impl Iterator<Item = [(usize, usize); 2]> + Clone + use<N> {
    let choices: Vec<_> = combination.iter().copied().enumerate().collect();
    (0..N).flat_map(move |second| {
        let choices = choices.clone();
        (0..second).map(move |first| [choices[first], choices[second]])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn all_combinations_are_different_and_within_their_sizes() {
        let combinations = all([3, 1, 2]);
        assert_eq!(combinations.iter().collect::<BTreeSet<_>>().len(), 6);
        assert!(combinations.contains(&[2, 0, 1]));
        assert!(all([3, 0, 2]).is_empty());
    }

    #[test]
    fn few_combinations_have_every_two_choices() {
        let sizes = [14, 3, 2, 2, 2, 2];
        let few = pairwise(sizes, |_| true);
        let every: BTreeSet<_> = all(sizes).iter().flat_map(pairs).collect();
        assert_eq!(few.iter().flat_map(pairs).collect::<BTreeSet<_>>(), every);
        // No fewer than the two largest have together, and not many more.
        assert!((42..=44).contains(&few.len()), "{}", few.len());
        assert!(pairwise([3, 0, 2], |_| true).is_empty());
    }

    #[test]
    fn what_cannot_be_is_not_taken_and_takes_nothing_along() {
        // Of the first three choices the last goes with the first of the second ones only.
        let possible = |combination: &[usize; 3]| combination[0] != 2 || combination[1] == 0;
        let few = pairwise([3, 3, 2], possible);
        assert!(few.iter().all(possible));
        assert!([[2, 0, 0], [2, 0, 1]].iter().all(|combination| few.contains(combination)));
        assert!((0..3).all(|second| few.iter().any(|combination| combination[1] == second)));
    }
}
