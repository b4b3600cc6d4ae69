//! One complete look at the site. Every part that cannot be seen is `Known::No` with its reason;
//! nothing here changes anything or waits for anything to get better.
//!
//! `parts` looks at one part at a time and puts an `Observation` together; here all are looked at
//! once, `engine::observer` looks at each in its own time.

mod drift;
mod last_operation;
mod parts;
mod readiness;
pub(crate) mod unread;
mod witnesses;

pub(super) use parts::{
  Parts, Proof, Remembered, SlotPart, containers, health, proof, router, runtime, shared,
};

use super::world::World;
use crate::model::{
  BySlot, Known, Slot,
  observation::Observation,
  router::{ManagedFile, RouterFacts},
};

/// Looks at everything at once; the slowest part decides how long it takes.
pub async fn observe(world: &World) -> Observation {
  let environment = async |slot| {
    let containers = containers(world, slot).await;
    let health = health(world, slot, &containers).await;
    SlotPart { containers, health }
  };
  let (runtime, shared, router, proof, blue, green) = tokio::join!(
    runtime(world),
    shared(world),
    router(world),
    proof(world, None),
    environment(Slot::Blue),
    environment(Slot::Green),
  );
  let parts = Parts {
    runtime,
    shared,
    router,
    proof,
    slots: BySlot { blue, green },
    remembered: Remembered::read(world, None),
  };
  parts.observation(world)
}

/// The managed file's facts, when the proxy could be looked at and has it.
pub fn managed(router: &Known<RouterFacts>) -> Option<&ManagedFile> {
  router.value().and_then(|facts| facts.file.as_ref().ok())
}
