//! The daemon itself, asked without any site: what the doctor wants to know of it.

use std::{fs, os::unix::fs::PermissionsExt};

use chrono::{DateTime, Utc};

use super::connection::{Address, Connection};
use crate::{
  engine::ports::PortError,
  model::{shown::Shown, surroundings::Daemon},
};

/// Docker's socket and its mode, where it is a file of this machine.
pub(crate) fn socket() -> Option<(String, u32)> {
  let Address::Unix(path) = Connection::from_environment().address else {
    return None;
  };
  let mode = fs::metadata(&path).ok()?.permissions().mode() & 0o7777;
  Some((path.display().to_string(), mode))
}

pub(crate) async fn look() -> Result<Daemon, PortError> {
  let connection = Connection::from_environment();
  let doing = "ask Docker about itself";
  let info = connection
    .ask(doing, |docker| async move { docker.info().await })
    .await?;
  let now = Utc::now();
  let theirs = info
    .system_time
    .and_then(|text| DateTime::parse_from_rfc3339(&text).ok())
    .map(|at| at.to_utc());
  Ok(Daemon {
    live_restore: info.live_restore_enabled,
    log_driver: info.logging_driver.map(|text| Shown::line(&text)),
    clocks: theirs.map(|theirs| (theirs, now)),
  })
}
