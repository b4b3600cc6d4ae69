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

use tokio::time::{Instant, sleep};

use super::{observer::pace, world::World};
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

/// The same for somebody who is told only once: while an operation moves users, and where it has while this
/// looked, what is seen contradicts itself. That is no disagreement, and over in a moment. A plan does not wait
/// for it: a rollback pushes such an operation aside.
pub async fn settled(world: &World) -> Observation {
  let end = Instant::now() + pace::DOUBT_OPERATION;
  let recorded = || world.ledger.live_record().ok().flatten();
  loop {
    let before = recorded();
    let seen = observe(world).await;
    let moving = seen.operation.as_ref().is_some_and(|it| it.moving);
    if (!moving && seen.record == before) || Instant::now() >= end {
      return seen;
    }
    sleep(pace::SETTLE).await;
  }
}

/// The managed file's facts, when the proxy could be looked at and has it.
pub fn managed(router: &Known<RouterFacts>) -> Option<&ManagedFile> {
  router.value().and_then(|facts| facts.file.as_ref().ok())
}
