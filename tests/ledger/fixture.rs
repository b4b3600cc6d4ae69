//! A small site, a plan, and this binary started in one of its `roles`.

use std::{
  io::{BufRead, BufReader, Lines},
  path::{Path, PathBuf},
  process::{Child, ChildStdout, Command, Stdio},
  sync::Arc,
  time::{Duration, Instant},
};

use cutover::{
  adapters::{actor::actor, ledger::FileLedger},
  config::{Site, Truth, VersionKind},
  engine::ports::{Journal, Ledger},
  model::{BySlot, actor::Actor, plan::Order},
};
use tempfile::TempDir;

pub(crate) use crate::contract::records::{live, order, pins, plan};
use crate::{contract::ledger::Desk, minimal_site};

pub(crate) fn folder() -> TempDir {
  let folder = tempfile::Builder::new()
    .prefix("cutover-")
    .tempdir()
    .unwrap();
  std::fs::write(folder.path().join("cutover.toml"), "").unwrap();
  folder
}

/// Two services, a variable file and both state files of a team.
pub(crate) fn site(root: &Path) -> Site {
  let mut site = minimal_site::site(root);
  site.name = "shop".into();
  site.services = ["api", "web"].map(minimal_site::service).into();
  site.version.kind = VersionKind::ImageVariable {
    variable: BySlot::from_fn(|slot| format!("{}_TAG", slot.shout())),
    keep_in: Some(root.join(".env")),
    tag: BySlot::from_fn(|_| "v{version}".into()),
  };
  site.truth = Truth {
    state_file: Some(root.join(".current-env")),
    previous: Some(root.join(".previous-env")),
  };
  site
}

pub(crate) fn ledger(root: &Path) -> FileLedger {
  FileLedger::open(Arc::new(site(root))).unwrap()
}

pub(crate) fn me() -> Actor {
  actor()
}

impl Desk for FileLedger {
  fn ledger(&self) -> &dyn Ledger {
    self
  }

  fn work(&self, order: &Order, work: &mut dyn FnMut(&dyn Journal)) {
    let lock = self.try_lock().unwrap().unwrap();
    self.put_order(order, &lock).unwrap();
    let (id, kind) = (order.id, order.plan.kind);
    self.put_holder(id, kind, &order.actor, &lock).unwrap();
    work(&self.journal(id, &lock).unwrap());
    self.clear_holder(&lock).unwrap();
  }
}

/// This binary as a command that plays `role`; what follows `--` are the role's own arguments.
pub(crate) fn role_command(role: &str) -> Vec<String> {
  let me = std::env::current_exe().unwrap().display().to_string();
  let role = format!("roles::{role}");
  [&me, "--exact", &role, "--ignored", "--nocapture", "--"]
    .map(str::to_owned)
    .to_vec()
}

/// A role as a process: killed and reaped when the test ends, however it ends.
pub(crate) struct Player {
  child: Child,
  lines: Lines<BufReader<ChildStdout>>,
}

impl Player {
  pub(crate) fn start(role: &str, folder: &Path) -> Self {
    let command = role_command(role);
    let mut child = Command::new(&command[0])
      .args(&command[1..])
      .arg(folder)
      .stdin(Stdio::piped())
      .stdout(Stdio::piped())
      .spawn()
      .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Self { child, lines }
  }

  /// The next word it says; `None` when it ended.
  pub(crate) fn said(&mut self) -> Option<String> {
    self
      .lines
      .by_ref()
      .map_while(Result::ok)
      .find_map(|line| line.strip_prefix('@').map(ToOwned::to_owned))
  }

  pub(crate) fn kill(&mut self) {
    self.child.kill().unwrap();
    self.child.wait().unwrap();
  }

  /// Closes its stdin, which each role takes as the wish that it ends.
  pub(crate) fn release(&mut self) {
    drop(self.child.stdin.take());
    assert!(self.child.wait().unwrap().success());
  }
}

impl Drop for Player {
  fn drop(&mut self) {
    let _ = self.child.kill();
    let _ = self.child.wait();
  }
}

/// Asks again until it is so; a test that would hang fails instead.
pub(crate) fn until(what: &str, most: Duration, mut is_so: impl FnMut() -> bool) {
  let deadline = Instant::now() + most;
  while !is_so() {
    assert!(Instant::now() < deadline, "not within {most:?}: {what}");
    std::thread::yield_now();
  }
}

pub(crate) fn modes_under(folder: &Path) -> Vec<(PathBuf, u32)> {
  use std::os::unix::fs::PermissionsExt;
  let mut found = Vec::new();
  let mut waiting = vec![folder.to_owned()];
  while let Some(path) = waiting.pop() {
    let mode = std::fs::symlink_metadata(&path)
      .unwrap()
      .permissions()
      .mode();
    if path.is_dir() {
      waiting.extend(
        std::fs::read_dir(&path)
          .unwrap()
          .map(|entry| entry.unwrap().path()),
      );
    }
    found.push((path, mode & 0o7777));
  }
  found
}
