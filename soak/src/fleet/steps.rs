//! What the time of acknowledgements went into, as the nodes tell it by their metrics.

use std::collections::BTreeMap;

use super::world::{PATIENCE, World};
use crate::history::Step;
use crate::http::Wire;

const METRIC: &str = "symbolon_store_commit_step_seconds";

/// What was told so far of each step, by all nodes together. Each tells of what it has answered itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Steps(BTreeMap<String, Told>);

/// One step.
#[derive(Debug, Clone, Default, PartialEq)]
struct Told {
    /// In seconds, of all together.
    sum: f64,
    /// Seconds, and how many took no longer, the shortest first.
    classes: Vec<(f64, f64)>,
}

impl Steps {
    /// Asks every node.
    pub(crate) async fn ask(world: &World) -> Result<Self, String> {
        let mut all = Self::default();
        for node in &world.nodes {
            let reply = Wire::to(node.management).ask(&world.request("GET", "/metrics"), PATIENCE).await;
            let reply = reply.map_err(|lost| format!("{} tells no metrics: {lost:?}", node.name()))?;
            all.add(&String::from_utf8_lossy(&reply.body));
        }
        Ok(all)
    }

    /// Adds what one node tells, in Prometheus's text format.
    fn add(&mut self, text: &str) {
        for line in text.lines().filter_map(|line| line.strip_prefix(METRIC)) {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let label = |label: &str| {
                let (_, rest) = name.split_once(&format!("{label}=\""))?;
                rest.split_once('"').map(|(value, _)| value.to_owned())
            };
            let (Some(step), Ok(value)) = (label("step"), value.parse::<f64>()) else { continue };
            let told = self.0.entry(step).or_default();
            if name.starts_with("_sum") {
                told.sum += value;
            } else if let Some(bound) = label("le").and_then(|bound| bound.parse::<f64>().ok()) {
                match told.classes.iter_mut().find(|class| class.0.total_cmp(&bound).is_eq()) {
                    Some(class) => class.1 += value,
                    None => told.classes.push((bound, value)),
                }
            }
        }
        for told in self.0.values_mut() {
            told.classes.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
    }

    /// How long each step took since that was told, the one with the greatest share first.
    pub(crate) fn since(&self, before: &Self) -> Vec<Step> {
        let none = Told::default();
        let told = |of: &str| {
            let (now, then) = (&self.0[of], before.0.get(of).unwrap_or(&none));
            let count = |bound: f64| {
                then.classes
                    .iter()
                    .find(|class| class.0.total_cmp(&bound).is_eq())
                    .map_or(0.0, |class| class.1)
            };
            let classes = now.classes.iter().map(|&(bound, all)| (bound, all - count(bound))).collect();
            Told { sum: now.sum - then.sum, classes }
        };
        let all: f64 = self.0.keys().map(|step| told(step).sum).sum();
        let step = |step: &String| {
            let told = told(step);
            Step {
                name: step.clone(),
                share: if all > 0.0 { told.sum / all } else { 0.0 },
                median: told.quantile(0.5) * 1_000.0,
                p99: told.quantile(0.99) * 1_000.0,
            }
        };
        let mut steps: Vec<_> = self.0.keys().map(step).collect();
        steps.sort_by(|a, b| b.share.total_cmp(&a.share));
        steps
    }
}

impl Told {
    /// Within its class as if all of them were spread evenly there, as Prometheus's `histogram_quantile` has it.
    fn quantile(&self, part: f64) -> f64 {
        let Some((_, count)) = self.classes.last() else { return 0.0 };
        let (rank, mut below) = (count * part, (0.0, 0.0));
        for &(bound, up_to) in &self.classes {
            if up_to >= rank && up_to > below.1 {
                // Of the last class only its beginning is known.
                let width = if bound.is_finite() { bound - below.0 } else { 0.0 };
                return below.0 + width * (rank - below.1) / (up_to - below.1);
            }
            below = (if bound.is_finite() { bound } else { below.0 }, up_to);
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(turn: [u32; 3], settle: [u32; 3], sums: [f64; 2]) -> String {
        let bounds = ["0.001", "0.01", "+Inf"];
        let of = |step: &str, counts: [u32; 3], sum: f64| {
            let classes = bounds.iter().zip(counts);
            let classes = classes
                .map(|(bound, count)| format!("{METRIC}_bucket{{step=\"{step}\",le=\"{bound}\"}} {count}\n"));
            let classes: String = classes.collect();
            format!("{METRIC}_sum{{step=\"{step}\"}} {sum}\n{METRIC}_count{{step=\"{step}\"}} 9\n{classes}")
        };
        let (turn, settle) = (of("turn", turn, sums[0]), of("settle", settle, sums[1]));
        format!("# TYPE {METRIC} histogram\nsymbolon_ready 1.0\n{turn}{settle}# EOF\n")
    }

    #[test]
    fn shares_and_medians_are_of_what_all_nodes_told_since() {
        let mut before = Steps::default();
        before.add(&text([5, 5, 5], [0, 0, 5], [1.0, 90.0]));
        let mut after = before.clone();
        // Ten turns of the first class, and twenty waits of the second.
        after.add(&text([10, 10, 10], [0, 20, 20], [0.01, 0.02]));
        after.add(&text([0, 0, 0], [0, 0, 0], [0.0, 0.07]));
        let found = after.since(&before);
        let shown: Vec<_> = found
            .iter()
            .map(|step| format!("{} {:.2} {:.2} {:.2}", step.name, step.share, step.median, step.p99))
            .collect();
        assert_eq!(shown, ["settle 0.90 5.50 9.91", "turn 0.10 0.50 0.99"]);
        assert!(after.since(&after).iter().all(|step| (step.share, step.median) == (0.0, 0.0)));
    }
}
