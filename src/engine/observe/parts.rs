//! The parts of an observation, each with its own age: how one is looked at, and how all together
//! become an `Observation`. Looks; decides nothing about when.

use chrono::{DateTime, Utc};

use super::{
  drift, last_operation,
  readiness::{self, History},
  unread, witnesses,
};
use crate::{
  engine::{
    health,
    ports::{PortError, StateFile},
    proof::{self, NoAnswer},
    watch,
    world::World,
  },
  model::{
    BySlot, Known, Slot,
    container::Container,
    evidence::{Evidence, LiveRecord, Pins},
    health::HealthReport,
    observation::{EnvironmentState, Holder, Observation, OperationState, Phase, RuntimeFacts},
    operation::OperationId,
    plan::Fault,
    router::RouterFacts,
    shown::Shown,
    traffic::Live,
    watch::Moved,
  },
};

/// Everything an observation is made of.
pub(in crate::engine) struct Parts {
  pub(in crate::engine) runtime: Known<RuntimeFacts>,
  pub(in crate::engine) slots: BySlot<SlotPart>,
  pub(in crate::engine) shared: Known<Vec<Container>>,
  pub(in crate::engine) router: Known<RouterFacts>,
  pub(in crate::engine) proof: Proof,
  pub(in crate::engine) remembered: Remembered,
}

pub(in crate::engine) struct SlotPart {
  pub(in crate::engine) containers: Known<Vec<Container>>,
  pub(in crate::engine) health: Known<HealthReport>,
}

/// What was answered through the proxy, by how many requests.
pub(in crate::engine) struct Proof {
  pub(in crate::engine) answer: Result<Slot, NoAnswer>,
  pub(in crate::engine) samples: u32,
  pub(in crate::engine) at: DateTime<Utc>,
}

impl Proof {
  pub(in crate::engine) fn silent(why: &str, at: DateTime<Utc>) -> Self {
    Self {
      answer: Err(NoAnswer::Silence(Shown::line(why))),
      samples: 0,
      at,
    }
  }
}

/// What the ledger says.
pub(in crate::engine) struct Remembered {
  pub(super) record: Option<LiveRecord>,
  moved: Option<Moved>,
  evidence: BySlot<Option<Evidence>>,
  pins: BySlot<Option<Pins>>,
  pub(super) state_file: Result<Option<StateFile>, PortError>,
  pub(in crate::engine) lock: Option<Holder>,
  pub(in crate::engine) operation: Option<OperationState>,
  history: Option<History>,
  /// What could not be read, and so is unknown instead of absent.
  unread: Vec<Fault>,
  pub(super) at: DateTime<Utc>,
}

impl Remembered {
  /// Reads it anew. How long earlier operations took is taken from `before` unless one has ended
  /// since: that is the journals of thirty operations.
  pub(in crate::engine) fn read(world: &World, before: Option<&Self>) -> Self {
    let record = world.ledger.live_record().ok().flatten();
    let operation = last_operation::look(world);
    let history = match before {
      Some(before) if before.newest() == newest(operation.as_ref()) => before.history,
      // Nothing asks for it until something was switched.
      _ if record
        .as_ref()
        .is_none_or(|record| record.previous.is_none()) =>
      {
        None
      }
      _ => readiness::history(world),
    };
    let moved = record
      .as_ref()
      .and_then(|record| watch::of(&*world.ledger, record).ok().flatten());
    Self {
      record,
      moved,
      evidence: BySlot::from_fn(|slot| world.ledger.evidence(slot).ok().flatten()),
      pins: BySlot::from_fn(|slot| world.ledger.pins(slot).ok().flatten()),
      state_file: world.ledger.state_file(),
      lock: world.ledger.lock_holder().ok().flatten(),
      operation,
      history,
      unread: unread::find(world),
      at: world.clock.now(),
    }
  }

  fn newest(&self) -> Option<(OperationId, bool)> {
    newest(self.operation.as_ref())
  }

  pub(in crate::engine) fn running(&self) -> Option<OperationId> {
    let operation = self.operation.as_ref()?;
    (operation.phase == Phase::Running).then_some(operation.id)
  }
}

