//! The proxy itself sees the new bytes, and accepts them.

use super::Context;
use crate::{
  engine::world::StepResult,
  model::event::{Failure, Produced},
};

pub(super) async fn run(context: &Context<'_>) -> StepResult {
  let world = context.world;
  let Some((_, next)) = context.state.saved() else {
    return Err(Failure::new("the managed file was not saved"));
  };
  let (inside, test) = tokio::join!(world.router.seen_inside(), world.router.test());
  let inside = inside.map_err(|error| world.failed(&error))?;
  if inside != next.hash {
    return Err(Failure::new(format!(
      "the proxy does not see the new file: it reads {} where {} was written; its mount is stale",
      inside.short(),
      next.hash.short()
    )));
  }
  test.map_err(|error| world.failed(&error))?;
  Ok(Produced::Nothing)
}
