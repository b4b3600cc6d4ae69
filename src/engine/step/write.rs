//! The commit's first half: the managed file becomes the next one, completely or not at all.

use super::Context;
use crate::{
  engine::world::StepResult,
  model::{
    Slot,
    event::{Failure, Produced},
  },
};

pub(super) async fn run(context: &Context<'_>, slot: Slot) -> StepResult {
  let world = context.world;
  let Some((saved, next)) = context.state.saved() else {
    return Err(Failure::new("the managed file was not saved"));
  };
  if next.slot != slot {
    return Err(Failure::new("the prepared file is for the other slot"));
  }
  let now = world
    .router
    .save()
    .await
    .map_err(|error| world.failed(&error))?;
  if now.hash != saved.hash && now.hash != next.hash {
    return Err(Failure::new(
      "someone else changed the managed file a moment ago",
    ));
  }
  world
    .router
    .write(next)
    .await
    .map_err(|error| world.failed(&error))?;
  Ok(Produced::Written {
    hash: next.hash.clone(),
  })
}