/// The newest operation, and whether it has ended.
fn newest(operation: Option<&OperationState>) -> Option<(OperationId, bool)> {
  operation.map(|operation| {
    let ended = matches!(operation.phase, Phase::Ended { .. });
    (operation.id, ended)
  })
}

impl Parts {
  /// Before the first look, but for what is remembered, which is read at once.
  pub(in crate::engine) fn unseen(world: &World) -> Self {
    const WHY: &str = "not looked at yet";
    let now = world.clock.now();
    Self {
      runtime: Known::no(WHY, now),
      slots: BySlot::from_fn(|_| SlotPart {
        containers: Known::no(WHY, now),
        health: Known::no(WHY, now),
      }),
      shared: Known::no(WHY, now),
      router: Known::no(WHY, now),
      proof: Proof::silent(WHY, now),
      remembered: Remembered::read(world, None),
    }
  }

  pub(in crate::engine) fn observation(&self, world: &World) -> Observation {
    let remembered = &self.remembered;
    let slots = BySlot::from_fn(|slot| self.environment(slot));
    let witnesses = witnesses::call(world, self, &slots);
    let live = Live::weigh(&witnesses);
    let mut observation = Observation {
      schema: 1,
      site: world.site.name.clone(),
      at: world.clock.now(),
      runtime: self.runtime.clone(),
      readiness: readiness::weigh(
        &live,
        remembered.record.as_ref(),
        &slots,
        remembered.history.as_ref(),
      ),
      slots,
      shared: self.shared.clone(),
      router: self.router.clone(),
      witnesses,
      live,
      record: remembered.record.clone(),
      moved: remembered.moved.clone(),
      lock: remembered.lock.clone(),
      operation: remembered.operation.clone(),
      drift: Vec::new(),
    };
    let unread = remembered.unread.iter().map(|fault| fault.what.clone());
    observation.drift = unread.chain(drift::find(world, &observation)).collect();
    observation
  }

  fn environment(&self, slot: Slot) -> EnvironmentState {
    let SlotPart { containers, health } = &self.slots[slot];
    let evidence = self.remembered.evidence[slot].clone();
    let evidence_void = match (&evidence, containers.value()) {
      (Some(evidence), Some(now)) => evidence.voided_by(now).map(Into::into),
      (None, _) | (_, None) => None,
    };
    EnvironmentState {
      version: containers
        .value()
        .and_then(|found| found.iter().find_map(|container| container.version.clone())),
      health: health.clone(),
      evidence,
      evidence_void,
      pins: self.remembered.pins[slot].clone(),
      containers: containers.clone(),
    }
  }
}

pub(in crate::engine) async fn runtime(world: &World) -> Known<RuntimeFacts> {
  known(world, world.runtime.facts().await)
}

pub(in crate::engine) async fn containers(world: &World, slot: Slot) -> Known<Vec<Container>> {
  known(world, world.runtime.containers(slot).await)
}

pub(in crate::engine) async fn shared(world: &World) -> Known<Vec<Container>> {
  known(world, world.runtime.shared().await)
}

pub(in crate::engine) async fn router(world: &World) -> Known<RouterFacts> {
  known(world, world.router.facts().await)
}

pub(in crate::engine) async fn health(
  world: &World,
  slot: Slot,
  containers: &Known<Vec<Container>>,
) -> Known<HealthReport> {
  match containers.value() {
    Some(found) => Known::yes(health::look(world, slot, found).await, world.clock.now()),
    None => Known::no(
      containers.why_not().unwrap_or("the containers are unknown"),
      world.clock.now(),
    ),
  }
}

/// One request renews an answer that stands; whatever contradicts it is asked in full. As old as the
/// question: users may be moved while the answer is on its way.
pub(in crate::engine) async fn proof(world: &World, before: Option<Slot>) -> Proof {
  let at = world.clock.now();
  if let Some(slot) = before
    && proof::still(world, slot).await
  {
    return Proof {
      answer: Ok(slot),
      samples: 1,
      at,
    };
  }
  Proof {
    answer: proof::glance(world).await,
    samples: 3,
    at,
  }
}

fn known<T>(world: &World, result: Result<T, PortError>) -> Known<T> {
  let now = world.clock.now();
  match result {
    Ok(value) => Known::yes(value, now),
    Err(error) => Known::no(world.site.secrets.mask(&error.to_string()), now),
  }
}
