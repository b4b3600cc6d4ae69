//! What each witness of "who is live" says, and where it was read.

use chrono::{DateTime, Utc};

use crate::{
  engine::{ports::StateFile, proof::NoAnswer, world::World},
  model::{
    BySlot, Known, Slot,
    observation::EnvironmentState,
    router::RouterFacts,
    shown::Shown,
    traffic::{Testimony, Witness, WitnessKind},
  },
};

pub(super) fn call(
  world: &World,
  glance: Result<Slot, NoAnswer>,
  router: &Known<RouterFacts>,
  slots: &BySlot<EnvironmentState>,
  at: DateTime<Utc>,
) -> Vec<Witness> {
  [
    proof(world, glance, at),
    managed_file(world, router, at),
    state_file(world, at),
    containers(slots, at),
  ]
  .map(|witness| Witness {
    detail: world.shown(witness.detail.as_str()),
    ..witness
  })
  .into()
}

fn witness(kind: WitnessKind, testimony: Testimony, detail: &str, at: DateTime<Utc>) -> Witness {
  Witness {
    kind,
    testimony,
    detail: Shown::line(detail),
    at,
  }
}

fn proof(world: &World, glance: Result<Slot, NoAnswer>, at: DateTime<Utc>) -> Witness {
  let words = world.router.proof_words();
  match glance {
    Ok(slot) => witness(
      WitnessKind::Proof,
      Testimony::Slot { slot },
      &format!("3 of 3 by {words}"),
      at,
    ),
    Err(why) => witness(
      WitnessKind::Proof,
      if why == NoAnswer::Both {
        Testimony::Both
      } else {
        Testimony::Unknown
      },
      &format!("{why} (by {words})"),
      at,
    ),
  }
}

fn managed_file(world: &World, router: &Known<RouterFacts>, at: DateTime<Utc>) -> Witness {
  let kind = WitnessKind::ManagedFile;
  let path = world.site.router.switch.path();
  let name = path
    .strip_prefix(&world.site.root)
    .unwrap_or(path)
    .display()
    .to_string();
  match router {
    Known::No { why, .. } => witness(kind, Testimony::Unknown, &format!("{name}: {why}"), at),
    Known::Yes { value, .. } => match &value.file {
      Err(why) => witness(kind, Testimony::Unknown, &format!("{name}: {why}"), at),
      Ok(file) => match file.names {
        Some(slot) => {
          let detail = file.generation.map_or(name.clone(), |generation| {
            format!("{name}, generation {generation}")
          });
          witness(kind, Testimony::Slot { slot }, &detail, at)
        }
        None => witness(
          kind,
          Testimony::Unknown,
          &format!("{name} is not what either slot would have: it was edited"),
          at,
        ),
      },
    },
  }
}

fn state_file(world: &World, at: DateTime<Utc>) -> Witness {
  let kind = WitnessKind::StateFile;
  match world.ledger.state_file() {
    Ok(None) => witness(kind, Testimony::Silent, "none is configured", at),
    Ok(Some(StateFile {
      name,
      says: Ok(slot),
    })) => witness(kind, Testimony::Slot { slot }, &name, at),
    Ok(Some(StateFile {
      name,
      says: Err(why),
    })) => witness(kind, Testimony::Unknown, &format!("{name}: {why}"), at),
    Err(error) => witness(kind, Testimony::Unknown, &error.to_string(), at),
  }
}

fn containers(slots: &BySlot<EnvironmentState>, at: DateTime<Utc>) -> Witness {
  let kind = WitnessKind::Containers;
  if slots
    .iter()
    .any(|(_, environment)| environment.containers.value().is_none())
  {
    return witness(
      kind,
      Testimony::Unknown,
      "the containers cannot be listed",
      at,
    );
  }
  let running: Vec<Slot> = slots
    .iter()
    .filter(|(_, environment)| environment.any_running())
    .map(|(slot, _)| slot)
    .collect();
  match running.as_slice() {
    [slot] => witness(
      kind,
      Testimony::Slot { slot: *slot },
      "the only slot running",
      at,
    ),
    [] => witness(kind, Testimony::Silent, "no slot is running", at),
    _ => witness(kind, Testimony::Silent, "both slots are running", at),
  }
}
