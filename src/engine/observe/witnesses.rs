//! What each witness of "who is live" says, and where it was read.

use chrono::{DateTime, Utc};

use super::parts::{Parts, Proof, Remembered};
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

pub(super) fn call(world: &World, parts: &Parts, slots: &BySlot<EnvironmentState>) -> Vec<Witness> {
  [
    proof(world, &parts.proof),
    managed_file(world, &parts.router),
    state_file(&parts.remembered),
    containers(slots),
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

fn proof(world: &World, proof: &Proof) -> Witness {
  let words = world.router.proof_words();
  let (count, at) = (proof.samples, proof.at);
  match &proof.answer {
    Ok(slot) => witness(
      WitnessKind::Proof,
      Testimony::Slot { slot: *slot },
      &format!("{count} of {count} by {words}"),
      at,
    ),
    Err(why) => witness(
      WitnessKind::Proof,
      if *why == NoAnswer::Both {
        Testimony::Both
      } else {
        Testimony::Unknown
      },
      &format!("{why} (by {words})"),
      at,
    ),
  }
}

fn managed_file(world: &World, router: &Known<RouterFacts>) -> Witness {
  let kind = WitnessKind::ManagedFile;
  let at = router.as_of();
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

fn state_file(remembered: &Remembered) -> Witness {
  let kind = WitnessKind::StateFile;
  let at = remembered.at;
  match &remembered.state_file {
    Ok(None) => witness(kind, Testimony::Silent, "none is configured", at),
    Ok(Some(StateFile {
      name,
      says: Ok(slot),
    })) => witness(kind, Testimony::Slot { slot: *slot }, name, at),
    Ok(Some(StateFile {
      name,
      says: Err(why),
    })) => witness(kind, Testimony::Unknown, &format!("{name}: {why}"), at),
    Err(error) => witness(kind, Testimony::Unknown, &error.to_string(), at),
  }
}

fn containers(slots: &BySlot<EnvironmentState>) -> Witness {
  let kind = WitnessKind::Containers;
  // As old as the older of both.
  let at = slots
    .blue
    .containers
    .as_of()
    .min(slots.green.containers.as_of());
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
