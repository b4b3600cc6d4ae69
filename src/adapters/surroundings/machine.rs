//! This machine as the doctor asks it: Docker, the clock, what logind ends.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use super::{
  super::{docker, router::process},
  Containers,
};
use crate::model::{
  finding::{Place, Unseen},
  surroundings::{Machine, Terminal},
};

const PATIENCE: Duration = Duration::from_secs(3);
const LOGIND: &str = "/etc/systemd/logind.conf";
const LOGIND_FOLDER: &str = "/etc/systemd/logind.conf.d";
const LINGERING: &str = "/var/lib/systemd/linger";

pub(super) async fn look(terminal: &Terminal, containers: Containers) -> Machine {
  let mut machine = Machine {
    terminal: terminal.clone(),
    kills_leftovers: kills_leftovers(),
    ..Machine::default()
  };
  let asked = async {
    match containers {
      Containers::Used => Some(docker::daemon::look().await),
      Containers::Unused => None,
    }
  };
  let (daemon, clock) = tokio::join!(asked, synchronized());
  if let Some(daemon) = daemon {
    machine.socket = docker::daemon::socket();
    match daemon {
      Ok(daemon) => machine.docker = Some(daemon),
      Err(error) => machine
        .unseen
        .push(Unseen::new("Docker itself", error.to_string())),
    }
  }
  match clock {
    Ok(kept) => machine.synchronized = Some(kept),
    Err(why) => machine
      .unseen
      .push(Unseen::new("whether a time server keeps the clock", why)),
  }
  machine
}

async fn synchronized() -> Result<bool, String> {
  let command: Vec<String> = ["timedatectl", "show", "-p", "NTPSynchronized", "--value"]
    .into_iter()
    .map(ToOwned::to_owned)
    .collect();
  let ran = process::run(&command, &BTreeMap::new(), PATIENCE, 4096)
    .await
    .map_err(|error| error.to_string())?;
  match String::from_utf8_lossy(&ran.out).trim() {
    "yes" => Ok(true),
    "no" => Ok(false),
    _ => Err(ran.last_words(1)),
  }
}

/// Where `KillUserProcesses=yes` is said last, unless this user's processes may linger.
fn kills_leftovers() -> Option<Place> {
  let user = nix::unistd::User::from_uid(nix::unistd::geteuid())
    .ok()
    .flatten()?;
  if user.uid.is_root() || Path::new(LINGERING).join(&user.name).exists() {
    return None;
  }
  let mut paths = vec![Path::new(LOGIND).to_owned()];
  let mut more: Vec<_> = fs::read_dir(LOGIND_FOLDER)
    .into_iter()
    .flatten()
    .flatten()
    .map(|entry| entry.path())
    .collect();
  more.sort();
  paths.extend(more);
  let mut said = None;
  for path in paths {
    let text = fs::read_to_string(&path).unwrap_or_default();
    for (number, line) in text.lines().enumerate() {
      if let Some(value) = line.trim().strip_prefix("KillUserProcesses=") {
        said = matches!(value.trim(), "yes" | "true" | "on" | "1")
          .then(|| Place::line(path.display().to_string(), number + 1));
      }
    }
  }
  said
}
