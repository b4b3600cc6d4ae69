//! Stops a slot's containers, or those of one service, and keeps them; what was stopped to stay
//! so is not started by a reboot.

use std::time::Duration;

use super::Context;
use crate::{
  engine::{guard, world::StepResult},
  model::{
    Slot,
    container::ContainerId,
    event::{Failure, Produced},
    operation::Kind,
    plan::Risk,
  },
};

const GRACE: Duration = Duration::from_secs(30);

pub(super) async fn run(context: &Context<'_>, slot: Slot, service: Option<&str>) -> StepResult {
  let world = context.world;
  let plan = context.plan();
  let typed_live = plan.risk == Risk::Red && plan.from == Some(slot);
  if !typed_live {
    guard::must_be_standby(world, slot).await?;
  }
  if plan.risk != Risk::Red {
    must_have_drained(context, slot).await?;
  }
  stop(context, slot, service).await
}

/// How a failed standby is put away when the plan says so.
pub(crate) async fn put_away(context: &Context<'_>, slot: Slot) -> StepResult {
  guard::must_be_standby(context.world, slot).await?;
  if context.state.traffic_touched() {
    must_have_drained(context, slot).await?;
  }
  stop(context, slot, None).await
}

async fn must_have_drained(context: &Context<'_>, slot: Slot) -> Result<(), Failure> {
  let world = context.world;
  let workers = world
    .router
    .workers()
    .await
    .map_err(|error| world.failed(&error))?;
  if workers.shutting_down.is_empty() {
    return Ok(());
  }
  Err(Failure::new(format!(
    "{} former proxy workers still serve requests of {}",
    workers.shutting_down.len(),
    slot.shout()
  )))
}

async fn stop(context: &Context<'_>, slot: Slot, service: Option<&str>) -> StepResult {
  let world = context.world;
  let running: Vec<ContainerId> = world
    .runtime
    .containers(slot)
    .await
    .map_err(|error| world.failed(&error))?
    .into_iter()
    .filter(crate::model::container::Container::is_running)
    .filter(|container| service.is_none_or(|service| container.service == service))
    .map(|container| container.id)
    .collect();
  if context.plan().kind != Kind::Restart {
    world
      .runtime
      .restart_policy(&running, "no")
      .await
      .map_err(|error| world.failed(&error))?;
  }
  world
    .runtime
    .stop(&running, GRACE)
    .await
    .map_err(|error| world.failed(&error))?;
  Ok(Produced::Nothing)
}
