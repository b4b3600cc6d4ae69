//! Binds what passed in this operation to the containers it passed on.

use super::Context;
use crate::{
  engine::{health, run_state::StepState, world::StepResult},
  model::{
    Slot,
    event::{Failure, Produced},
    evidence::{Evidence, Tested},
  },
};

pub(super) async fn run(context: &Context<'_>, slot: Slot) -> StepResult {
  let world = context.world;
  let containers = world
    .runtime
    .containers(slot)
    .await
    .map_err(|error| world.failed(&error))?;
  let mut evidence = Evidence {
    slot,
    version: context.plan().version.clone().or_else(|| {
      containers
        .iter()
        .find_map(|container| container.version.clone())
    }),
    operation: context.id(),
    at: world.clock.now(),
    containers: containers.iter().map(Tested::of).collect(),
    smoke: Vec::new(),
    smoke_skipped: None,
    schema_head: context.state.schema_head().map(ToOwned::to_owned),
  };
  let mut healthy_on = None;
  for (_, state) in &context.state.steps {
    let StepState::Done { produced, .. } = state else {
      continue;
    };
    match produced.as_ref() {
      Produced::Healthy { report } => healthy_on = Some(report.containers.clone()),
      Produced::Smoked { results } => evidence.smoke.clone_from(results),
      Produced::SmokeSkipped { reason } => evidence.smoke_skipped = Some(reason.to_string()),
      _ => {}
    }
  }
  if healthy_on.is_some_and(|before| before != health::identities(&containers)) {
    return Err(Failure::new(format!(
      "a container of {} restarted or was replaced while it was tested",
      slot.shout()
    )));
  }
  world
    .ledger
    .put_evidence(&evidence)
    .map_err(|error| world.failed(&error))?;
  Ok(Produced::Evidence { evidence })
}
