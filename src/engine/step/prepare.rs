//! The images of the version, pinned by ID for the slot, so that nothing else can ever be started.

use super::Context;
use crate::{
  engine::{
    ports::PortError,
    world::{StepResult, World},
  },
  model::{
    Slot, VersionName,
    event::{Failure, Produced},
    evidence::Pins,
    plan::ImageSource,
  },
};

/// How many versions of a slot keep their images for `rollback --to-version`.
const KEPT: usize = 5;

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
  context.must_not_be_live(slot).await?;
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
  if let Err(error) = keep(world, slot).await {
    // The images are here now, and that is all this operation needs.
    (context.note)(&format!(
      "a later cleanup of images may take these: {error}"
    ));
  }
  Ok(Produced::Pinned { pins })
}

/// The recorded images stay on this machine, for as many versions as a rollback may go back.
async fn keep(world: &World, slot: Slot) -> Result<(), PortError> {
  let kept = world.ledger.last_pins(slot, KEPT)?;
  world.runtime.keep_images(slot, &kept).await
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
