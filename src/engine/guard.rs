//! The fences around the live slot, asked again right before every call that changes something.

use std::time::Duration;

use tokio::time::timeout;

use super::{
  proof::{self, NoAnswer},
  run_state::RunState,
  world::World,
};
use crate::model::{
  Slot,
  container::{Container, ContainerId},
  event::Failure,
  shown::Shown,
};

const FILE: Duration = Duration::from_secs(15);

/// Where traffic is now: the proxy's own answer; when it gives none, the managed file; else an
/// error. When both slots answer, users are on both, whatever the file says.
pub async fn live_now(world: &World) -> Result<Slot, Shown> {
  let why = match proof::glance(world).await {
    Ok(slot) => return Ok(slot),
    Err(NoAnswer::Both) => return Err(Shown::line(&NoAnswer::Both.to_string())),
    Err(NoAnswer::Silence(why)) => why,
  };
  match timeout(FILE, world.router.save()).await {
    Ok(Ok(saved)) => saved
      .slot
      .ok_or_else(|| Shown::line(&format!("{why}; the managed file names no slot either"))),
    Ok(Err(error)) => Err(world.shown(&format!("{why}; {error}"))),
    Err(_) => Err(Shown::line(&format!(
      "{why}; the managed file could not be read in time"
    ))),
  }
}

/// `slot` is about to be changed: it must not be the one users are on.
pub async fn must_be_standby(world: &World, slot: Slot) -> Result<(), Failure> {
  match live_now(world).await {
    Ok(live) if live == slot => Err(
      Failure::new(format!(
        "{} is live now: it is never changed while users are on it",
        slot.shout()
      ))
      .rerun(world.command("status").as_str()),
    ),
    Ok(_) => Ok(()),
    Err(why) => Err(
      Failure::new(format!(
        "cannot tell which slot is live ({why}), so {} is not touched",
        slot.shout()
      ))
      .rerun(world.command("status").as_str()),
    ),
  }
}

/// Before a first set-up of `slot`: nothing is answered through the proxy but what this very
/// operation started, and the other slot does not run.
pub async fn must_serve_nobody(world: &World, slot: Slot, state: &RunState) -> Result<(), Failure> {
  let status = |what: &str| Err(Failure::new(what).rerun(world.command("status").as_str()));
  let ours = state.target_started() && proof::glance(world).await == Ok(slot);
  if !ours && let Some(answer) = proof::anything(world).await {
    return status(&format!("this is no first set-up: {answer}"));
  }
  let other = world
    .runtime
    .containers(slot.other())
    .await
    .map_err(|error| world.failed(&error))?;
  if other.iter().any(Container::is_running) {
    return status(&format!("{} was started meanwhile", slot.other().shout()));
  }
  Ok(())
}

/// The containers of `slot`, sorted, as a premise or to compare with one.
pub async fn container_ids(world: &World, slot: Slot) -> Result<Vec<ContainerId>, Failure> {
  let mut ids: Vec<ContainerId> = world
    .runtime
    .containers(slot)
    .await
    .map_err(|error| world.failed(&error))?
    .into_iter()
    .map(|container| container.id)
    .collect();
  ids.sort();
  Ok(ids)
}

/// `slot` still consists of exactly the containers it had when the plan was made.
pub async fn must_be_unchanged(
  world: &World,
  slot: Slot,
  before: &[ContainerId],
) -> Result<(), Failure> {
  let now = container_ids(world, slot).await?;
  if now == before {
    return Ok(());
  }
  Err(Failure::new(format!(
    "the containers of {} changed while this operation ran: {} before, {} now",
    slot.shout(),
    shorts(before),
    shorts(&now)
  )))
}

fn shorts(ids: &[ContainerId]) -> String {
  if ids.is_empty() {
    return "none".to_owned();
  }
  ids
    .iter()
    .map(ContainerId::short)
    .collect::<Vec<_>>()
    .join(" ")
}
