//! The new truth is written down, last, and only because it was proven.

use super::Context;
use crate::{
  engine::world::StepResult,
  model::{
    Slot,
    event::{Failure, Produced},
    evidence::{LiveRecord, Mover, Tested},
    operation::Kind,
  },
};

pub(super) async fn run(context: &Context<'_>, slot: Slot) -> StepResult {
  let world = context.world;
  let Some((_, next)) = context.state.saved() else {
    return Err(Failure::new("the managed file was not saved"));
  };
  let (now, before) = tokio::join!(
    world.runtime.containers(slot),
    world.runtime.containers(slot.other())
  );
  let now = now.map_err(|error| world.failed(&error))?;
  let before = before.map_err(|error| world.failed(&error))?;
  let old = world
    .ledger
    .live_record()
    .map_err(|error| world.failed(&error))?;
  let moved = context.plan().from != Some(slot);
  // Written again by a resumed runner, or by an operation that moved nobody.
  let same = old.as_ref().filter(|old| old.live == slot);
  let stood = same.filter(|_| !moved);
  let record = LiveRecord {
    live: slot,
    previous: if context.plan().kind == Kind::Up {
      None
    } else if moved {
      Some(slot.other())
    } else {
      old.as_ref().and_then(|old| {
        [Some(old.live), old.previous]
          .into_iter()
          .flatten()
          .find(|former| *former != slot)
      })
    },
    generation: next.generation,
    since: same.map_or_else(|| world.clock.now(), |old| old.since),
    operation: context.id(),
    moved_by: match stood {
      Some(old) => old.moved_by,
      None => moved.then(|| Mover {
        operation: context.id(),
        kind: context.plan().kind,
      }),
    },
    version: now.iter().find_map(|container| container.version.clone()),
    previous_version: match stood {
      Some(old) => old.previous_version.clone(),
      None => before
        .iter()
        .find_map(|container| container.version.clone()),
    },
    containers: now.iter().map(Tested::of).collect(),
    previous_containers: match stood {
      Some(old) => old.previous_containers.clone(),
      None => before.iter().map(Tested::of).collect(),
    },
    managed: next.hash.clone(),
    schema_head: context
      .state
      .schema_head()
      .map(ToOwned::to_owned)
      .or_else(|| old.and_then(|old| old.schema_head)),
  };
  world
    .ledger
    .put_live_record(&record)
    .map_err(|error| world.failed(&error))?;
  Ok(Produced::Nothing)
}
