//! The rest of the operator's day: smoke, migrate, backup, restore.

use super::{builder::Builder, fences::Case};
use crate::{
  engine::intent::Swap,
  model::{
    Slot,
    operation::{Kind, Outcome},
    plan::{OnFailure, Plan, Refusal, Step},
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
  plan.step(Step::WaitHealthy {
    slot,
    service: None,
  });
  plan.detailed(Step::Smoke { slot }, &names);
  plan.step(Step::Evidence { slot });
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
  if case.has_backups() {
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
  if case.has_backups() {
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
