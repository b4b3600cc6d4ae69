//! Choosing a backup to load: only verified ones are offered, newest first.

use super::list;
use crate::{
  engine::{Intent, intent::Swap},
  model::{event::BackupRecord, shown::Shown},
  render::{
    Tone,
    words::{ago, bytes},
  },
  tui::{
    effect::Effect,
    state::{
      app::App,
      ask::Ticket,
      modal::{Choice, Does, Modal, Searchable},
    },
  },
};

pub(super) fn open(app: &mut App) -> Vec<Effect> {
  let ticket = app.ticket();
  app.modals.push(Modal::Planning {
    ticket,
    what: "restore".to_owned(),
  });
  vec![Effect::LoadBackups { ticket }]
}

pub(super) fn arrived(
  app: &mut App,
  ticket: Ticket,
  backups: Result<Vec<BackupRecord>, Shown>,
) -> Vec<Effect> {
  let waits =
    matches!(app.modals.last(), Some(Modal::Planning { ticket: mine, .. }) if *mine == ticket);
  if !waits {
    return Vec::new();
  }
  app.modals.pop();
  match backups {
    Err(why) => app.say(Tone::Bad, format!("the backups cannot be listed: {why}")),
    Ok(backups) if backups.is_empty() => {
      app.say(Tone::Warn, "there is no verified backup; :backup makes one");
    }
    Ok(backups) => {
      let now = app.now.wall;
      let all = backups
        .iter()
        .flat_map(|backup| {
          let facts = format!(
            "{}, {}{}",
            ago(backup.at, now),
            bytes(backup.bytes),
            backup
              .live_version
              .as_ref()
              .map_or_else(String::new, |version| format!(", of {version}"))
          );
          [
            row(backup, Swap::No, format!("compare: {facts}")),
            row(backup, Swap::Yes, format!("SWAP IN: {facts}")),
          ]
        })
        .collect();
      list::choose(app, "RESTORE", all, Searchable::Yes);
    }
  }
  Vec::new()
}

fn row(backup: &BackupRecord, swap: Swap, help: String) -> Choice {
  let name = backup.file.rsplit('/').next().unwrap_or(&backup.file);
  Choice {
    key: None,
    name: Shown::line(name).to_string(),
    help,
    does: Does::Plan(Intent::Restore {
      file: backup.file.clone(),
      swap,
    }),
    why_not: None,
  }
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::{
    render::samples,
    tui::{msg::Msg, scene::Console},
  };

  fn backup(file: &str) -> BackupRecord {
    BackupRecord {
      file: file.into(),
      sha256: String::new(),
      bytes: 84_200_000,
      entries: 12,
      server: "15".into(),
      database: "ala".into(),
      schema_head: None,
      live_version: Some("1.9.3".into()),
      at: samples::before(3_600),
    }
  }

  /// The default site has no database, so the action itself is refused; its answer is not.
  fn asked() -> (Console, Ticket) {
    let mut console = Console::quiet();
    let effects = open(&mut console.app);
    let [Effect::LoadBackups { ticket }] = effects[..] else {
      panic!("{effects:?}");
    };
    (console, ticket)
  }

  #[test]
  fn each_backup_can_be_compared_or_swapped_in_and_either_is_planned_first() {
    let (mut console, ticket) = asked();
    let backups = Ok(vec![backup("/var/b/db-2.dump"), backup("/var/b/db-1.dump")]);
    console.tell(Msg::Backups { ticket, backups });
    let screen = console.screen(100, 30);
    assert!(screen.contains("db-2.dump"), "{screen}");
    assert!(
      screen.contains("SWAP IN: 1h ago, 84 MB, of 1.9.3"),
      "{screen}"
    );
    console.key("down");
    let effects = console.key("enter");
    assert!(
      matches!(
        &effects[..],
        [Effect::Plan { intent: Intent::Restore { file, swap: Swap::Yes }, .. }]
          if file == "/var/b/db-2.dump"
      ),
      "{effects:?}"
    );
  }

  #[test]
  fn a_list_nobody_waits_for_any_more_opens_nothing() {
    let (mut console, ticket) = asked();
    console.key("esc");
    let backups = Ok(vec![backup("/var/b/db-2.dump")]);
    console.tell(Msg::Backups { ticket, backups });
    assert!(console.app.modals.is_empty());
  }
}
