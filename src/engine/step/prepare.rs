//! The images of the version, pinned by ID for the slot, so that nothing else can ever be started.

use super::Context;
use crate::{
  engine::{guard, world::StepResult},
  model::{
    Slot, VersionName,
    event::{Failure, Produced},
    evidence::Pins,
    plan::ImageSource,
  },
};

pub(super) async fn run(
  context: &Context<'_>,
  slot: Slot,
  version: &VersionName,
  source: ImageSource,
) -> StepResult {
  let world = context.world;
  let images = if source == ImageSource::Recorded {
    recorded(context, slot, version)?.images
  } else {
    world
      .runtime
      .prepare(slot, version, source, context.note)
      .await
      .map_err(|error| {
        world.failed(&error).rerun(
          world
            .command(&format!("deploy {slot} --version {version}"))
            .as_str(),
        )
      })?
  };
  guard::must_be_standby(world, slot).await?;
  let pins = Pins {
    slot,
    version: version.clone(),
    at: world.clock.now(),
    images,
  };
  world
    .ledger
    .put_pins(&pins)
    .map_err(|error| world.failed(&error))?;
  Ok(Produced::Pinned { pins })
}

fn recorded(context: &Context<'_>, slot: Slot, version: &VersionName) -> Result<Pins, Failure> {
  let world = context.world;
  let own = world
    .ledger
    .pins(slot)
    .map_err(|error| world.failed(&error))?;
  if let Some(pins) = own.filter(|pins| pins.version == *version) {
    return Ok(pins);
  }
  world
    .ledger
    .recorded_pins(version)
    .map_err(|error| world.failed(&error))?
    .ok_or_else(|| Failure::new(format!("no image is recorded for version {version}")))
}
