//! Brings the source tree to the version that is built from it.

use super::Context;
use crate::{
  engine::world::StepResult,
  model::{VersionName, event::Produced, shown::Shown},
};

pub(super) async fn run(context: &Context<'_>, version: &VersionName) -> StepResult {
  let commit = context
    .world
    .commands
    .update_source(version, context.note)
    .await
    .map_err(|error| context.world.failed(&error))?;
  Ok(Produced::Said {
    text: Shown::line(&format!("source at {commit}")),
  })
}
