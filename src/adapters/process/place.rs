//! The folder of one process in the state folder: `spec.json` says what it is and never changes,
//! `state.json` how it stands and is written by its supervisor alone, `policy` whether it is started
//! again, `log` what it said.

use std::{
  collections::BTreeMap,
  path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
  adapters::{
    ledger::{Access, read_json},
    processes,
  },
  config::Site,
  engine::ports::{PortError, PortErrorKind},
  model::{
    Slot, VersionName,
    container::{ContainerId, ImageId},
  },
};

/// Started again unless it was stopped.
pub(super) const UNLESS_STOPPED: &str = "unless-stopped";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spec {
  pub(super) id: ContainerId,
  pub(super) slot: Slot,
  /// The key of `[services.NAME]`.
  pub(super) service: String,
  pub(super) name: String,
  pub(super) version: VersionName,
  pub(super) image: ImageId,
  pub(super) command: Vec<String>,
  /// The folder of its version, in which it runs.
  pub(super) folder: PathBuf,
  pub(super) environment: BTreeMap<String, String>,
  pub(super) created: DateTime<Utc>,
}

/// A process that cannot be confused with a later one of the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Exactly {
  pub(super) pid: u32,
  /// Clock ticks since boot.
  pub(super) started: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
  Running,
  /// Between two starts.
  Restarting,
  Ended,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
  pub(super) boot: String,
  pub(super) supervisor: Exactly,
  pub(super) child: Option<Exactly>,
  pub(super) phase: Phase,
  pub(super) restarts: u32,
  pub(super) started_at: Option<DateTime<Utc>>,
  pub(super) finished_at: Option<DateTime<Utc>>,
  /// How it ended last; 128 and the signal's number, where a signal ended it.
  pub(super) exit_code: Option<i64>,
}

impl Exactly {
  pub(super) fn of(pid: u32) -> Option<Self> {
    let started = processes::facts(pid)?.started;
    Some(Self { pid, started })
  }
}

impl State {
  pub(super) fn alive(&self, process: Exactly) -> bool {
    processes::is_alive(process.pid, process.started, &self.boot)
  }

  /// The service's own process, when it lives.
  pub(super) fn living_child(&self) -> Option<Exactly> {
    self.child.filter(|child| self.alive(*child))
  }

  pub(super) fn is_supervised(&self) -> bool {
    self.alive(self.supervisor)
  }
}

/// One process of the site.
#[derive(Clone, Debug)]
pub(super) struct Place {
  pub(super) folder: PathBuf,
  pub(super) spec: Spec,
}

impl Place {
  /// Where the processes of this site are kept.
  pub(super) fn root(site: &Site) -> PathBuf {
    site.state.join("processes")
  }

  pub(super) fn create(site: &Site, spec: Spec, access: Access) -> Result<Self, PortError> {
    let folder = Self::root(site).join(spec.id.short());
    access.put_json(&folder.join("spec.json"), &spec)?;
    Ok(Self { folder, spec })
  }

  /// `None` for a folder that does not hold a process, or not yet.
  pub(super) fn read(folder: &Path) -> Result<Option<Self>, PortError> {
    Ok(read_json(&folder.join("spec.json"))?.map(|spec| Self {
      folder: folder.to_owned(),
      spec,
    }))
  }

  pub(super) fn log(&self) -> PathBuf {
    self.folder.join("log")
  }

  /// `None` before it was first started.
  pub(super) fn state(&self) -> Option<State> {
    read_json(&self.folder.join("state.json")).ok().flatten()
  }

  pub(super) fn put_state(&self, state: &State, access: Access) -> Result<(), PortError> {
    access.put_json(&self.folder.join("state.json"), state)
  }

  pub(super) fn policy(&self) -> String {
    std::fs::read_to_string(self.folder.join("policy"))
      .map_or_else(|_| UNLESS_STOPPED.to_owned(), |text| text.trim().to_owned())
  }

  pub(super) fn put_policy(&self, policy: &str, access: Access) -> Result<(), PortError> {
    access.put(
      &self.folder.join("policy"),
      format!("{policy}\n").as_bytes(),
    )
  }

  pub(super) fn remove(&self) -> Result<(), PortError> {
    std::fs::remove_dir_all(&self.folder).map_err(|error| {
      PortError::new(
        PortErrorKind::Unexpected,
        format!("remove {}", self.folder.display()),
        error.to_string(),
      )
    })
  }
}

/// Every process of the site, in no order.
pub(super) fn all(site: &Site) -> Result<Vec<Place>, PortError> {
  let root = Place::root(site);
  let entries = match std::fs::read_dir(&root) {
    Ok(entries) => entries,
    Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
    Err(error) => {
      return Err(PortError::new(
        PortErrorKind::Misconfigured,
        format!("read {}", root.display()),
        error.to_string(),
      ));
    }
  };
  let mut found = Vec::new();
  for entry in entries.flatten() {
    found.extend(Place::read(&entry.path())?);
  }
  Ok(found)
}
