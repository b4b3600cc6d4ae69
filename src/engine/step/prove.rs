//! Only the proxy's own answers count: every fresh connection, over long enough, from the new slot.

use std::time::Duration;

use tokio::time::Instant;

use super::{Context, wait_healthy};
use crate::{
  config::ProofBy,
  engine::{proof, run_state::StepState, world::StepResult},
  model::{
    Slot,
    event::{Failure, Produced},
    evidence::Tested,
    plan::{Step, TO_EXPLAIN},
    shown::Shown,
  },
};

pub(super) async fn run(context: &Context<'_>, slot: Slot) -> StepResult {
  let world = context.world;
  let claim = proof::Claim {
    slot,
    accept: if overridden(context) {
      proof::Accept::Anything
    } else {
      proof::Accept::Serving
    },
    generation: match &world.site.proof.by {
      ProofBy::Marker => context.state.saved().map(|(_, next)| next.generation),
      ProofBy::Field { .. }
      | ProofBy::Header { .. }
      | ProofBy::Body { .. }
      | ProofBy::Log
      | ProofBy::Effective => None,
    },
  };
  let reloaded = context.reloaded.unwrap_or_else(Instant::now);
  let limit = context
    .deadline
    .saturating_sub(TO_EXPLAIN)
    .max(Duration::from_secs(1));
  match proof::prove(world, &claim, reloaded, limit).await {
    Ok(ledger) => {
      must_have_new_workers(context).await?;
      must_be_what_was_checked(context, slot).await?;
      Ok(Produced::Proved { ledger })
    }
    Err((ledger, last)) => Err(refused(context, slot, ledger.sent, &last).await),
  }
}

/// A container that died and was started again while users came to it answers once more, and is
/// not what was tested.
async fn must_be_what_was_checked(context: &Context<'_>, slot: Slot) -> Result<(), Failure> {
  let checked = context
    .state
    .steps
    .iter()
    .rev()
    .find_map(|(_, state)| match state {
      StepState::Done { produced, .. } => match produced.as_ref() {
        Produced::Healthy { report } => Some(&report.containers),
        _ => None,
      },
      StepState::Waiting | StepState::Running { .. } | StepState::Failed { .. } => None,
    });
  let (Some(checked), false) = (checked, overridden(context)) else {
    return Ok(());
  };
  let world = context.world;
  let now = world
    .runtime
    .containers(slot)
    .await
    .map_err(|error| world.failed(&error))?;
  let fallen = now.iter().find(|container| {
    let same = checked.contains(&Tested::of(container));
    !same || !container.is_running()
  });
  match fallen {
    Some(fallen) => Err(wait_healthy::explain(world, slot, &now, Some(fallen), None).await),
    None => Ok(()),
  }
}

/// The operator typed that this slot need not be healthy.
fn overridden(context: &Context<'_>) -> bool {
  context.plan().steps.iter().any(|planned| {
    matches!(
      planned.step,
      Step::CheckTarget {
        forced: Some(_),
        ..
      }
    )
  })
}

/// A reload that the master refused leaves every old worker in place.
async fn must_have_new_workers(context: &Context<'_>) -> Result<(), Failure> {
  let old = context
    .state
    .steps
    .iter()
    .find_map(|(_, state)| match state {
      StepState::Done { produced, .. } => match produced.as_ref() {
        Produced::Reloaded { old_workers } => Some(old_workers),
        _ => None,
      },
      StepState::Waiting | StepState::Running { .. } | StepState::Failed { .. } => None,
    });
  let Some(old) = old.filter(|old| !old.is_empty()) else {
    return Ok(());
  };
  let Ok(now) = context.world.router.workers().await else {
    return Ok(());
  };
  if now.active.iter().any(|pid| !old.contains(pid)) {
    return Ok(());
  }
  Err(Failure::new(
    "the proxy kept its old workers: it refused the reload",
  ))
}

async fn refused(context: &Context<'_>, slot: Slot, sent: u32, last: &Shown) -> Failure {
  let world = context.world;
  let mut failure = Failure::new(format!(
    "{} was not proved through the proxy in time: {last} ({sent} requests)",
    slot.shout()
  ));
  let since = context.state.begun.unwrap_or_else(|| world.clock.now());
  if let Ok(lines) = world.router.errors_since(since).await {
    failure.output = lines
      .iter()
      .rev()
      .take(10)
      .rev()
      .map(|line| world.shown(line))
      .collect();
  }
  failure
}
