//! Who holds the lock, for people: the record beside it, checked against the living processes.
//!
//! Decides nothing: whether the lock is free is the kernel's word (`lock::is_held`).

use std::{fs, io, path::Path, thread, time::Duration};

use chrono::Utc;

use super::{
  FileLedger, SiteLock,
  files::{failed, read_json},
  lock,
};
use crate::{
  adapters::processes,
  engine::ports::{PortError, PortErrorKind},
  model::{
    actor::Actor,
    observation::Holder,
    operation::{Kind, OperationId},
    shown::Shown,
  },
};

/// The lock as it stands.
#[derive(Clone, Debug)]
pub enum LockState {
  Free,
  /// The recorded process lives.
  Held(Holder),
  /// The recorded process is dead, but a command it started still lives and keeps the lock.
  LeftBehind {
    holder: Holder,
    pid: u32,
    command: String,
  },
  /// Held, by a process that is not recorded or not visible to us.
  Unseen(Option<Holder>),
}

impl FileLedger {
  /// Records this process as the holder, for people.
  pub fn put_holder(
    &self,
    operation: OperationId,
    kind: Kind,
    actor: &Actor,
    _: &SiteLock,
  ) -> Result<(), PortError> {
    let pid = std::process::id();
    let holder = Holder {
      operation,
      kind,
      actor: actor.clone(),
      since: Utc::now(),
      boot_id: processes::boot_id(),
      pid,
      pid_started: processes::facts(pid).map_or(0, |facts| facts.started),
    };
    self.access.put_json(&record(self.state()), &holder)
  }

  /// The record as it stands, whether the lock is held or not. A runner that recovers finds here
  /// who asked for it.
  pub fn recorded_holder(&self) -> Result<Option<Holder>, PortError> {
    read_json(&record(self.state()))
  }

  pub fn clear_holder(&self, _: &SiteLock) -> Result<(), PortError> {
    let path = record(self.state());
    match fs::remove_file(&path) {
      Err(error) if error.kind() != io::ErrorKind::NotFound => {
        Err(failed(format!("remove {}", path.display()), &error))
      }
      _ => Ok(()),
    }
  }

  /// Who holds the lock, with the case of a command that outlived its runner told apart.
  pub fn lock_state(&self) -> Result<LockState, PortError> {
    // Between taking the lock and recording it lies an instant in which the record is an old one.
    for _ in 0..10 {
      if !lock::is_held(self.state())? {
        return Ok(LockState::Free);
      }
      let holder: Option<Holder> = read_json(&record(self.state()))?;
      let children = lock::children(self.state());
      match (holder, children.first()) {
        (Some(holder), _) if is_alive(&holder) => return Ok(LockState::Held(holder)),
        (Some(holder), Some(&pid)) => {
          return Ok(LockState::LeftBehind {
            holder,
            pid,
            command: processes::command_line(pid).unwrap_or_default(),
          });
        }
        _ => thread::sleep(Duration::from_millis(10)),
      }
    }
    Ok(LockState::Unseen(read_json(&record(self.state()))?))
  }
}

/// The port has one shape for a holder: a command left behind is named where the holder came from.
pub(super) fn shown(state: LockState, ledger: &FileLedger) -> Result<Option<Holder>, PortError> {
  match state {
    LockState::Free => Ok(None),
    LockState::Held(holder) => Ok(Some(holder)),
    LockState::LeftBehind {
      mut holder,
      pid,
      command,
    } => {
      let command = ledger.site().secrets.mask(&command);
      holder.actor.from = Some(Shown::line(&format!(
        "its runner is gone; held by child pid {pid}: {command}"
      )));
      holder.pid = pid;
      holder.pid_started = processes::facts(pid).map_or(0, |facts| facts.started);
      Ok(Some(holder))
    }
    LockState::Unseen(Some(mut holder)) => {
      holder.actor.from = Some(Shown::line(
        "its runner is gone; held by a process that is not visible to you: look as root",
      ));
      Ok(Some(holder))
    }
    LockState::Unseen(None) => Err(PortError::new(
      PortErrorKind::Unexpected,
      "see who holds the lock",
      format!(
        "it is held, but nobody is recorded: fuser -v {}",
        ledger.state().join("lock").display()
      ),
    )),
  }
}

pub fn is_alive(holder: &Holder) -> bool {
  processes::is_alive(holder.pid, holder.pid_started, &holder.boot_id)
}

pub(super) fn record(state: &Path) -> std::path::PathBuf {
  state.join("holder.json")
}
