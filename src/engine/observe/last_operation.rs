//! The newest operation of the journal, in short: running, interrupted or ended.

use crate::{
  engine::{run_state::RunState, world::World},
  model::{
    observation::{OperationState, Phase},
    plan::Order,
    shown::Shown,
  },
};

pub(super) fn look(world: &World) -> Option<OperationState> {
  let order = world.ledger.orders(1).ok()?.into_iter().next()?;
  Some(summarize(world, &order))
}

fn summarize(world: &World, order: &Order) -> OperationState {
  let records = world
    .ledger
    .records(order.id)
    .map(|(records, _)| records)
    .unwrap_or_default();
  let state = RunState::replay(&order.plan, &records);
  let held = world
    .ledger
    .lock_holder()
    .ok()
    .flatten()
    .is_some_and(|holder| holder.operation == order.id);
  let phase = match &state.verdict {
    Some(verdict) => Phase::Ended {
      verdict: verdict.clone(),
    },
    None if held => Phase::Running,
    None => Phase::Interrupted,
  };
  let total = state.steps.len();
  let step = state
    .current()
    .and_then(|index| state.steps.get(index).map(|(step, _)| (index, step)))
    .map(|(index, step)| Shown::line(&format!("[{}/{total}] {}", index + 1, step.title())));
  OperationState {
    moving: phase == Phase::Running && state.traffic_touched() && !state.recorded(),
    id: order.id,
    kind: order.plan.kind,
    target: order.plan.target,
    version: order.plan.version.clone(),
    actor: order.actor.clone(),
    begun: state.begun.unwrap_or(order.at),
    step,
    waiting_for: state
      .gate
      .map(|gate| Shown::line(&format!("an answer at the gate '{}'", gate.name))),
    phase,
  }
}
