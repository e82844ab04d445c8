//! Measuring in turn, and what the turns amount to.

use serde::{Deserialize, Serialize};

use crate::Outcome;

/// Measures each of `sides` once a round, so that whatever slows the machine for a while slows all of them; in the
/// opposite order every second round, so that none has the same neighbour before it each time. A turn before the first
/// round warms up, and does not count.
///
/// The answer has the rounds of each side.
pub(crate) fn alternate<T>(
    rounds: usize,
    sides: usize,
    mut measure: impl FnMut(usize) -> Outcome<T>,
) -> Outcome<Vec<Vec<T>>> {
    let mut measured: Vec<Vec<T>> = (0..sides).map(|_| Vec::with_capacity(rounds)).collect();
    for side in 0..sides {
        measure(side)?;
    }
    for round in 0..rounds {
        for turn in 0..sides {
            let side = if round % 2 == 0 { turn } else { sides - 1 - turn };
            measured[side].push(measure(side)?);
        }
    }
    Ok(measured)
}

/// What a quantity was over the rounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of at least one value.
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        Self { median: f64::midpoint(low, high), min: values[0], max: values[values.len() - 1] }
    }
}

/// Something that was measured on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quantity {
    /// What it counts, and which way is better.
    pub(crate) unit: String,
    pub(crate) subject: Spread,
    pub(crate) baseline: Spread,
    /// Subject by baseline, round by round.
    pub(crate) ratio: Spread,
}

impl Quantity {
    /// From the rounds of two sides that took turns.
    pub(crate) fn of(unit: &str, subject: &[f64], baseline: &[f64]) -> Self {
        Self {
            unit: unit.to_owned(),
            subject: Spread::of(subject.iter().copied()),
            baseline: Spread::of(baseline.iter().copied()),
            ratio: Spread::of(subject.iter().zip(baseline).map(|(subject, baseline)| subject / baseline)),
        }
    }
}

/// A subject beside its baseline.
pub(crate) struct Comparison {
    pub(crate) subject: String,
    pub(crate) baseline: &'static str,
    pub(crate) quantities: Vec<Quantity>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_take_turns_in_both_orders_and_the_first_turn_does_not_count() {
        let mut turns = Vec::new();
        let measured = alternate(2, 3, |side| {
            turns.push(side);
            Ok(turns.len())
        });
        assert_eq!(turns, [0, 1, 2, 0, 1, 2, 2, 1, 0]);
        assert_eq!(measured.unwrap(), [[4, 9], [5, 8], [6, 7]]);
    }

    #[test]
    fn a_ratio_is_of_one_round_and_not_of_two_medians() {
        let quantity = Quantity::of("", &[10.0, 2.0, 30.0], &[10.0, 1.0, 10.0]);
        assert_eq!(quantity.subject, Spread { median: 10.0, min: 2.0, max: 30.0 });
        assert_eq!(quantity.ratio, Spread { median: 2.0, min: 1.0, max: 3.0 });
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_two() {
        assert_eq!(Spread::of([4.0, 1.0].into_iter()), Spread { median: 2.5, min: 1.0, max: 4.0 });
    }
}
