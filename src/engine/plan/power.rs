//! Start, stop and restart of a slot, or of one service of it: always the containers that are
//! there. What users are on is stopped only against a typed phrase.

use super::{builder::Builder, fences::Case};
use crate::{
  engine::intent::Force,
  model::{
    Slot,
    container::Container,
    operation::{Kind, Outcome},
    plan::{OnFailure, Plan, Refusal, Step, part},
    traffic::Live,
  },
};

pub(super) fn start(case: &Case<'_>, slot: Slot, service: Option<&str>) -> Result<Plan, Refusal> {
  let there = containers(case, slot, service)?;
  let wanted = case
    .site
    .services
    .iter()
    .filter(|known| service.map_or(!known.optional, |service| known.key == service));
  let all_running = wanted.into_iter().all(|known| {
    there
      .iter()
      .any(|c| c.service == known.key && c.is_running())
  });
  if all_running {
    return Err(case.refuse_one(
      Outcome::Done,
      format!("{} is running already: nothing to do", part(slot, service)),
      case.command("status"),
    ));
  }
  let mut plan =
    Builder::new(case, Kind::Start, Some(slot)).on_failure(OnFailure::KeepForInspection);
  if there.is_empty() {
    must_be_whole(case, slot, service)?;
    let Some(pins) = &case.preview.recorded else {
      return Err(case.refuse_one(
        Outcome::Refused,
        format!("{} has no containers and no recorded image", slot.shout()),
        case.command(&format!("deploy {slot} --version <version>")),
      ));
    };
    plan.step(Step::Start {
      slot,
      version: pins.version.clone(),
    });
  } else {
    plan.step(wake(slot, service));
  }
  plan.step(healthy(slot, service));
  Ok(plan.build())
}

pub(super) fn stop(
  case: &Case<'_>,
  slot: Slot,
  service: Option<&str>,
  force: Force,
) -> Result<Plan, Refusal> {
  let there = containers(case, slot, service)?;
  if !there.iter().any(|c| c.is_running()) {
    return Err(case.refuse_one(
      Outcome::Done,
      format!("{} is not running: nothing to do", part(slot, service)),
      case.command("status"),
    ));
  }
  let mut plan =
    Builder::new(case, Kind::Stop, Some(slot)).on_failure(OnFailure::KeepForInspection);
  may_be_stopped(case, &mut plan, slot, service, force)?;
  put_down(&mut plan, slot, service, &there);
  voids(case, &mut plan, slot);
  plan.note("the containers are kept: 'cutover start' brings the very same ones back");
  Ok(plan.build())
}

pub(super) fn restart(
  case: &Case<'_>,
  slot: Slot,
  service: Option<&str>,
  force: Force,
) -> Result<Plan, Refusal> {
  let there = containers(case, slot, service)?;
  if !there.iter().any(|c| c.is_running()) {
    return Err(case.refuse_one(
      Outcome::Refused,
      format!("{} is not running", part(slot, service)),
      case.command(&words("start", slot, service)),
    ));
  }
  let mut plan =
    Builder::new(case, Kind::Restart, Some(slot)).on_failure(OnFailure::KeepForInspection);
  may_be_stopped(case, &mut plan, slot, service, force)?;
  put_down(&mut plan, slot, service, &there);
  plan.step(wake(slot, service));
  plan.step(healthy(slot, service));
  voids(case, &mut plan, slot);
  plan.note("the very containers are stopped and started again; none is created");
  Ok(plan.build())
}

/// The slot's containers, or the one of `service`, which must be one of the site's.
fn containers<'a>(
  case: &'a Case<'_>,
  slot: Slot,
  service: Option<&str>,
) -> Result<Vec<&'a Container>, Refusal> {
  let known: Vec<&str> = case.site.services.iter().map(|s| s.key.as_str()).collect();
  if let Some(service) = service.filter(|service| !known.contains(service)) {
    return Err(case.refuse_one(
      Outcome::Usage,
      format!("there is no service '{service}' here"),
      format!("use one of: {}", known.join(", ")),
    ));
  }
  Ok(
    case.observation.slots[slot]
      .containers()
      .iter()
      .filter(|container| service.is_none_or(|service| container.service == service))
      .collect(),
  )
}

