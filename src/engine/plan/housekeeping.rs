//! The rest of the operator's day: smoke, start, stop, migrate, backup, restore.

use super::{builder::Builder, fences::Case};
use crate::{
  engine::intent::{Force, Swap},
  model::{
    Slot,
    operation::{Kind, Outcome},
    plan::{OnFailure, Plan, Refusal, Step},
    traffic::Live,
  },
};

pub(super) fn smoke(case: &Case<'_>, slot: Slot) -> Result<Plan, Refusal> {
  must_run(case, slot)?;
  let mut plan =
    Builder::new(case, Kind::Smoke, Some(slot)).on_failure(OnFailure::KeepForInspection);
  let names: Vec<String> = case
    .site
    .smoke
    .iter()
    .map(|test| test.name.clone())
    .collect();
  plan.step(Step::WaitHealthy { slot });
  plan.detailed(Step::Smoke { slot }, &names);
  plan.step(Step::Evidence { slot });
  Ok(plan.build())
}

pub(super) fn start(case: &Case<'_>, slot: Slot) -> Result<Plan, Refusal> {
  let environment = &case.observation.slots[slot];
  let all_running = case
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
  if all_running {
    return Err(case.refuse_one(
      Outcome::Done,
      format!("{} is running already: nothing to do", slot.shout()),
      case.command("status"),
    ));
  }
  let mut plan =
    Builder::new(case, Kind::Start, Some(slot)).on_failure(OnFailure::KeepForInspection);
  if environment.containers().is_empty() {
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
    plan.step(Step::Wake { slot });
  }
  plan.step(Step::WaitHealthy { slot });
  Ok(plan.build())
}

pub(super) fn stop(case: &Case<'_>, slot: Slot, force: Force) -> Result<Plan, Refusal> {
  let environment = &case.observation.slots[slot];
  if !environment.any_running() {
    return Err(case.refuse_one(
      Outcome::Done,
      format!("{} is not running: nothing to do", slot.shout()),
      case.command("status"),
    ));
  }
  let mut plan =
    Builder::new(case, Kind::Stop, Some(slot)).on_failure(OnFailure::KeepForInspection);
  let live = match case.observation.live {
    Live::Proven { slot } | Live::Claimed { slot } => Some(slot),
    Live::Disputed { .. } | Live::Unknown => None,
  };
  match (live, force) {
    (Some(live), _) if live != slot => {}
    (Some(_), Force::Typed) => {
      plan.red(format!("{slot} is live"));
      plan.warn(format!(
        "{} is LIVE: stopping it is an outage",
        slot.shout()
      ));
    }
    (Some(_), Force::No) => {
      return Err(case.refuse_one(
        Outcome::Refused,
        format!("{} is live: stopping it would be an outage", slot.shout()),
        format!(
          "move users first with '{}'; to stop it all the same: '{}'",
          case.command(&format!("switch {}", slot.other())),
          case.command(&format!("stop {slot} --confirm '{slot} is live'"))
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
        case.command(&format!("stop {slot} --confirm '{slot} is draining'"))
      ),
    ));
  }
  if draining > 0 && live != Some(slot) {
    plan.red(format!("{slot} is draining"));
    plan.warn(format!(
      "{draining} former proxy workers still use it: their requests are cut off"
    ));
  }
  plan.detailed(
    Step::Stop { slot },
    &environment
      .containers()
      .iter()
      .filter(|c| c.is_running())
      .map(|c| format!("docker stop {}", c.name))
      .collect::<Vec<_>>(),
  );
  plan.note("the containers are kept: 'cutover start' brings the very same ones back");
  Ok(plan.build())
}

pub(super) fn migrate(case: &Case<'_>, slot: Option<Slot>) -> Result<Plan, Refusal> {
  let Some(migrate) = case
    .site
    .database
    .as_ref()
    .and_then(|database| database.migrate.as_ref())
  else {
    return Err(case.refuse_one(
      Outcome::Refused,
      "no migration is configured",
      "add migrate = { in = \"service:NAME\", command = [...] } to [database]",
    ));
  };
  faults(case)?;
  let live = case.live()?;
  let slot = slot.unwrap_or(live.other());
  if slot == live {
    return Err(case.refuse_one(
      Outcome::Refused,
      format!(
        "{} is live: nothing is run in it while users are on it",
        slot.shout()
      ),
      case.command(&format!("migrate {}", live.other())),
    ));
  }
  must_run(case, slot)?;
  let mut plan =
    Builder::new(case, Kind::Migrate, Some(slot)).on_failure(OnFailure::KeepForInspection);
  plan.warn("the migration runs on the database that both slots share: the live version must be able to work with it");
  if case
    .site
    .database
    .as_ref()
    .is_some_and(|database| database.backup.is_some())
  {
    plan.step(Step::Backup);
  }
  plan.detailed(Step::Migrate { slot }, &[migrate.command.join(" ")]);
  Ok(plan.build())
}

pub(super) fn backup(case: &Case<'_>) -> Result<Plan, Refusal> {
  must_have_backups(case)?;
  faults(case)?;
  let mut plan = Builder::new(case, Kind::Backup, None);
  plan.step(Step::Backup);
  Ok(plan.build())
}

pub(super) fn restore(case: &Case<'_>, file: &str, swap: Swap) -> Result<Plan, Refusal> {
  must_have_backups(case)?;
  faults(case)?;
  let database = format!("restored_{}", case.observation.at.format("%Y%m%d_%H%M%S"));
  let mut plan = Builder::new(case, Kind::Restore, None);
  plan.step(Step::RestoreInto {
    file: file.to_owned(),
    database: database.clone(),
  });
  match swap {
    Swap::No => plan.note(format!(
      "the dump is loaded into the new database {database} and compared; the database in use is not touched"
    )),
    Swap::Yes => {
      plan.red(format!("swap {}", case.site.name));
      plan.warn("the database in use is exchanged: everything written since the dump is no longer seen by either slot");
      plan.step(Step::Backup);
      plan.detailed(
        Step::SwapDatabases {
          database: database.clone(),
        },
        &["the database in use is renamed aside, never dropped".to_owned()],
      );
    }
  }
  Ok(plan.build())
}

fn faults(case: &Case<'_>) -> Result<(), Refusal> {
  if case.preview.faults.is_empty() {
    Ok(())
  } else {
    Err(case.refuse(Outcome::Refused, case.preview.faults.clone()))
  }
}

fn must_have_backups(case: &Case<'_>) -> Result<(), Refusal> {
  if case
    .site
    .database
    .as_ref()
    .is_some_and(|database| database.backup.is_some())
  {
    return Ok(());
  }
  Err(case.refuse_one(
    Outcome::Refused,
    "no database backup is configured",
    "add backup = { dir = \"backups\", keep = 5 } to [database]",
  ))
}

fn must_run(case: &Case<'_>, slot: Slot) -> Result<(), Refusal> {
  if case.observation.slots[slot].any_running() {
    return Ok(());
  }
  Err(case.refuse_one(
    Outcome::Refused,
    format!("{} is not running", slot.shout()),
    case.command(&format!("start {slot}")),
  ))
}
