//! What the observer knows and what follows from each thing it learns: which part it replaces and
//! which other parts must be looked at because of it. No port is called here.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::{sync::mpsc, time::Instant};

use super::{
  Nudge,
  doubt::{Doubt, Tell},
  pace,
  turns::{Part, Turns},
};
use crate::{
  engine::{
    observe::{Parts, Proof, Remembered},
    ports::PortError,
    world::World,
  },
  model::{
    BySlot, Known, Slot, beat,
    change::{Change, What},
    container::{Container, ContainerId},
    health::HealthReport,
    known::Expiry,
    observation::{Observation, RuntimeFacts},
    router::RouterFacts,
  },
};

/// The outcome of one look.
pub(super) enum Found {
  Changes(Result<mpsc::Receiver<Change>, PortError>),
  Containers(Slot, Known<Vec<Container>>),
  Shared(Known<Vec<Container>>),
  Runtime(Known<RuntimeFacts>),
  Proof(Proof),
  Router(Known<RouterFacts>),
  Health(Slot, Known<HealthReport>),
}

pub(super) struct Watch<'w> {
  world: &'w World,
  pub(super) parts: Parts,
  pub(super) turns: Turns,
  pub(super) changes: Option<mpsc::Receiver<Change>>,
  /// Something may have happened that was not told.
  missed: bool,
  retry: Duration,
  began: Instant,
  /// Whether the slot's containers were ever asked for with any outcome.
  seen: BySlot<bool>,
  stamp: u64,
  lock_asked: Instant,
  doubt: Doubt,
}

impl<'w> Watch<'w> {
  pub(super) fn new(world: &'w World) -> Self {
    let now = Instant::now();
    let mut watch = Self {
      world,
      stamp: world.ledger.stamp(),
      parts: Parts::unseen(world),
      turns: Turns::default(),
      changes: None,
      missed: false,
      retry: pace::FIRST_RETRY,
      began: now,
      seen: BySlot::default(),
      lock_asked: now,
      doubt: Doubt::default(),
    };
    for part in Part::ALL {
      // Health needs to know its containers first.
      if !matches!(part, Part::Health(_) | Part::Ledger) {
        watch.turns.call(part, now);
      }
    }
    // Also wakes for the first observation, which may lack what does not answer.
    watch.turns.call(Part::Ledger, now + pace::FIRST);
    watch
  }

  /// Names and states come first; what is slow must not hold them back, nor they it for long.
  pub(super) fn is_presentable(&self) -> bool {
    (self.seen.blue && self.seen.green) || self.began.elapsed() >= pace::FIRST
  }

  pub(super) fn observation(&self) -> Observation {
    self.parts.observation(self.world)
  }

  /// Whether it contradicts itself in a way that has to be looked at again before it is told.
  pub(super) fn doubts(&mut self, seen: &Observation) -> bool {
    let moving = self.parts.remembered.running().is_some();
    let most = if moving {
      pace::DOUBT_OPERATION
    } else {
      pace::DOUBT
    };
    let looked = self.parts.router.as_of().min(self.parts.proof.at);
    let tell = self.doubt.judge(seen, looked, most);
    if tell == Tell::LookAgain {
      for part in [Part::Router, Part::Proof, Part::Ledger] {
        self.turns.call(part, Instant::now());
      }
    }
    tell != Tell::Yes
  }

  /// Everything, as soon as it can be.
  pub(super) fn call_all(&mut self) {
    let now = Instant::now();
    for part in Part::ALL {
      if part != Part::Changes || self.changes.is_none() {
        self.turns.call(part, now);
      }
    }
  }

  pub(super) fn nudged(&mut self, nudge: Nudge) {
    match nudge {
      Nudge::Now | Nudge::OperationEnded => self.call_all(),
      Nudge::Health => {
        for slot in Slot::BOTH {
          self.turns.call(Part::Health(slot), Instant::now());
        }
      }
    }
  }

  pub(super) fn changed(&mut self, change: &Change) {
    let soon = Instant::now() + pace::SETTLE;
    if let Some(slot) = change.slot {
      self.turns.call(Part::Containers(slot), soon);
    } else {
      self.turns.call(Part::Shared, soon);
      if self.proxy().is_none_or(|proxy| *proxy == change.container) {
        self.turns.call(Part::Router, soon);
      }
    }
    match change.what {
      What::Started | What::Died { .. } | What::Paused | What::Unpaused => {
        self.turns.call(Part::Proof, soon);
      }
      What::Created
      | What::OutOfMemory
      | What::Health { .. }
      | What::Renamed
      | What::Updated
      | What::Destroyed => {}
    }
  }

  /// Something was written to the ledger.
  pub(super) fn written(&mut self) {
    let soon = Instant::now() + pace::SETTLE;
    self.turns.call(Part::Ledger, soon);
  }

  fn proxy(&self) -> Option<&ContainerId> {
    self.parts.router.value()?.proxy.container.as_ref()
  }

  /// The event stream has ended.
  pub(super) fn parted(&mut self) {
    self.changes = None;
    self.missed = true;
    self.look_at_engine();
    self
      .turns
      .call(Part::Changes, Instant::now() + pace::FIRST_RETRY);
  }

