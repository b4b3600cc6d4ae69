//! Commands beside a process: in its folder, with its environment, as `docker exec` would run them.

use std::{collections::BTreeMap, fs, process::Stdio, time::Duration};

use tokio::process::Command;

use super::place::Place;
use crate::{
  adapters::{
    processes,
    router::process::{self, MOST_OUTPUT},
  },
  engine::ports::{CommandOutput, Notes, PortError, PortErrorKind},
};

pub(super) async fn run(
  place: &Place,
  command: &[String],
  environment: &BTreeMap<String, String>,
  deadline: Duration,
  notes: Notes<'_>,
) -> Result<CommandOutput, PortError> {
  let mut all = place.spec.environment.clone();
  all.extend(environment.clone());
  let folder = Some(place.spec.folder.as_path());
  let ran = process::run_in(folder, command, &all, deadline, MOST_OUTPUT).await?;
  let mut output = String::from_utf8_lossy(&ran.out).into_owned();
  output.push_str(&String::from_utf8_lossy(&ran.err));
  for line in output.lines() {
    notes(line);
  }
  Ok(CommandOutput {
    exit_code: ran.code,
    output,
  })
}

/// A process in the same folder with exactly these words, whoever started it.
pub(super) fn is_running(place: &Place, tag: &str) -> bool {
  processes::all()
    .filter(|pid| processes::title(*pid).unwrap_or_default() == tag)
    .any(|pid| {
      let there = fs::read_link(format!("/proc/{pid}/cwd"));
      let zombie = processes::facts(pid).is_none_or(|facts| matches!(facts.state, 'Z' | 'X'));
      !zombie && there.is_ok_and(|there| there == place.spec.folder)
    })
}

/// A shell where the process runs, on this process's own terminal.
pub(super) async fn shell(place: &Place) -> Result<(), PortError> {
  Command::new("sh")
    .current_dir(&place.spec.folder)
    .envs(&place.spec.environment)
    .stdin(Stdio::inherit())
    .stdout(Stdio::inherit())
    .stderr(Stdio::inherit())
    .status()
    .await
    .map(drop)
    .map_err(|error| {
      PortError::new(
        PortErrorKind::Refused,
        format!("open a shell beside {}", place.spec.name),
        error.to_string(),
      )
    })
}
