//! Every size of a terminal says what matters, and no size or storm of them ends the console.

use std::time::Duration;

use portable_pty::CommandBuilder;

use crate::support::{NARROW, Nowhere, Terminal, WIDE, plain};

#[test]
fn where_there_is_no_site_it_says_so_and_names_the_ways_on() {
  let folder = tempfile::tempdir().expect("a folder");
  let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cutover"));
  plain(&mut command);
  command.cwd(folder.path());
  let mut terminal = Terminal::start(command, NARROW);
  assert_eq!(terminal.ended().exit_code(), 8);
  for text in [
    "NO SITE HERE",
    "cutover init",
    "cutover demo",
    "--config FILE",
  ] {
    terminal.wait_text(text);
  }
}

#[test]
fn every_size_says_that_it_is_unknown_who_is_live_and_why() {
  let site = Nowhere::new();
  let mut terminal = site.open(WIDE);
  for size in [
    (80, 24),
    (60, 15),
    (40, 8),
    (20, 5),
    (8, 2),
    (1, 1),
    (300, 100),
    WIDE,
  ] {
    terminal.resize(size);
    if size.0 >= 20 {
      terminal.wait("the alarm fits the size", |screen| {
        let text = screen.contents();
        text.contains("LIVE UNKNOWN") && text.contains("DOCKER:")
      });
    }
  }
  terminal.keys("q");
  assert!(terminal.ended().success());
  terminal.wait_restored();
}

#[test]
fn a_storm_of_sizes_ends_in_a_whole_screen() {
  let site = Nowhere::new();
  let mut terminal = site.open(WIDE);
  for round in 0..200_u16 {
    terminal.resize((1 + round * 7 % 180, 1 + round * 5 % 60));
    if round % 10 == 0 {
      terminal.hold(":", 1, Duration::from_millis(1));
    }
  }
  terminal.resize(NARROW);
  terminal.wait_text("COMMANDS");
  terminal.keys("\u{1b}");
  terminal.wait("every part of the screen is there", |screen| {
    let text = screen.contents();
    [
      "LIVE UNKNOWN",
      "DOCKER:",
      "[B] BLUE",
      "[G] GREEN",
      "OPERATION",
    ]
    .iter()
    .all(|part| text.contains(part))
  });
  terminal.keys("\u{3}\u{3}");
  assert!(terminal.ended().success());
  terminal.wait_restored();
}

#[test]
fn a_key_pressed_while_the_size_changes_is_not_lost() {
  let site = Nowhere::new();
  let mut terminal = site.open(WIDE);
  for round in 0..40_u16 {
    terminal.resize((100 + round, 40));
    terminal.keys(":");
    terminal.wait_text("COMMANDS");
    terminal.resize((99 - round, 30));
    terminal.keys("\u{1b}");
    terminal.wait_no_text("COMMANDS");
  }
}

/// A key that is only answered with the next move of the clock was not heard when it was pressed.
#[test]
fn a_key_is_answered_before_the_clock_moves() {
  let site = Nowhere::new();
  let mut terminal = site.open(WIDE);
  terminal.wait_text("LIVE UNKNOWN");
  let mut before = 0;
  for _ in 0..10 {
    for (key, there) in [(":", true), ("\u{3}", false)] {
      let pressed = clock(&terminal.text());
      assert!(pressed.is_some(), "no clock on the screen");
      terminal.keys(key);
      terminal.wait("the palette opens and closes", |screen| {
        screen.contents().contains("COMMANDS") == there
      });
      before += u32::from(clock(&terminal.text()) == pressed);
    }
  }
  assert!(
    before >= 10,
    "only {before} of 20 keys were answered before the clock moved"
  );
  terminal.keys("q");
  assert!(terminal.ended().success());
}

/// The time of day in the header, to the second.
fn clock(text: &str) -> Option<String> {
  let at = text.find("Z\n")?;
  text.get(at.checked_sub(8)?..at).map(str::to_owned)
}
