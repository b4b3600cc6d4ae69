//! Wakes and ends processes. Whatever is signalled is signalled by number and start time together:
//! a number alone may be a stranger's by now.

use std::{fs::File, process::Stdio, time::Duration};

use nix::{
  sys::signal::{Signal, kill, killpg},
  unistd::Pid,
};
use tokio::{
  process::Command,
  time::{Instant, sleep},
};

use super::{
  ProcessRuntime,
  inspect::standing,
  logs,
  place::{Exactly, Phase, Place, State},
};
use crate::{
  engine::ports::{PortError, PortErrorKind},
  model::container::{ContainerId, ContainerState},
};

/// What a supervisor may take to say that its process runs.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a supervisor may take to write down that its process was killed.
const AFTERWARDS: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_millis(10);

impl ProcessRuntime {
  pub(super) async fn wake_all(&self, ids: &[ContainerId]) -> Result<(), PortError> {
    for id in ids {
      let place = self.find(id, "start a process again")?;
      if standing(place.state().as_ref()) != ContainerState::Running {
        self.run(&place).await?;
      }
    }
    Ok(())
  }

  pub(super) async fn stop_all(
    &self,
    ids: &[ContainerId],
    grace: Duration,
  ) -> Result<(), PortError> {
    let mut places = Vec::new();
    for id in ids {
      places.push(self.find(id, "stop a process")?);
    }
    let ends = places.iter().map(|place| self.end(place, grace));
    futures_util::future::join_all(ends)
      .await
      .into_iter()
      .collect()
  }

  /// Starts a supervisor and waits until its process runs.
  pub(super) async fn run(&self, place: &Place) -> Result<(), PortError> {
    let doing = || format!("start {}", place.spec.name);
    let failed = |kind, detail: String| PortError::new(kind, doing(), detail);
    let before = place.state();
    // One that waits to start its process again is in the way of a start that was asked for.
    if before.as_ref().is_some_and(State::is_supervised) {
      self.end(place, Duration::ZERO).await?;
    }
    let mut child = self.spawn(place)?;
    let until = Instant::now() + PATIENCE;
    loop {
      let ours = |state: &State| Some(state.supervisor.pid) == child.id();
      match place.state().filter(ours).map(|state| state.phase) {
        Some(Phase::Running | Phase::Restarting) => break,
        Some(Phase::Ended) => {
          let words = logs::tail(&place.log(), 3)?.join("\n");
          return Err(failed(
            PortErrorKind::Refused,
            format!("it ended at once: {words}"),
          ));
        }
        None => {}
      }
      if let Ok(Some(status)) = child.try_wait() {
        let words = std::fs::read_to_string(place.folder.join("supervisor.log"));
        return Err(failed(
          PortErrorKind::Unexpected,
          format!(
            "its supervisor ended ({status}): {}",
            words.unwrap_or_default().trim()
          ),
        ));
      }
      if Instant::now() >= until {
        return Err(failed(
          PortErrorKind::Timeout,
          format!("its supervisor said nothing for {} s", PATIENCE.as_secs()),
        ));
      }
      sleep(EVERY).await;
    }
    // Leaves no zombie while this process lives; afterwards init reaps.
    tokio::spawn(async move { child.wait().await });
    Ok(())
  }

  fn spawn(&self, place: &Place) -> Result<tokio::process::Child, PortError> {
    let unexpected = |error: std::io::Error| {
      PortError::new(
        PortErrorKind::Unexpected,
        format!("start the supervisor of {}", place.spec.name),
        error.to_string(),
      )
    };
    let log: File = self
      .access
      .open_append(&place.folder.join("supervisor.log"))?;
    let (name, leading) = self
      .program
      .split_first()
      .ok_or_else(|| unexpected(std::io::Error::other("no program is set for supervisors")))?;
    let mut command = Command::new(name);
    command
      .args(leading)
      .arg("supervise")
      .arg("--config")
      .arg(&self.site.file)
      .arg(place.spec.id.short())
      .current_dir(&self.site.root)
      .stdin(Stdio::null())
      .stdout(Stdio::null())
      .stderr(Stdio::from(log));
    if let Ok(file) = std::env::current_exe() {
      command.arg0(file);
    }
    command.spawn().map_err(unexpected)
  }

  /// Asks the process to end, kills it after `grace`, and waits until its end is written down.
  pub(super) async fn end(&self, place: &Place, grace: Duration) -> Result<(), PortError> {
    let Some(state) = place.state() else {
      return Ok(());
    };
    let supervised = state.is_supervised();
    if supervised {
      // It passes this on, and does not start its process again.
      signal(state.supervisor, Signal::SIGTERM);
    } else if let Some(child) = state.living_child() {
      signal_group(child, Signal::SIGTERM);
    }
    let mut until = Instant::now() + grace;
    let mut killed = false;
    loop {
      let now = place.state().unwrap_or_else(|| state.clone());
      let child = now.living_child();
      if child.is_none() && !now.is_supervised() {
        return Ok(());
      }
      if Instant::now() >= until {
        if killed {
          return Err(PortError::new(
            PortErrorKind::Timeout,
            format!("stop {}", place.spec.name),
            format!("process {child:?} did not even end when it was killed"),
          ));
        }
        if let Some(child) = child {
          signal_group(child, Signal::SIGKILL);
        }
        killed = true;
        until = Instant::now() + AFTERWARDS;
      }
      sleep(EVERY).await;
    }
  }
}

/// One that is gone in this instant has what was wanted.
fn signal(process: Exactly, signal: Signal) {
  if let Ok(pid) = i32::try_from(process.pid) {
    let _ = kill(Pid::from_raw(pid), signal);
  }
}

/// A service's process leads a group of its own, so that what it started ends with it.
fn signal_group(process: Exactly, signal: Signal) {
  if let Ok(pid) = i32::try_from(process.pid) {
    let _ = killpg(Pid::from_raw(pid), signal);
  }
}
