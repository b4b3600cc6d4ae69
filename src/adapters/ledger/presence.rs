//! One small file per open console, `present/PID-TIME.json`, locked while the console lives. The
//! kernel lets go of the lock however the process ends; a file nobody holds is removed by whoever
//! looks next.

use std::{
  fs::{self, File, TryLockError},
  io::{self, Write},
  path::{Path, PathBuf},
};

use chrono::Utc;

use super::{
  FileLedger,
  files::{failed, read_json},
};
use crate::{
  engine::ports::PortError,
  model::{
    actor::Actor,
    presence::{Presence, Watcher},
  },
};

/// Held while the console is open.
struct Announced {
  /// The lock lives as long as this descriptor; children do not inherit it.
  _file: File,
  path: PathBuf,
}

impl Drop for Announced {
  fn drop(&mut self) {
    // Readers remove what is left behind.
    let _ = fs::remove_file(&self.path);
  }
}

pub(super) fn announce(
  ledger: &FileLedger,
  actor: &Actor,
  presence: Presence,
) -> Result<Box<dyn Send + Sync>, PortError> {
  let since = Utc::now();
  let watcher = Watcher {
    actor: actor.clone(),
    presence,
    since,
  };
  let name = format!(
    "{}-{}",
    std::process::id(),
    since.timestamp_nanos_opt().unwrap_or_default()
  );
  let folder = folder(ledger.state());
  let path = folder.join(format!("{name}.json"));
  // Locked and written under another name first: a reader never meets it unlocked or half.
  let new = folder.join(format!(".{name}"));
  let mut file = ledger.access().open_append(&new)?;
  let put = |file: &mut File| -> io::Result<()> {
    file.try_lock().map_err(|error| match error {
      TryLockError::Error(error) => error,
      TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
    })?;
    file.write_all(&serde_json::to_vec(&watcher)?)?;
    fs::rename(&new, &path)
  };
  if let Err(error) = put(&mut file) {
    let _ = fs::remove_file(&new);
    return Err(failed(format!("write {}", path.display()), &error));
  }
  Ok(Box::new(Announced { _file: file, path }))
}

pub(super) fn list(state: &Path) -> Result<Vec<Watcher>, PortError> {
  let folder = folder(state);
  let fault = |error: &io::Error| failed(format!("list {}", folder.display()), error);
  let entries = match fs::read_dir(&folder) {
    Ok(entries) => entries,
    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
    Err(error) => return Err(fault(&error)),
  };
  let mut found: Vec<Watcher> = Vec::new();
  for entry in entries {
    let path = entry.map_err(|error| fault(&error))?.path();
    if path.extension().is_none_or(|extension| extension != "json") {
      continue;
    }
    // Gone meanwhile, or another user's: nothing to be said of it.
    let Ok(file) = File::open(&path) else {
      continue;
    };
    match file.try_lock_shared() {
      Err(TryLockError::WouldBlock) => found.extend(read_json(&path).ok().flatten()),
      Ok(()) => {
        let _ = fs::remove_file(&path);
      }
      Err(TryLockError::Error(_)) => {}
    }
  }
  found.sort_by_key(|watcher| watcher.since);
  Ok(found)
}

fn folder(state: &Path) -> PathBuf {
  state.join("present")
}
