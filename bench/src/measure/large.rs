//! Ten times as many tokens as elsewhere: whether what holds of a million holds of ten.

use super::{memory, start};
use crate::Outcome;
use crate::rounds::Comparison;
use crate::stage::Stage;

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    Ok(vec![memory::of(stage.plan.large)?, start::of(stage, stage.plan.large)?])
}
