//! Detached runners, attaching, gates, aborting, and the verbs of an ordinary day.

use std::{
  process::{Command, Stdio},
  time::Duration,
};

use crate::support::{Site, run, wait_until};

#[test]
fn killing_the_front_end_does_not_stop_the_operation_and_another_terminal_attaches() {
  let site = Site::up(&[]);
  let mut front = site
    .command(&["deploy", "--version", "9.0.3-slow", "--switch", "--yes"])
    .stdin(Stdio::null())
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .expect("the front end");
  wait_until("the operation has begun", Duration::from_secs(20), || {
    site
      .path(".cutover/operations/000001/journal.jsonl")
      .exists()
  });
  front.kill().expect("SIGKILL");
  front.wait().expect("it is gone");
  site
    .cutover(&["attach", "1"])
    .ok()
    .says("users are on GREEN 9.0.3-slow");
  assert_eq!(site.proven(), "green");
}

#[test]
fn a_gate_is_approved_from_another_terminal() {
  let site = Site::up(&[]);
  let child = ask_at_the_gate(&site);
  site.cutover(&["approve"]).ok();
  assert!(child.wait_with_output().expect("it ends").status.success());
  assert_eq!(site.proven(), "green");
}

#[test]
fn a_gate_that_is_declined_touches_no_traffic() {
  let site = Site::up(&[]);
  let child = ask_at_the_gate(&site);
  let before = site.read("nginx/upstream-active.conf");
  site.cutover(&["decline"]).ok();
  assert_eq!(
    child.wait_with_output().expect("it ends").status.code(),
    Some(7)
  );
  assert_eq!(site.read("nginx/upstream-active.conf"), before);
  assert_eq!(site.proven(), "blue");
}

/// A deploy on a terminal of its own, waiting at its gate.
fn ask_at_the_gate(site: &Site) -> std::process::Child {
  // `script` gives the command a terminal, without which a deploy ends instead of asking.
  let binary = env!("CARGO_BIN_EXE_cutover");
  let words = format!(
    "{binary} --config {} deploy --version 1.1.0 --yes",
    site.config.display()
  );
  let child = Command::new("script")
    .args(["-qefc", &words, "/dev/null"])
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .stderr(Stdio::null())
    .spawn()
    .expect("script runs");
  wait_until("the gate is open", Duration::from_secs(90), || {
    site.status()["operation"]["waiting_for"].is_string()
  });
  child
}

#[test]
fn an_abort_leaves_live_alone_and_says_so() {
  let site = Site::up(&[]);
  let child = site
    .command(&[
      "deploy",
      "--version",
      "9.0.0-unhealthy",
      "--switch",
      "--yes",
    ])
    .stdin(Stdio::null())
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .expect("the front end");
  wait_until("it waits for health", Duration::from_mins(1), || {
    site.status()["operation"]["step"]
      .as_str()
      .is_some_and(|step| step.contains("healthy"))
  });
  site.cutover(&["note", "it will never come up"]).ok();
  site.cutover(&["abort"]).ok();
  let ended = child.wait_with_output().expect("it ends");
  assert_eq!(
    ended.status.code(),
    Some(7),
    "{}",
    String::from_utf8_lossy(&ended.stderr)
  );
  assert_eq!(site.proven(), "blue");
  site
    .cutover(&["show", "1"])
    .ok()
    .says("it will never come up")
    .says("abort");
}

#[test]
fn an_ordinary_day_from_backup_to_history() {
  let site = Site::up(&[]);
  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--dry-run"])
    .ok()
    .says("upstream-active.conf");
  assert!(
    !site.path(".cutover/operations").exists(),
    "a dry run leaves nothing"
  );
  site
    .cutover(&["deploy", "--version", "1.1.0", "--yes", "--no-input"])
    .ok()
    .says("switch green");
  site.cutover(&["health"]).ok().says("L5");
  site.cutover(&["smoke", "green", "--yes"]).ok();
  site
    .cutover(&["switch", "green", "--reason", "release day", "--yes"])
    .ok();
  wait_until("BLUE has drained", Duration::from_secs(20), || {
    site.cutover(&["stop", "blue", "--yes"]).code == 0
  });
  let status = site.status();
  assert_eq!(status["readiness"]["warmth"], "WARM", "{status:#}");
  let blue = site.containers("blue");
  site
    .cutover(&["rollback", "--reason", "it was a rehearsal", "--yes"])
    .ok();
  assert_eq!(
    site.containers("blue"),
    blue,
    "WARM goes back to the very containers that served"
  );
  site
    .cutover(&["backup", "--yes"])
    .ok()
    .says("read back in full");
  let backup = std::fs::read_dir(site.path("backups"))
    .expect("backups")
    .filter_map(|entry| Some(entry.ok()?.path()))
    .find(|path| {
      path
        .extension()
        .is_some_and(|extension| extension == "dump")
    })
    .expect("a dump");
  site
    .cutover(&["restore", backup.to_str().expect("a path"), "--yes"])
    .ok()
    .says("restored into");
  site.cutover(&["migrate", "--status"]).ok().says("head");
  site.cutover(&["migrate", "--dry-run"]).ok();
  site
    .cutover(&["logs", "green", "--tail", "5"])
    .ok()
    .says("api");
  site.cutover(&["lock", "status"]).ok().says("free");
  site
    .cutover(&["history"])
    .ok()
    .says("release day")
    .says("rollback");
  site.cutover(&["history", "--markdown"]).ok().says("|");
  let rows = site.cutover(&["history", "--json"]).ok();
  assert!(rows.stdout.lines().count() >= 6, "{}", rows.stdout);
  site.cutover(&["config", "show"]).ok().says("nginx");
  site.cutover(&["config", "path"]).ok().says("cutover.toml");
}

#[test]
fn a_recorded_version_comes_back_without_any_registry() {
  let site = Site::up(&[]);
  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--yes"])
    .ok();
  site
    .cutover(&["deploy", "--version", "1.2.0", "--switch", "--yes"])
    .ok();
  assert_eq!(site.answering(), "1.2.0");
  run(
    site
      .command(&["rollback", "--to-version", "1.1.0", "--yes"])
      .env("DOCKER_CONFIG", "/nonexistent"),
  )
  .ok()
  .says("1.1.0");
  assert_eq!(site.answering(), "1.1.0");
}

#[test]
fn a_rollback_to_a_broken_slot_is_blocked_and_the_override_is_typed() {
  let site = Site::up(&[]);
  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--yes"])
    .ok();
  let api = site.container("api-blue");
  run(Command::new("docker").args([
    "exec",
    &api,
    "curl",
    "-sS",
    "-X",
    "POST",
    "-d",
    "{\"unhealthy\":true}",
    "http://localhost:5000/admin/fault",
  ]))
  .ok();
  site
    .cutover(&["rollback", "--yes"])
    .code(3)
    .says("blocked")
    .says("blue is broken");
  site
    .cutover(&["rollback", "--force", "--yes"])
    .code(2)
    .says("blue is broken");
  assert_eq!(site.proven(), "green");
  site
    .cutover(&[
      "rollback",
      "--force",
      "--confirm",
      "blue is broken",
      "--reason",
      "incident command",
    ])
    .ok();
}
