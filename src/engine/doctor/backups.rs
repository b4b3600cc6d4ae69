//! What could be brought back, and whether anything has to be.

use chrono::{DateTime, TimeDelta, Utc};

use super::facts::Seen;
use crate::model::finding::{Finding, Hazard};

/// An older newest backup is worth a look.
const OLD: TimeDelta = TimeDelta::days(7);

pub(super) fn findings(seen: Seen<'_>, now: DateTime<Utc>) -> Vec<Finding> {
  let mut found = Vec::new();
  let Some(database) = &seen.site.database else {
    return found;
  };
  let file = seen.site.file.display();
  let typed = format!("cutover --config {file} backup");
  if let Some(migrate) = &database.migrate {
    if database.backup.is_none() {
      found.push(Finding::amber(
        Hazard::Hz(22),
        "migrations run without a backup before them",
        "a migration that destroys data cannot be undone by a rollback of the code",
        format!("add backup = {{ dir = \"backups\", keep = 5 }} to [database] in {file}"),
      ));
    }
    if migrate.status.is_none() {
      found.push(Finding::note(
        Hazard::H(25),
        "the migration has no 'status' command",
        "nobody can read which schema the database is at, so an interrupted migration has to be judged by a person",
        format!("add status = [...] to migrate in [database] in {file}"),
      ));
    }
  }
  match seen.backups {
    Some([]) => found.push(Finding::note(
      Hazard::H(23),
      "there is no verified backup yet",
      "until the first deploy or 'cutover backup' nothing could be brought back",
      typed,
    )),
    Some([newest, ..]) if now - newest.at > OLD => found.push(Finding::amber(
      Hazard::H(23),
      format!(
        "the newest verified backup is {} days old",
        (now - newest.at).num_days()
      ),
      "everything written since then would be lost",
      typed,
    )),
    Some(_) | None => {}
  }
  found
}