  fn look_at_engine(&mut self) {
    let now = Instant::now();
    for part in [
      Part::Containers(Slot::Blue),
      Part::Containers(Slot::Green),
      Part::Shared,
      Part::Runtime,
    ] {
      self.turns.call(part, now);
    }
  }

  pub(super) fn take(&mut self, found: Found) {
    match found {
      Found::Changes(opened) => self.opened(opened),
      Found::Containers(slot, containers) => self.containers(slot, containers),
      Found::Shared(shared) => {
        self.parts.shared = shared.after(&self.parts.shared);
        self.done(Part::Shared, pace::CONTAINERS);
      }
      Found::Runtime(runtime) => {
        self.parts.runtime = runtime.after(&self.parts.runtime);
        self.done(Part::Runtime, pace::RUNTIME);
      }
      Found::Proof(proof) => {
        self.parts.proof = proof;
        self.done(Part::Proof, pace::proof(&self.world.site));
      }
      Found::Router(router) => {
        self.parts.router = router.after(&self.parts.router);
        self.done(Part::Router, pace::ROUTER);
      }
      Found::Health(slot, health) => {
        let part = &mut self.parts.slots[slot];
        // A report on containers that are no longer known to be there is no report.
        if part.containers.value().is_some() {
          part.health = health.after(&part.health);
        }
        let every = if self.parts.remembered.running().is_some() {
          pace::HEALTH
        } else {
          pace::health(&self.world.site, slot)
        };
        self.done(Part::Health(slot), every);
      }
    }
  }

  fn done(&mut self, part: Part, every: Duration) {
    let wait = beat::until(self.world.clock.now(), every);
    self.turns.done(part, Some(Instant::now() + wait));
  }

  fn opened(&mut self, opened: Result<mpsc::Receiver<Change>, PortError>) {
    let Ok(changes) = opened else {
      self.missed = true;
      self.done(Part::Changes, self.retry);
      self.retry = (self.retry * 2).min(pace::MOST_RETRY);
      self.look_at_engine();
      return;
    };
    self.changes = Some(changes);
    self.turns.done(Part::Changes, None);
    self.retry = pace::FIRST_RETRY;
    if std::mem::take(&mut self.missed) {
      self.look_at_engine();
      self.turns.call(Part::Router, Instant::now());
    }
  }

  fn containers(&mut self, slot: Slot, containers: Known<Vec<Container>>) {
    self.seen[slot] = true;
    let part = &mut self.parts.slots[slot];
    let every = match &containers {
      Known::Yes { value, .. } => {
        let before = part.containers.value();
        if before.is_none_or(|before| states(before) != states(value)) {
          self.turns.call(Part::Health(slot), Instant::now());
        }
        pace::CONTAINERS
      }
      Known::No { why, since } => {
        part.health = Known::no(why, *since).after(&part.health);
        pace::UNKNOWN
      }
    };
    part.containers = containers.after(&part.containers);
    self.done(Part::Containers(slot), every);
  }

  /// Looks whether anything the ledger tells has changed. True when it has.
  pub(super) fn ledger(&mut self) -> bool {
    let now = Instant::now();
    self.done(Part::Ledger, pace::LEDGER);
    let stamp = self.world.ledger.stamp();
    let held = self.parts.remembered.lock.is_some();
    if stamp == self.stamp && !(held && now - self.lock_asked >= pace::LOCK) {
      return false;
    }
    self.stamp = stamp;
    self.lock_asked = now;
    let before = self.parts.remembered.running();
    self.parts.remembered = Remembered::read(self.world, Some(&self.parts.remembered));
    if before.is_some() && self.parts.remembered.running() != before {
      self.call_all();
    }
    true
  }

  /// Takes away what is too old to be believed. True when something was.
  pub(super) fn expire(&mut self, now: DateTime<Utc>) -> bool {
    let site = &self.world.site;
    let parts = &mut self.parts;
    let mut expired = vec![
      parts.runtime.expire(now, pace::most_age(pace::RUNTIME)),
      parts.shared.expire(now, pace::most_age(pace::CONTAINERS)),
      parts.router.expire(now, pace::most_age(pace::ROUTER)),
    ];
    for slot in Slot::BOTH {
      let part = &mut parts.slots[slot];
      let most = pace::most_age(pace::health(site, slot));
      expired.push(
        part
          .containers
          .expire(now, pace::most_age(pace::CONTAINERS)),
      );
      expired.push(part.health.expire(now, most));
    }
    let age = now - parts.proof.at;
    let mut any = expired.contains(&Expiry::Expired);
    if parts.proof.answer.is_ok() && age > pace::most_age(pace::proof(site)) {
      let why = format!("no answer for {} s", age.num_seconds());
      parts.proof = Proof::silent(&why, parts.proof.at);
      any = true;
    }
    any
  }
}

/// What makes a health check worth repeating when it is different, in an order of its own.
fn states(containers: &[Container]) -> Vec<impl PartialEq + use<>> {
  let mut all: Vec<_> = containers
    .iter()
    .map(|one| {
      (
        one.id.clone(),
        one.name.clone(),
        one.state,
        one.health,
        one.restarts,
        one.started_at,
      )
    })
    .collect();
  all.sort_by(|one, other| one.0.cmp(&other.0));
  all
}
