//! Puts the managed file back and proves that users are where they were. The same for a failed
//! step, an abort and an interrupted operation.

use std::time::Duration;

use tokio::time::Instant;

use super::{proof, world::World};
use crate::{
  config::ProofBy,
  model::{
    Slot,
    event::{Failure, SavedFile},
    router::ProbeLedger,
  },
};

const PROOF: Duration = Duration::from_secs(15);

/// Whether the proxy may have been told to load the changed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
  /// It never was; the former configuration is still the loaded one.
  Not,
  Maybe,
}

/// Restores the bytes first, whatever else is wrong; then has them loaded where the changed ones
/// may have been (by us, or by anyone's reload in between), and proves the former slot.
pub async fn restore(
  world: &World,
  saved: &SavedFile,
  slot: Slot,
  loaded: Loaded,
) -> Result<ProbeLedger, Failure> {
  world
    .router
    .restore(saved)
    .await
    .map_err(|error| world.failed(&error).rerun(world.command("status").as_str()))?;
  let claim = proof::Claim {
    slot,
    generation: match world.site.proof.by {
      ProofBy::Marker => saved.generation,
      ProofBy::Field { .. }
      | ProofBy::Header { .. }
      | ProofBy::Body { .. }
      | ProofBy::Log
      | ProofBy::Effective => None,
    },
  };
  let mut began = Instant::now();
  if loaded == Loaded::Maybe || proof::glance(world).await != Ok(slot) {
    world
      .router
      .test()
      .await
      .map_err(|error| world.failed(&error))?;
    began = Instant::now();
    world
      .router
      .reload()
      .await
      .map_err(|error| world.failed(&error))?;
  }
  proof::prove(world, &claim, began, PROOF)
    .await
    .map_err(|(_, last)| {
      Failure::new(format!(
        "the former file is back in place, but {} could not be proved through the proxy: {last}",
        slot.shout()
      ))
      .rerun(world.command("status").as_str())
    })
}
