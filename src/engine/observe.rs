//! One complete look at the site. Every part that cannot be seen is `Known::No` with its reason;
//! nothing here changes anything or waits for anything to get better.

mod drift;
mod last_operation;
mod readiness;
mod witnesses;

use super::{health, ports::PortError, proof, world::World};
use crate::model::{
  BySlot, Known, Slot,
  observation::{EnvironmentState, Observation},
  router::RouterFacts,
  traffic::Live,
};

/// Looks at everything at once; the slowest part decides how long it takes.
pub async fn observe(world: &World) -> Observation {
  let (runtime, shared, router, glance, blue, green) = tokio::join!(
    world.runtime.facts(),
    world.runtime.shared(),
    world.router.facts(),
    proof::glance(world),
    environment(world, Slot::Blue),
    environment(world, Slot::Green),
  );
  let at = world.clock.now();
  let slots = BySlot { blue, green };
  let router = known(world, router);
  let record = world.ledger.live_record().ok().flatten();
  let witnesses = witnesses::call(world, glance, &router, &slots, at);
  let live = Live::weigh(&witnesses);
  let operation = last_operation::look(world);
  let mut observation = Observation {
    schema: 1,
    site: world.site.name.clone(),
    at,
    runtime: known(world, runtime),
    readiness: readiness::weigh(world, &live, record.as_ref(), &slots),
    slots,
    shared: known(world, shared),
    router,
    witnesses,
    live,
    record,
    lock: world.ledger.lock_holder().ok().flatten(),
    operation,
    drift: Vec::new(),
  };
  observation.drift = drift::find(world, &observation);
  observation
}

fn known<T>(world: &World, result: Result<T, PortError>) -> Known<T> {
  let now = world.clock.now();
  match result {
    Ok(value) => Known::yes(value, now),
    Err(error) => Known::no(world.site.secrets.mask(&error.to_string()), now),
  }
}

async fn environment(world: &World, slot: Slot) -> EnvironmentState {
  let containers = known(world, world.runtime.containers(slot).await);
  let health = match containers.value() {
    Some(found) => Known::yes(health::look(world, slot, found).await, world.clock.now()),
    None => Known::no(
      containers.why_not().unwrap_or("the containers are unknown"),
      world.clock.now(),
    ),
  };
  let evidence = world.ledger.evidence(slot).ok().flatten();
  let evidence_void = match (&evidence, containers.value()) {
    (Some(evidence), Some(now)) => evidence.voided_by(now).map(Into::into),
    (None, _) | (_, None) => None,
  };
  EnvironmentState {
    version: containers
      .value()
      .and_then(|found| found.iter().find_map(|container| container.version.clone())),
    health,
    evidence,
    evidence_void,
    pins: world.ledger.pins(slot).ok().flatten(),
    containers,
  }
}

/// The managed file's facts, when the proxy could be looked at and has it.
pub fn managed(router: &Known<RouterFacts>) -> Option<&crate::model::router::ManagedFile> {
  router.value().and_then(|facts| facts.file.as_ref().ok())
}
