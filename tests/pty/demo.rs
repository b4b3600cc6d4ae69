//! `cutover demo` as somebody meets it who has only this program: the story as commands, the guided
//! tour by keys, and what a kill leaves behind.

use std::{
  fs,
  path::{Path, PathBuf},
  process::Command,
};

use nix::sys::signal::Signal;
use portable_pty::CommandBuilder;

use crate::{
  site::run,
  support::{NARROW, Terminal, plain},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_cutover");

fn demo(temporary: &Path) -> CommandBuilder {
  let mut command = CommandBuilder::new(PROGRAM);
  command.arg("demo");
  plain(&mut command);
  command.env("TMPDIR", temporary);
  command
}

/// The folders of demos.
fn left(temporary: &Path) -> Vec<PathBuf> {
  let all = fs::read_dir(temporary).expect("the temporary folder");
  all.map(|entry| entry.expect("an entry").path()).collect()
}

/// Processes that work inside the folder, as it is or as it was before it was removed.
fn running_in(folder: &Path) -> usize {
  let all = fs::read_dir("/proc").expect("/proc");
  all
    .filter_map(|entry| fs::read_link(entry.ok()?.path().join("cwd")).ok())
    .filter(|there| there.starts_with(folder))
    .count()
}

#[test]
fn the_story_as_commands_ends_with_nothing_lost_and_nothing_left() {
  let temporary = tempfile::tempdir().expect("a folder");
  let ran = run(
    Command::new(PROGRAM)
      .args(["demo", "--headless"])
      .env("TMPDIR", temporary.path()),
  );
  let ran = ran
    .ok()
    .says("$ cutover deploy --version 1.1.0 --yes")
    .says("$ cutover rollback --yes")
    .says("users are on GREEN 1.1.0, proven through the proxy");
  let last = ran.stderr.lines().rfind(|line| !line.is_empty());
  let last = last.expect("the ledger");
  assert!(
    last.starts_with("0 of ") && last.ends_with(" requests lost"),
    "{last}"
  );
  assert!(left(temporary.path()).is_empty());
  assert_eq!(running_in(temporary.path()), 0);
}

#[test]
fn what_a_killed_demo_left_is_gone_when_the_next_one_starts() {
  let temporary = tempfile::tempdir().expect("a folder");
  let mut killed = Terminal::start(demo(temporary.path()), NARROW);
  killed.wait_text("LIVE [B] BLUE 1.0.0");
  killed.signal(Signal::SIGKILL);
  killed.ended();
  let [old] = &left(temporary.path())[..] else {
    panic!("one folder");
  };
  assert!(running_in(old) >= 2, "its proxy and its service live on");

  let mut next = Terminal::start(demo(temporary.path()), NARROW);
  next.wait_text("LIVE [B] BLUE 1.0.0");
  assert!(!old.exists());
  assert_eq!(running_in(old), 0);
  next.keys("q");
  assert!(next.ended().success());
  assert!(left(temporary.path()).is_empty());
  assert_eq!(running_in(temporary.path()), 0);
}

/// What the tour says to press, each step when it says so.
struct Guided(Terminal);

impl Guided {
  fn deploy(&mut self, version: &str) {
    let terminal = &mut self.0;
    terminal.wait_text(&format!("Press D, type {version}"));
    terminal.keys("D");
    terminal.wait_text("Enter shows the plan and asks");
    terminal.keys(version);
    terminal.wait_text("[ok] ready");
    terminal.keys("\r");
    self.yes();
  }

  fn yes(&mut self) {
    self.0.wait_text("Esc, q, n or Enter");
    self.0.answer("y");
  }

  fn switch(&mut self, slot: &str) {
    self.0.wait_text(&format!("Press S, type {slot}"));
    self.0.keys("S");
    self.0.wait_text("then Enter:");
    self.0.answer(&format!("{slot}\r"));
  }
}

#[test]
fn the_tour_ends_by_its_own_keys_in_a_proven_rollback_with_nothing_lost() {
  let temporary = tempfile::tempdir().expect("a folder");
  let terminal = Terminal::start(demo(temporary.path()), NARROW);
  terminal.wait_text("TOUR 1/7");
  let mut guided = Guided(terminal);
  guided.deploy("1.1.0");
  guided.0.wait_text("TOUR 2/7");
  guided.switch("green");
  guided.0.wait_text("LIVE [G] GREEN 1.1.0");
  guided.deploy("1.2.0");
  guided.0.wait_text("1.2.0 failed its tests");
  guided.deploy("1.4.0");
  guided.0.wait_text("TOUR 5/7");
  guided.switch("blue");
  guided.0.wait_text("LIVE [B] BLUE 1.4.0");
  guided.0.wait_text("with an error");
  guided.0.keys("R");
  guided.yes();
  guided.0.wait_text("TOUR 7/7");
  guided
    .0
    .wait_text("Proven: users are on [G] GREEN 1.1.0. 0 of ");
  guided.0.keys("q");
  assert!(guided.0.ended().success());
  guided.0.wait_text(" requests lost");
  assert!(left(temporary.path()).is_empty());
}
