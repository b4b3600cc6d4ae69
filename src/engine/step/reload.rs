//! The proxy is told to load; whether it did is for the proof to say.

use super::Context;
use crate::{engine::world::StepResult, model::event::Produced};

pub(super) async fn run(context: &Context<'_>) -> StepResult {
  let world = context.world;
  let old_workers = world
    .router
    .workers()
    .await
    .map(|workers| workers.active)
    .unwrap_or_default();
  world
    .router
    .reload()
    .await
    .map_err(|error| world.failed(&error))?;
  Ok(Produced::Reloaded { old_workers })
}
