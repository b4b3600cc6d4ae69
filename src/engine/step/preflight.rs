//! Observe again: what the plan was made from must still hold, and every fence must still be green.

use super::Context;
use crate::{
  engine::{guard, world::StepResult},
  model::{
    event::{Failure, Produced},
    finding::Finding,
    operation::{Kind, OperationId},
    plan::{ImageSource, Step},
    shown::Shown,
  },
};

pub(super) async fn run(context: &Context<'_>) -> StepResult {
  premise(context).await?;
  if matches!(context.plan().kind, Kind::Deploy | Kind::Up) {
    faults(context).await?;
  }
  Ok(Produced::Nothing)
}

/// The same slot is live, on the same containers, with the same managed file.
pub(crate) async fn premise(context: &Context<'_>) -> Result<(), Failure> {
  let plan = context.plan();
  if let (Kind::Up, Some(slot)) = (plan.kind, plan.target) {
    return context.must_not_be_live(slot).await;
  }
  let premise = &plan.premise;
  let Some(live) = premise.live else {
    return Ok(());
  };
  let (now, saved, unchanged) = tokio::join!(
    guard::live_now(context.world),
    context.world.router.save(),
    guard::must_be_unchanged(context.world, live, &premise.untouched),
  );
  match now {
    Ok(now) if now == live => {}
    Ok(now) => {
      return Err(stale(&format!(
        "{} was live when this was planned, {} is now",
        live.shout(),
        now.shout()
      )));
    }
    Err(why) => {
      return Err(stale(&format!(
        "it can no longer be told who is live: {why}"
      )));
    }
  }
  if let (Some(planned), Ok(saved)) = (&premise.managed, saved)
    && saved.hash != *planned
  {
    return Err(stale(
      "the proxy's managed file was changed since this was planned",
    ));
  }
  must_be_the_last(context, premise.undoes)?;
  unchanged
}

/// Asked once more under the lock: another rollback may have been quicker.
fn must_be_the_last(context: &Context<'_>, undoes: Option<OperationId>) -> Result<(), Failure> {
  let world = context.world;
  let Some(wanted) = undoes else {
    return Ok(());
  };
  let record = world
    .ledger
    .live_record()
    .map_err(|error| world.failed(&error))?;
  let last = record.and_then(|record| record.moved_by);
  if last.is_some_and(|mover| mover.operation == wanted) {
    return Ok(());
  }
  Err(stale(&format!(
    "users were moved again since operation {wanted}"
  )))
}

fn stale(what: &str) -> Failure {
  Failure::new(format!("the plan is out of date: {what}"))
}

async fn faults(context: &Context<'_>) -> Result<(), Failure> {
  let world = context.world;
  let mut findings = world.ledger.preflight();
  for planned in &context.plan().steps {
    match &planned.step {
      Step::Prepare {
        slot,
        version,
        source,
      } if *source != ImageSource::Recorded => {
        findings.extend(
          world
            .runtime
            .preflight(*slot, version, *source)
            .await
            .map_err(|error| world.failed(&error))?,
        );
      }
      Step::Backup => {
        if let Some(database) = &world.database {
          findings.extend(
            database
              .preflight()
              .await
              .map_err(|error| world.failed(&error))?,
          );
        }
      }
      _ => {}
    }
  }
  if context.plan().kind == Kind::Deploy {
    world
      .router
      .test()
      .await
      .map_err(|error| world.failed(&error))?;
  }
  let faults = Finding::stopping(findings);
  if faults.is_empty() {
    return Ok(());
  }
  let mut failure = Failure::new(format!("{} checks failed", faults.len()));
  for fault in faults {
    failure
      .output
      .push(Shown::line(&format!("{} - {}", fault.what, fault.fix)));
  }
  Err(failure)
}
