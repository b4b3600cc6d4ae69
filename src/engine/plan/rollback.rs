//! Back to what served before: with the very containers that served, or from recorded images.
//! Needs no network, no registry, no build and no database write.

use super::{builder::Builder, fences::Case};
use crate::{
  config::Hook,
  engine::intent::{Force, Rollback},
  model::{
    Slot,
    evidence::has_all,
    health::Pass,
    operation::{Kind, OperationId, Outcome},
    plan::{ImageSource, OnFailure, Plan, Refusal, Risk, Step},
    shown::Shown,
    traffic::Warmth,
  },
};

pub(super) fn plan(case: &Case<'_>, rollback: &Rollback) -> Result<Plan, Refusal> {
  must_not_be_in_between(case)?;
  must_be_the_last(case, rollback.undoes)?;
  let live = case.live()?;
  let target = live.other();
  let mut faults = case.preview.faults.clone();
  faults.extend(case.router_faults());
  if !faults.is_empty() {
    return Err(case.refuse(Outcome::Refused, faults));
  }
  let wanted = rollback
    .version
    .as_ref()
    .filter(|version| case.observation.slots[target].version.as_ref() != Some(version));
  match wanted {
    Some(_) => recreate(case, rollback, target),
    None => warm(case, rollback, target),
  }
}

/// A rollback that is meant to undo one operation is not to undo another one, nor itself.
fn must_be_the_last(case: &Case<'_>, undoes: Option<OperationId>) -> Result<(), Refusal> {
  let last = case.observation.record.as_ref();
  let last = last
    .and_then(|record| record.moved_by)
    .map(|mover| mover.operation);
  match (undoes, last) {
    (None, _) => Ok(()),
    (Some(wanted), Some(last)) if wanted == last => Ok(()),
    (Some(wanted), last) => {
      let since = last.map_or_else(
        || "nothing is recorded any more".to_owned(),
        |last| format!("{last} was the last to move users"),
      );
      Err(case.refuse_one(
        Outcome::Refused,
        format!("there is nothing left to undo of operation {wanted}: {since}"),
        case.command("status"),
      ))
    }
  }
}

/// Between the written file and its proof the witnesses disagree, and that is no dispute.
fn must_not_be_in_between(case: &Case<'_>) -> Result<(), Refusal> {
  let Some(rival) = case
    .preview
    .rival
    .as_ref()
    .filter(|rival| rival.moves_users)
  else {
    return Ok(());
  };
  if case.observation.live_slot().is_some() {
    return Ok(());
  }
  Err(case.refuse_one(
    Outcome::Locked,
    format!(
      "operation {} ({} by {}) is moving users at this moment: it is not certain where they are",
      rival.id, rival.kind, rival.actor
    ),
    format!(
      "look again in a moment, or stop it, which puts back what it has not finished: '{}'",
      case.command(&format!("abort {}", rival.id.0))
    ),
  ))
}

/// The slot as it stands: running, or started again with `start`, never `up`.
fn warm(case: &Case<'_>, rollback: &Rollback, target: Slot) -> Result<Plan, Refusal> {
  let environment = &case.observation.slots[target];
  if rollback.version.is_none() {
    must_have_served(case, target)?;
  }
  if environment.containers().is_empty() {
    return recreate(case, rollback, target);
  }
  let running = case
    .site
    .services
    .iter()
    .filter(|service| !service.optional)
    .all(|service| {
      environment
        .containers()
        .iter()
        .any(|c| c.service == service.key && c.is_running())
    });
  let mut plan = begin(case, rollback, target);
  must_not_go_back_by_accident(case, target, &mut plan);
  plan.step(Step::Preflight);
  let broken = if running { fault(case, target) } else { None };
  let forced = match (broken, rollback.force) {
    (None, _) => None,
    (Some(fault), Force::Typed) => {
      plan.red(format!("{target} is broken"));
      plan.warn(format!("{} is not healthy: {fault}", target.shout()));
      Some(Shown::line(&fault))
    }
    (Some(fault), Force::No) => return Err(blocked(case, target, &fault)),
  };
  if running {
    plan.note(format!("{} is running: readiness HOT", target.shout()));
  } else {
    plan.note(format!(
      "{} is stopped: readiness WARM; it is started and must be healthy before any user moves",
      target.shout()
    ));
    plan.step(Step::Wake {
      slot: target,
      service: None,
    });
    plan.step(Step::WaitHealthy {
      slot: target,
      service: None,
    });
  }
  warnings(case, target, &mut plan);
  finish(&mut plan, target, forced);
  Ok(plan.build())
}

