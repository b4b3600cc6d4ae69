//! A backup counts only once it was read back in full.

use super::{Context, migrate};
use crate::{
  engine::world::StepResult,
  model::event::{Failure, Produced},
};

pub(super) async fn run(context: &Context<'_>) -> StepResult {
  let Some(database) = &context.world.database else {
    return Err(Failure::new("no database is configured"));
  };
  let head = match context.plan().from {
    Some(live) => migrate::head(context, live).await.unwrap_or(None),
    None => None,
  };
  let backup = database
    .backup(
      context.plan().from_version.as_ref(),
      head.as_deref(),
      context.note,
    )
    .await
    .map_err(|error| context.world.failed(&error))?;
  Ok(Produced::BackedUp { backup })
}
