//! The slot's services, and only they, are created or started; the live slot's containers are
//! compared before and after.

use super::Context;
use crate::{
  engine::{guard, world::StepResult},
  model::{
    Slot, VersionName,
    container::{Container, ContainerId},
    event::{Failure, Produced},
    evidence::Tested,
    operation::Kind,
  },
};

pub(super) async fn create(context: &Context<'_>, slot: Slot, version: &VersionName) -> StepResult {
  let world = context.world;
  let gone = guard::container_ids(world, slot).await?.is_empty();
  if context.plan().kind != Kind::Start || !gone {
    context.must_not_be_live(slot).await?;
  }
  let other = guard::container_ids(world, slot.other()).await?;
  let pins = match context.state.pins() {
    Some(pins) => pins.clone(),
    None => world
      .ledger
      .pins(slot)
      .map_err(|error| world.failed(&error))?
      .filter(|pins| pins.version == *version)
      .ok_or_else(|| Failure::new(format!("no image is pinned for {}", slot.shout())))?,
  };
  let started = world.runtime.start(&pins, context.note).await;
  guard::must_be_unchanged(world, slot.other(), &other).await?;
  started.map_err(|error| {
    world
      .failed(&error)
      .rerun(world.command(&format!("logs {slot}")).as_str())
  })?;
  let containers = world
    .runtime
    .containers(slot)
    .await
    .map_err(|error| world.failed(&error))?;
  for image in &pins.images {
    let right = containers
      .iter()
      .filter(|container| container.service == image.service)
      .all(|container| container.image_id == image.id);
    if !right {
      return Err(Failure::new(format!(
        "{} of {} was started from another image than the pinned {}",
        image.service,
        slot.shout(),
        image.id.short()
      )));
    }
  }
  Ok(Produced::Started {
    containers: containers.iter().map(Tested::of).collect(),
  })
}

pub(super) async fn wake(context: &Context<'_>, slot: Slot, service: Option<&str>) -> StepResult {
  let world = context.world;
  let (before, others) = tokio::join!(
    world.runtime.containers(slot),
    world.runtime.containers(slot.other())
  );
  let stopped: Vec<Container> = before
    .map_err(|error| world.failed(&error))?
    .into_iter()
    .filter(|container| !container.is_running())
    .filter(|container| service.is_none_or(|service| container.service == service))
    .collect();
  let ids: Vec<ContainerId> = stopped.iter().map(|c| c.id.clone()).collect();
  world
    .runtime
    .wake(&ids)
    .await
    .map_err(|error| world.failed(&error))?;
  // Only what was put away has to be brought back: a restart leaves the policy as it is.
  let idle: Vec<ContainerId> = stopped
    .into_iter()
    .filter(|container| container.restart_policy == "no")
    .map(|container| container.id)
    .collect();
  let policy = others
    .ok()
    .and_then(|others| {
      others
        .into_iter()
        .map(|container| container.restart_policy)
        .find(|policy| policy != "no")
    })
    .unwrap_or_else(|| "unless-stopped".to_owned());
  world
    .runtime
    .restart_policy(&idle, &policy)
    .await
    .map_err(|error| world.failed(&error))?;
  let containers = world
    .runtime
    .containers(slot)
    .await
    .map_err(|error| world.failed(&error))?;
  Ok(Produced::Started {
    containers: containers.iter().map(Tested::of).collect(),
  })
}