/// One service is never created alone: its slot is started as a whole, from its pins.
fn must_be_whole(case: &Case<'_>, slot: Slot, service: Option<&str>) -> Result<(), Refusal> {
  let Some(service) = service else {
    return Ok(());
  };
  let fix = if case.observation.slots[slot].containers().is_empty() {
    format!("start {slot}")
  } else {
    format!("deploy {slot} --version <version>")
  };
  Err(case.refuse_one(
    Outcome::Refused,
    format!("{service} has no container in {}", slot.shout()),
    case.command(&fix),
  ))
}

/// Never what users are on, and never what former workers still use, unless that was typed.
fn may_be_stopped(
  case: &Case<'_>,
  plan: &mut Builder<'_>,
  slot: Slot,
  service: Option<&str>,
  force: Force,
) -> Result<(), Refusal> {
  let verb = plan.kind().word();
  let command = words(verb, slot, service);
  let live = match case.observation.live {
    Live::Proven { slot } | Live::Claimed { slot } => Some(slot),
    Live::Disputed { .. } | Live::Unknown => None,
  };
  match (live, force) {
    (Some(live), _) if live != slot => {}
    (Some(_), Force::Typed) => {
      plan.red(format!("{slot} is live"));
      plan.warn(format!(
        "{} is LIVE: to {verb} {} is an outage",
        slot.shout(),
        service.unwrap_or("it")
      ));
    }
    (Some(_), Force::No) => {
      return Err(case.refuse_one(
        Outcome::Refused,
        format!(
          "{} is live: to {verb} {} would be an outage",
          slot.shout(),
          service.unwrap_or("it")
        ),
        format!(
          "move users first with '{}'; to {verb} it all the same: '{}'",
          case.command(&format!("switch {}", slot.other())),
          case.command(&format!("{command} --confirm '{slot} is live'"))
        ),
      ));
    }
    (None, _) => {
      return Err(case.refuse_one(
        Outcome::NeedsHuman,
        "it is not certain which slot is live, so none is stopped",
        case.command("status"),
      ));
    }
  }
  let draining = case.draining();
  if draining > 0 && force == Force::No {
    return Err(case.refuse_one(
      Outcome::Refused,
      format!(
        "{draining} former proxy workers still serve requests of {}: it has not drained",
        slot.shout()
      ),
      format!(
        "wait and type it again; to cut them off: '{}'",
        case.command(&format!("{command} --confirm '{slot} is draining'"))
      ),
    ));
  }
  if draining > 0 && live != Some(slot) {
    plan.red(format!("{slot} is draining"));
    plan.warn(format!(
      "{draining} former proxy workers still use it: their requests are cut off"
    ));
  }
  Ok(())
}

fn put_down(plan: &mut Builder<'_>, slot: Slot, service: Option<&str>, there: &[&Container]) {
  let commands: Vec<String> = there
    .iter()
    .filter(|c| c.is_running())
    .map(|c| format!("docker stop {}", c.name))
    .collect();
  plan.detailed(
    Step::Stop {
      slot,
      service: service.map(ToOwned::to_owned),
    },
    &commands,
  );
}

/// What passed did so on containers that had not been stopped since.
fn voids(case: &Case<'_>, plan: &mut Builder<'_>, slot: Slot) {
  let environment = &case.observation.slots[slot];
  if environment.evidence.is_some() && environment.evidence_void.is_none() {
    plan.note(format!(
      "the tests that {} passed no longer count after this: 'cutover smoke {slot}' tests it again",
      slot.shout()
    ));
  }
}

fn wake(slot: Slot, service: Option<&str>) -> Step {
  Step::Wake {
    slot,
    service: service.map(ToOwned::to_owned),
  }
}

fn healthy(slot: Slot, service: Option<&str>) -> Step {
  Step::WaitHealthy {
    slot,
    service: service.map(ToOwned::to_owned),
  }
}

/// `stop blue`, or `stop blue api`.
fn words(verb: &str, slot: Slot, service: Option<&str>) -> String {
  service.map_or_else(
    || format!("{verb} {slot}"),
    |service| format!("{verb} {slot} {service}"),
  )
}
