//! Backups and migrations in scripts: what is not checked, what goes on after a failure.

use super::{
  super::shell::{Command, Join, Judged, Way},
  Case,
  words::{asks, is_backup, is_dump, is_migration, reload, says},
};
use crate::model::finding::{Finding, Hazard};

pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  found.extend(unchecked(case));
  found.extend(goes_on(case));
  found.extend(skipped(case));
  found.extend(by_count(case));
  found.extend(order(case));
  found.extend(over_the_live_one(case));
  found
}

fn unchecked(case: &Case<'_>) -> Option<Finding> {
  case.commands().find_map(|(index, command)| {
    if !is_dump(command) {
      return None;
    }
    let next = case.script.commands.get(index + 1);
    let piped = next.is_some_and(|next| next.join == Join::Pipe);
    let (what, fix) = if piped && !case.script.fails_in_pipes {
      (
        "its dump goes through a pipe whose end alone is looked at",
        "set -o pipefail",
      )
    } else if command.judged == Judged::No && !case.script.exits_on_error {
      (
        "nobody looks whether its dump succeeded",
        "pg_dump ... || exit 1",
      )
    } else if case
      .commands()
      .any(|(_, it)| it.has("pg_restore") || it.text().contains("gzip -t"))
    {
      return None;
    } else {
      return Some(
        Finding::note(
          Hazard::H(22),
          "its dump is never read back",
          "a dump that was cut off restores without an error and lacks the rest",
          "use 'cutover backup', which reads every dump back in full",
        )
        .at(case.at(command)),
      );
    };
    Some(
      Finding::amber(
        Hazard::H(22),
        what,
        "a dump of nothing counts as a backup, also before a migration that destroys data",
        format!("{fix}; better 'cutover backup', which reads every dump back in full"),
      )
      .at(case.at(command)),
    )
  })
}

/// The migration failed, and the deploy goes on.
fn goes_on(case: &Case<'_>) -> Option<Finding> {
  let admits = |text: &str| text.contains("continu") && text.contains("migrat");
  let command = passed_over(case, is_migration, admits)?;
  Some(
    Finding::red(
      Hazard::Hz(22),
      "it goes on when the migration has failed",
      "code that needs the new schema is switched to on the old one, or on one that is half migrated",
      "end the script there; cutover stops a deploy at a failed migration",
    )
    .at(case.at(command)),
  )
}

/// The backup could not be made, and the deploy goes on.
fn skipped(case: &Case<'_>) -> Option<Finding> {
  let words = ["skip", "continu", "without", "no backup"];
  let admits = |text: &str| text.contains("backup") && words.iter().any(|word| text.contains(word));
  let command = passed_over(case, is_backup, admits)?;
  Some(
    Finding::amber(
      Hazard::H(22),
      "it goes on without a backup when none could be made",
      "the one deploy that needs it has none",
      "end the script there; cutover makes no deploy without the backup it is configured for",
    )
    .at(case.at(command)),
  )
}

/// A command of this kind whose failure stops nothing: swallowed where it runs, or admitted in what
/// the script says.
fn passed_over<'a>(
  case: &Case<'a>,
  is: impl Fn(&Command) -> bool,
  admits: impl Fn(&str) -> bool,
) -> Option<&'a Command> {
  let swallowed = case
    .commands()
    .find(|(index, command)| is(command) && case.is_swallowed(*index));
  let said = || {
    case
      .commands()
      .find(|(_, command)| says(command).is_some_and(|text| admits(&text)))
  };
  swallowed.or_else(said).map(|(_, command)| command)
}

/// Old files make room for new ones, whatever the new ones are worth.
fn by_count(case: &Case<'_>) -> Option<Finding> {
  let about = case.commands().any(|(_, command)| is_backup(command))
    || case.script.path.to_ascii_lowercase().contains("backup");
  let found = case.commands().find(|(_, command)| {
    let text = command.text();
    let last = command.name() == "tail" && text.contains('+');
    let old = command.name() == "find"
      && text.contains("-mtime")
      && (text.contains("-delete") || text.contains("rm"));
    last || old
  })?;
  let removes = case
    .commands()
    .any(|(_, command)| matches!(command.name(), "rm" | "xargs") || command.name() == "find");
  (about && removes).then(|| {
    Finding::amber(
      Hazard::H(23),
      "it removes old backups by their number or age alone",
      "a few broken dumps push the last good one out",
      "count only backups that were read back in full; 'cutover backup' never removes the newest good one",
    )
    .at(case.at(found.1))
  })
}

/// Where the migration stands among backup, health and switch.
fn order(case: &Case<'_>) -> Option<Finding> {
  let (at, command) = case.commands().find(|(_, command)| is_migration(command))?;
  let first = |what: &dyn Fn(&Command) -> bool| {
    case
      .commands()
      .find(|(_, command)| what(command))
      .map(|(index, _)| index)
  };
  let switched = case
    .last_reload()
    .filter(|_| case.switches())
    .is_some_and(|last| last < at);
  if switched {
    return Some(
      Finding::red(
        Hazard::Hz(22),
        "it migrates after the switch",
        "users meet the new code on the old schema",
        "migrate before the switch, in a way that the version before can live with",
      )
      .at(case.at(command)),
    );
  }
  let deploys = case.commands().any(|(_, it)| {
    super::live::changes_a_slot(it).is_some()
      || reload(it).is_some()
      || it.text().contains("git push")
  });
  if !deploys {
    return None;
  }
  let saved = first(&is_backup).is_some_and(|index| index < at);
  let asked = first(&|it: &Command| {
    let name = it.name().to_ascii_lowercase();
    !asks(it).is_empty() || name.contains("health") || name.contains("smoke")
  });
  let checked = asked.is_some_and(|index| index < at);
  let (what, why) = match (saved, checked) {
    (false, false) => (
      "it migrates the shared database before any health check and without a backup",
      "a version that does not even start has then changed the data that the live one works on, and nothing brings it back",
    ),
    (false, true) => (
      "it migrates the shared database without a backup",
      "a migration that destroys data cannot be undone by going back to the old code",
    ),
    (true, _) => return None,
  };
  Some(
    Finding::amber(
      Hazard::Hz(22),
      what,
      why,
      "back up first and read the backup back; cutover does both before it migrates",
    )
    .at(case.at(command)),
  )
}

/// A dump poured over the database in use.
fn over_the_live_one(case: &Case<'_>) -> Option<Finding> {
  let backup_file = |text: &str| {
    let text = text.to_ascii_lowercase();
    ["backup", "dump", ".sql"]
      .iter()
      .any(|word| text.contains(word))
  };
  case.commands().find_map(|(index, command)| {
    let restores = matches!(command.name(), "psql" | "pg_restore" | "mysql");
    let file = command
      .files
      .iter()
      .any(|(way, path)| *way == Way::From && backup_file(path));
    let named = command.has("-f") && command.words.iter().any(|word| backup_file(word));
    let before = index
      .checked_sub(1)
      .and_then(|at| case.script.commands.get(at));
    let piped = command.join == Join::Pipe
      && before.is_some_and(|before| {
        matches!(before.name(), "cat" | "gunzip" | "zcat")
          && before.words.iter().any(|word| backup_file(word))
      });
    (restores && (file || named || piped)).then(|| {
      Finding::amber(
        Hazard::H(24),
        "it loads a backup over the database in use",
        "rows are doubled or half replaced, and it ends without an error",
        "load it into a new database, compare, then exchange them: 'cutover restore FILE --swap'",
      )
      .at(case.at(command))
    })
  })
}
