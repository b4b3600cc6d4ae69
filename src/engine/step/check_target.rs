//! The last look before users move: these very containers passed, and are healthy now.

use super::{Context, preflight, wait_healthy};
use crate::{
  engine::{health, world::StepResult},
  model::{
    Slot,
    event::{Failure, Produced},
    operation::Kind,
    shown::Shown,
  },
};

pub(super) async fn run(context: &Context<'_>, slot: Slot, forced: Option<&Shown>) -> StepResult {
  let world = context.world;
  preflight::premise(context).await?;
  // Before a first set-up there is nothing to test yet; what is written is tested then.
  if context.plan().kind != Kind::Up {
    world
      .router
      .test()
      .await
      .map_err(|error| world.failed(&error))?;
  }
  let containers = world
    .runtime
    .containers(slot)
    .await
    .map_err(|error| world.failed(&error))?;
  if let Some(reason) = forced {
    return Ok(Produced::Said {
      text: Shown::line(&format!(
        "health of {} not required on the operator's word: {reason}",
        slot.shout()
      )),
    });
  }
  // What served, or serves now, needs no test to go on serving.
  if !matches!(context.plan().kind, Kind::Rollback | Kind::Rehearse) {
    let evidence = world
      .ledger
      .evidence(slot)
      .map_err(|error| world.failed(&error))?;
    let Some(evidence) = evidence else {
      return Err(Failure::new(format!(
        "{} was never tested by cutover",
        slot.shout()
      )));
    };
    if let Some(why) = evidence.voided_by(&containers) {
      return Err(
        Failure::new(format!(
          "what was tested is not what would be switched to: {why}"
        ))
        .rerun(world.command(&format!("smoke {slot}")).as_str()),
      );
    }
  }
  let report = health::look(world, slot, &containers).await;
  if report.is_ok() {
    Ok(Produced::Healthy { report })
  } else {
    Err(wait_healthy::explain(world, slot, &containers, None, Some(&report)).await)
  }
}
