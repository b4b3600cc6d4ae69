//! This machine: Docker's socket and settings, the clock, what logind ends.

use chrono::TimeDelta;

use crate::model::{
  finding::{Finding, Hazard, Place},
  surroundings::{Daemon, Machine},
};

const SKEW: TimeDelta = TimeDelta::seconds(10);
/// Log drivers whose logs Docker can give back.
const READABLE: [&str; 3] = ["json-file", "local", "journald"];

pub(super) fn findings(machine: &Machine) -> Vec<Finding> {
  let mut found = Vec::new();
  if let Some((path, mode)) = &machine.socket
    && mode & 0o006 != 0
  {
    found.push(
      Finding::red(
        Hazard::H(32),
        format!(
          "everybody on this machine may use Docker (socket mode {:03o})",
          mode & 0o777
        ),
        "who may use Docker is root on this machine",
        format!("sudo chmod 660 {path}"),
      )
      .at(Place::file(path)),
    );
  }
  if machine.synchronized == Some(false) {
    found.push(Finding::amber(
      Hazard::H(34),
      "no time server keeps this machine's clock",
      "a clock that jumps makes ages, log order and the history untrue",
      "sudo timedatectl set-ntp true",
    ));
  }
  if let Some(place) = &machine.kills_leftovers {
    found.push(
      Finding::amber(
        Hazard::H(13),
        "logind ends everything a user started when the session ends (KillUserProcesses=yes)",
        "a lost SSH connection would end a running deploy or switch in the middle",
        "sudo loginctl enable-linger $USER, or set KillUserProcesses=no and restart systemd-logind",
      )
      .at(place.clone()),
    );
  }
  if let Some(daemon) = &machine.docker {
    found.extend(docker(daemon));
  }
  found
}

fn docker(daemon: &Daemon) -> Vec<Finding> {
  let mut found = Vec::new();
  if daemon.live_restore == Some(false) {
    found.push(Finding::note(
      Hazard::H(14),
      "a restart of Docker stops every container (live-restore is off)",
      "an upgrade of Docker takes the site down for as long as it lasts, and containers that were not stopped properly may stay down",
      "add {\"live-restore\": true} to /etc/docker/daemon.json, then: sudo systemctl reload docker",
    ));
  }
  if let Some(driver) = &daemon.log_driver
    && !READABLE.contains(&driver.as_str())
  {
    found.push(Finding::amber(
      Hazard::H(28),
      format!("Docker's log driver is {driver}: logs cannot be read here"),
      "the console and 'cutover logs' stay empty when a deploy fails",
      "add {\"log-driver\": \"local\"} to /etc/docker/daemon.json, restart Docker in a quiet hour and recreate the containers",
    ));
  }
  if let Some((theirs, ours)) = daemon.clocks
    && (theirs - ours).abs() > SKEW
  {
    found.push(Finding::amber(
      Hazard::H(34),
      format!(
        "Docker's clock and this machine's differ by {} s",
        (theirs - ours).num_seconds().abs()
      ),
      "log lines and start times are ordered wrongly",
      "keep both machines at the same time server",
    ));
  }
  found
}