/// From pinned images into the standby, then switch.
fn recreate(case: &Case<'_>, rollback: &Rollback, target: Slot) -> Result<Plan, Refusal> {
  let Some(pins) = &case.preview.recorded else {
    let what = rollback.version.as_ref().map_or_else(
      || {
        format!(
          "the containers of {} are gone and no image is recorded for it",
          target.shout()
        )
      },
      |version| {
        format!("version {version} was never deployed by cutover here: no image is recorded for it")
      },
    );
    return Err(case.refuse_one(Outcome::Refused, what, case.command("history")));
  };
  let mut plan = begin(case, rollback, target).version(&pins.version);
  plan.note(format!(
    "readiness COLD: {} is created from the recorded images of {} and must be healthy before any user moves",
    target.shout(),
    pins.version
  ));
  plan.step(Step::Preflight);
  let images: Vec<String> = pins
    .images
    .iter()
    .map(|image| format!("{}: {} {}", image.service, image.reference, image.id.0))
    .collect();
  plan.detailed(
    Step::Prepare {
      slot: target,
      version: pins.version.clone(),
      source: ImageSource::Recorded,
    },
    &images,
  );
  plan.step(Step::Start {
    slot: target,
    version: pins.version.clone(),
  });
  plan.step(Step::WaitHealthy {
    slot: target,
    service: None,
  });
  plan.step(Step::Smoke { slot: target });
  plan.step(Step::Evidence { slot: target });
  plan.risk(Risk::Amber);
  finish(&mut plan, target, None);
  Ok(plan.build())
}

fn begin<'a>(case: &'a Case<'_>, rollback: &Rollback, target: Slot) -> Builder<'a> {
  let mut plan = Builder::new(case, Kind::Rollback, Some(target))
    .reason(rollback.reason.as_deref())
    .on_failure(OnFailure::KeepForInspection)
    .undoes(rollback.undoes);
  if let Some(rival) = &case.preview.rival {
    plan.preempts(rival);
  }
  plan
}

fn finish(plan: &mut Builder<'_>, target: Slot, forced: Option<Shown>) {
  plan.switch_steps(target, forced);
  plan.hook(Hook::AfterRollback, "after_rollback");
  plan.step(Step::Drain {
    slot: target.other(),
  });
  plan.note(format!("{} stays up for debugging", target.other().shout()));
}

/// Two people, or two alarms, that roll back one after the other mean the same thing: the second must
/// not send users to what the first took them from.
fn must_not_go_back_by_accident(case: &Case<'_>, target: Slot, plan: &mut Builder<'_>) {
  let environment = &case.observation.slots[target];
  let record = case.observation.record.as_ref();
  if let Some(rollback) = record.and_then(|it| it.left_by(target, environment.containers())) {
    plan.red(format!("{target} again"));
    plan.warn(format!(
      "rollback {rollback} took users away from {}{}: this sends them there again; see '{}'",
      target.shout(),
      environment
        .version
        .as_ref()
        .map_or_else(String::new, |version| format!(" {version}")),
      case.command(&format!("show {}", rollback.0))
    ));
  }
}

fn must_have_served(case: &Case<'_>, target: Slot) -> Result<(), Refusal> {
  let record = case.observation.record.as_ref();
  if record.and_then(|record| record.previous) == Some(target) {
    return Ok(());
  }
  Err(case.refuse_one(
    Outcome::Refused,
    format!(
      "there is nothing to roll back to: cutover has no record that {} served users",
      target.shout()
    ),
    format!(
      "to move users to it all the same, tested first: '{}'",
      case.command(&format!("switch {target}"))
    ),
  ))
}

fn fault(case: &Case<'_>, target: Slot) -> Option<String> {
  match &case.observation.slots[target].health {
    crate::model::Known::No { why, .. } => Some(why.clone()),
    crate::model::Known::Yes { value, .. } => match value.pass() {
      Pass::Ok => None,
      Pass::Failing | Pass::Unknown | Pass::Absent => Some(value.summary()),
    },
  }
}

fn blocked(case: &Case<'_>, target: Slot, fault: &str) -> Refusal {
  let served = case
    .preview
    .recorded
    .as_ref()
    .filter(|pins| case.observation.slots[target].version.as_ref() != Some(&pins.version))
    .map(|pins| {
      format!(
        "go back to what served before with '{}', ",
        case.command(&format!("rollback --to-version {}", pins.version))
      )
    })
    .unwrap_or_default();
  case.refuse_one(
    Outcome::Refused,
    format!(
      "rolling back is blocked: {} fails ({fault}); users would move to an environment that cannot serve them",
      target.shout()
    ),
    format!(
      "{served}look with '{}', deploy a good version with '{}', or override with '{}'",
      case.command(&format!("health {target} -v")),
      case.command(&format!("deploy {target} --version <version>")),
      case.command(&format!("rollback --force --confirm '{target} is broken'"))
    ),
  )
}

fn warnings(case: &Case<'_>, target: Slot, plan: &mut Builder<'_>) {
  let environment = &case.observation.slots[target];
  let Some(record) = &case.observation.record else {
    return;
  };
  if case.observation.readiness.warmth != Warmth::Cold
    && record.previous == Some(target)
    && !record.previous_containers.is_empty()
    && !has_all(environment.containers(), &record.previous_containers)
  {
    plan.warn(format!(
      "{} was deployed to since it served users: this goes to {}",
      target.shout(),
      environment
        .version
        .as_ref()
        .map_or("an unknown version".to_owned(), ToString::to_string)
    ));
  }
  let before = environment
    .evidence
    .as_ref()
    .and_then(|evidence| evidence.schema_head.as_ref());
  if let (Some(before), Some(now)) = (before, &record.schema_head)
    && before != now
  {
    plan.warn(format!(
      "the database was migrated since {} was tested: {before} then, {now} now; its code must still work with it",
      target.shout()
    ));
  }
}
