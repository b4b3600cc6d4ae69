//! Keeps the managed file byte for byte and works out its next content; nothing is changed yet.

use super::Context;
use crate::{
  engine::world::StepResult,
  model::{
    Slot,
    event::{Failure, Produced},
    operation::Kind,
    router::FileContent,
  },
};

pub(super) async fn run(context: &Context<'_>, slot: Slot) -> StepResult {
  let world = context.world;
  let saved = world
    .router
    .save()
    .await
    .map_err(|error| world.failed(&error))?;
  if let Some(planned) = &context.plan().premise.managed
    && saved.hash != *planned
  {
    return Err(Failure::new(
      "the proxy's managed file was changed since this was planned",
    ));
  }
  if saved.content == FileContent::Absent && context.plan().kind != Kind::Up {
    return Err(
      Failure::new("the proxy's managed file is gone").rerun(world.command("status").as_str()),
    );
  }
  let recorded = world
    .ledger
    .live_record()
    .map_err(|error| world.failed(&error))?
    .map_or(0, |record| record.generation);
  let generation = recorded.max(saved.generation.unwrap_or(0)) + 1;
  let next = world
    .router
    .next(slot, generation, context.id())
    .await
    .map_err(|error| world.failed(&error))?;
  Ok(Produced::Saved { saved, next })
}
