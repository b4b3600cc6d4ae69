//! What would stop a backup, found before anything is changed; each fault with its fix.

use std::path::Path;

use nix::unistd::{AccessFlags, access};

use super::{
  backup::{shared, too_little},
  folder::Folder,
  server::Server,
  session::{Input, Text},
};
use crate::{
  config::{Backup, Postgres, Site},
  engine::ports::PortError,
  model::finding::{Finding, Hazard},
};

pub(super) async fn preflight(site: &Site, config: &Postgres) -> Vec<Finding> {
  let mut faults = Vec::new();
  let server = match reachable(site, config).await {
    Ok(server) => Some(server),
    Err(fault) => {
      faults.push(fault);
      None
    }
  };
  let mut expected = 0;
  if let Some(server) = &server {
    match server.version_and_size().await {
      Ok((version, bytes)) => {
        expected = bytes;
        faults.extend(tools(server, &version).await);
      }
      Err(error) => faults.push(because(
        &error,
        &format!(
          "check user and name in [database]; try: {}",
          server.by_hand(&format!("psql -U {} -d {}", server.user, server.database))
        ),
      )),
    }
  }
  if let Some(backup) = &config.backup {
    faults.extend(folder_faults(site, backup, expected));
  }
  faults
}

async fn reachable(site: &Site, config: &Postgres) -> Result<Server, Finding> {
  let fix = "start the database container, and check service or container in [database]";
  let server = Server::find(site, config)
    .await
    .map_err(|error| because(&error, fix))?;
  match server.ready().await {
    Ok(()) => Ok(server),
    Err(error) => Err(because(
      &error,
      &format!(
        "wait until it has started; try: {}",
        server.by_hand("pg_isready")
      ),
    )),
  }
}

/// The dump tool must not be older than the server, which it then refuses.
async fn tools(server: &Server, version: &str) -> Option<Finding> {
  let doing = "ask pg_dump for its version";
  let mut text = Text::default();
  let ran = server
    .run(
      doing,
      &["pg_dump", "--version"],
      &[],
      Input::Nothing,
      &mut text,
    )
    .await
    .and_then(|finished| finished.require(doing, "install the PostgreSQL client tools there"));
  if let Err(error) = ran {
    return Some(because(
      &error,
      "the client tools of the server's version must be installed there",
    ));
  }
  let said = String::from_utf8_lossy(&text.0).into_owned();
  let tool = said.split_whitespace().nth(2).and_then(major);
  match (tool, major(version)) {
    (Some(tool), Some(server)) if tool >= server => None,
    _ => Some(backup_fault(
      format!("{} cannot dump a server of version {version}", said.trim()),
      "install the client tools of the server's version",
    )),
  }
}

fn major(version: &str) -> Option<u32> {
  let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
  digits.parse().ok()
}

fn folder_faults(site: &Site, backup: &Backup, database_size: u64) -> Vec<Finding> {
  let folder = Folder(&backup.dir);
  let dir = backup.dir.display();
  let mut faults = Vec::new();
  let there = backup
    .dir
    .ancestors()
    .find(|path| path.exists())
    .unwrap_or(Path::new("/"));
  if !there.is_dir() {
    faults.push(backup_fault(
      format!(
        "the backup folder {dir} cannot be used: {} is not a folder",
        there.display()
      ),
      "set another dir in [database] backup",
    ));
    return faults;
  }
  if access(there, AccessFlags::W_OK | AccessFlags::X_OK).is_err() {
    faults.push(backup_fault(
      format!(
        "the backup folder {dir} cannot be written: {} is read-only for this user",
        there.display()
      ),
      format!(
        "run as its owner, or: sudo chown \"$USER\" {}",
        there.display()
      ),
    ));
  }
  if there == backup.dir {
    match folder.too_open(shared(site)) {
      Ok(None) => {}
      Ok(Some((mode, fix))) => faults.push(backup_fault(
        format!("the backup folder {dir} has mode {mode:04o}: others may write into it"),
        fix,
      )),
      Err(error) => faults.push(backup_fault(
        format!("{dir}: {error}"),
        "check its owner and mode",
      )),
    }
  }
  let expected = match folder.backups() {
    Ok(earlier) => earlier.first().map_or(database_size, |last| last.bytes),
    Err(error) => {
      faults.push(backup_fault(
        format!("{dir}: {error}"),
        "check its owner and mode",
      ));
      database_size
    }
  };
  match too_little(&folder, expected) {
    Ok(None) => {}
    Ok(Some(why)) => faults.push(backup_fault(
      why,
      "make room, or set another dir in [database] backup",
    )),
    Err(error) => faults.push(backup_fault(
      format!("the free space of {dir} is unknown: {error}"),
      "check that the file system is mounted",
    )),
  }
  faults
}

/// Without it no deploy may begin: what cannot be dumped cannot be brought back.
fn backup_fault(what: impl AsRef<str>, fix: impl AsRef<str>) -> Finding {
  Finding::red(
    Hazard::H(22),
    what,
    "no backup could be taken, and without one nothing brings the data back",
    fix,
  )
}

fn because(error: &PortError, fix: &str) -> Finding {
  backup_fault(error.to_string(), fix)
}
