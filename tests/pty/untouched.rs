//! On a real site with users on GREEN and BLUE warm: no accident of the keyboard or of the line
//! moves them, and a deliberate `R` `y` always does.

use std::time::{Duration, Instant};

use crate::{
  site::Site,
  support::{LIMIT, NARROW, Terminal, WIDE, console, wait_until},
};

/// A key that is held down, in most terminals.
const REPEAT: Duration = Duration::from_millis(33);
/// What is promised for a rollback from an open console, without what the proof itself takes.
const DELIBERATE: Duration = Duration::from_secs(3);

struct Users<'a> {
  site: &'a Site,
  before: u32,
}

impl<'a> Users<'a> {
  fn of(site: &'a Site) -> Self {
    assert_eq!(site.proven(), "green");
    let before = site.newest();
    Self { site, before }
  }

  fn open(&self, size: (u16, u16)) -> Terminal {
    let terminal = Terminal::start(console(&self.site.config), size);
    // In parentheses it would not be possible now: the first look may have come too early.
    terminal.wait("a rollback is possible", |screen| {
      let text = screen.contents();
      text.contains("rollback HOT") && text.contains(" R roll back")
    });
    terminal
  }

  /// Ends the console and looks whether anything was begun.
  #[track_caller]
  fn untouched(&self, mut terminal: Terminal, by: &str) {
    terminal.keys("\u{3}\u{3}");
    terminal.ended();
    terminal.wait_restored();
    assert_eq!(self.site.newest(), self.before, "begun by {by}");
    assert_eq!(self.site.proven(), "green", "moved by {by}");
  }
}

#[track_caller]
fn dialog(terminal: &mut Terminal) {
  terminal.keys("R");
  terminal.wait("the question, or why there is none", |screen| {
    let text = screen.contents();
    ["ROLL BACK?", "NOT DONE", "not possible now", "was closed"]
      .iter()
      .any(|found| text.contains(found))
  });
  assert!(terminal.has("ROLL BACK?"), "{}", terminal.text());
}

#[test]
fn no_accident_moves_users_and_a_deliberate_rollback_does() {
  let site = Site::up(&[]);
  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--yes"])
    .ok();
  let users = Users::of(&site);
  typed_ahead(&users);
  written_at_once(&users);
  a_paste_that_ends_itself(&users);
  a_stuck_key(&users);
  a_storm_of_enter(&users);
  a_question_that_was_not_painted(&users);
  every_size(&users);
  deliberately(&users, "BLUE");
  // Back again right away would be no accident's way either: see `tests/it/back_again.rs`.
  for slot in ["green", "blue"] {
    site.cutover(&["switch", slot, "--yes"]).ok();
  }
  deliberately(&users, "GREEN");
}

fn typed_ahead(users: &Users<'_>) {
  let mut terminal = Terminal::start(console(&users.site.config), WIDE);
  terminal.keys("Ry");
  terminal.wait_text("rollback HOT");
  users.untouched(terminal, "keys from before the first frame");
}

fn written_at_once(users: &Users<'_>) {
  for keys in ["Ry", "R\ry", "Ryyyyyyyy\r", "RyRyRyRy"] {
    let mut terminal = users.open(NARROW);
    terminal.keys(keys);
    terminal.keys("\u{c}");
    terminal.hold("", 1, Duration::from_millis(600));
    users.untouched(terminal, keys);
  }
}

fn a_paste_that_ends_itself(users: &Users<'_>) {
  for paste in [
    "\u{1b}[200~y\u{1b}[201~",
    "\u{1b}[200~foo\u{1b}[201~y\r",
    "\u{1b}[200~foo\u{1b}[201~Ry",
  ] {
    let mut terminal = users.open(WIDE);
    dialog(&mut terminal);
    terminal.wait_no_text("keys count in a moment");
    terminal.keys(paste);
    // What follows the end marker is keys again, and some of them say something themselves.
    if paste.ends_with('~') {
      terminal.wait_text("a paste or a burst of keys is not an answer");
    }
    terminal.hold("", 1, Duration::from_millis(600));
    users.untouched(terminal, paste);
  }
}

fn a_stuck_key(users: &Users<'_>) {
  for key in ["y", "R"] {
    let mut terminal = users.open(WIDE);
    dialog(&mut terminal);
    terminal.hold(key, 90, REPEAT);
    users.untouched(terminal, "a stuck key");
  }
}

fn a_storm_of_enter(users: &Users<'_>) {
  let mut terminal = users.open(NARROW);
  for _ in 0..10 {
    terminal.keys("R");
    terminal.hold("\r", 10, REPEAT);
  }
  terminal.keys(&"\r".repeat(100));
  users.untouched(terminal, "Enter");
}

/// The line is stuck: nobody can have read what these keys would answer.
fn a_question_that_was_not_painted(users: &Users<'_>) {
  let mut terminal = users.open(WIDE);
  terminal.stick();
  terminal.keys("R");
  terminal.hold("y", 8, Duration::from_millis(300));
  terminal.release();
  terminal.wait_text("ROLL BACK?");
  users.untouched(terminal, "keys before the question was painted");
}

fn every_size(users: &Users<'_>) {
  let mut terminal = users.open(WIDE);
  for size in [(80, 24), (40, 8), (20, 5), WIDE] {
    terminal.resize(size);
    terminal.wait("who is live and how to get back", |screen| {
      let text = screen.contents();
      text.contains("LIVE [G] GREEN") && text.contains("HOT") && text.contains('R')
    });
  }
  dialog(&mut terminal);
  for round in 0..200_u16 {
    terminal.resize((20 + round % 140, 5 + round % 40));
  }
  terminal.resize(NARROW);
  terminal.wait_text("ROLL BACK?");
  users.untouched(terminal, "a storm of sizes");
}

fn deliberately(users: &Users<'_>, to: &str) {
  let before = users.site.newest();
  let mut terminal = users.open(NARROW);
  let began = Instant::now();
  dialog(&mut terminal);
  terminal.wait("keys count", |screen| {
    let text = screen.contents();
    text.contains("y go on") && !text.contains("keys count in a moment")
  });
  terminal.keys("y");
  wait_until("it is on its way", || users.site.newest() > before);
  let took = began.elapsed();
  assert!(took < DELIBERATE, "{took:?} from R to the operation");
  let live = format!("LIVE [{}] {to}", &to[..1]);
  let end = Instant::now() + LIMIT;
  terminal.wait_text(&live);
  assert!(Instant::now() < end);
  terminal.keys("q");
  terminal.ended();
  terminal.wait_restored();
  assert_eq!(users.site.newest(), before + 1, "launched exactly once");
  assert_eq!(users.site.proven(), to.to_lowercase());
}
