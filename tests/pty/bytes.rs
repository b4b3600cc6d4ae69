//! What reaches the terminal, byte by byte: whole frames, nothing for nothing, no color where none
//! is wanted.

use crate::support::{NARROW, Nowhere, Terminal, WIDE};

/// One piece of what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
  Text(String),
  /// `CSI` with its parameters and final byte.
  Control(String),
  /// `OSC` and its text.
  Command(String),
}

fn pieces(raw: &[u8]) -> Vec<Piece> {
  let text = String::from_utf8_lossy(raw);
  let mut found = Vec::new();
  let mut rest = text.as_ref();
  while !rest.is_empty() {
    if let Some(after) = rest.strip_prefix("\u{1b}[") {
      let end = after
        .find(|c: char| ('\u{40}'..='\u{7e}').contains(&c))
        .map_or(after.len(), |at| at + 1);
      found.push(Piece::Control(after[..end].to_owned()));
      rest = &after[end..];
    } else if let Some(after) = rest.strip_prefix("\u{1b}]") {
      let end = after.find('\u{7}').expect("a command has an end");
      found.push(Piece::Command(after[..end].to_owned()));
      rest = &after[end + 1..];
    } else {
      let end = rest.find('\u{1b}').unwrap_or(rest.len());
      assert!(end > 0, "an escape that is neither: {rest:?}");
      found.push(Piece::Text(rest[..end].to_owned()));
      rest = &rest[end..];
    }
  }
  found
}

#[test]
fn every_frame_is_one_synchronized_block_and_nothing_is_drawn_outside_of_one() {
  let site = Nowhere::new();
  let mut terminal = site.open(WIDE);
  terminal.keys(":");
  terminal.wait_text("COMMANDS");
  terminal.keys("\u{1b}");
  terminal.wait_no_text("COMMANDS");
  terminal.resize(NARROW);
  terminal.wait_text("DOCKER:");
  ticks(&terminal, 2);
  let mut inside = false;
  let mut blocks = 0;
  for piece in pieces(&terminal.raw()) {
    match piece {
      Piece::Control(text) if text == "?2026h" => {
        assert!(!inside, "a block in a block");
        inside = true;
        blocks += 1;
      }
      Piece::Control(text) if text == "?2026l" => {
        assert!(inside, "an end without a beginning");
        inside = false;
      }
      Piece::Control(text) if text == "2J" => assert!(!inside, "an erase inside of a block"),
      Piece::Control(text) if !inside => {
        assert!(text == "0m" || text.starts_with('?'), "{text:?} outside");
      }
      Piece::Text(text) => assert!(inside, "{text:?} outside"),
      Piece::Control(_) | Piece::Command(_) => {}
    }
  }
  assert!(!inside && blocks >= 5, "{blocks} blocks");
}

#[test]
fn while_nothing_changes_only_the_clock_is_written() {
  let site = Nowhere::new();
  let terminal = site.open(WIDE);
  ticks(&terminal, 3);
  let before = terminal.written();
  ticks(&terminal, 4);
  let raw = terminal.raw();
  let mut written = String::new();
  for piece in pieces(&raw[before..]) {
    if let Piece::Text(text) = piece {
      written.push_str(&text);
    }
  }
  assert!(!written.is_empty());
  assert!(
    written.chars().all(|c| c.is_ascii_digit()),
    "written though nothing changed: {written:?}"
  );
  assert!(written.len() <= 4 * 6, "{written:?}");
}

#[test]
fn without_color_there_is_none_at_all_and_what_is_loud_stays_loud() {
  let site = Nowhere::new();
  let mut command = site.console();
  command.env("NO_COLOR", "1");
  let mut terminal = Terminal::start(command, WIDE);
  terminal.wait_text("DOCKER:");
  terminal.keys(":");
  terminal.wait_text("COMMANDS");
  for piece in pieces(&terminal.raw()) {
    if let Piece::Control(text) = piece
      && let Some(values) = text.strip_suffix('m')
    {
      let color = values.split(';').any(|value| {
        let number: u16 = value.parse().unwrap_or(0);
        matches!(number, 30..=38 | 40..=48 | 90..=107)
      });
      assert!(!color, "a color: {text:?}");
    }
  }
  assert!(terminal.any_cell(vt100::Cell::bold));
  assert!(terminal.any_cell(vt100::Cell::inverse));
}

#[test]
fn with_color_there_is_some() {
  let site = Nowhere::new();
  let terminal = site.open(WIDE);
  assert!(terminal.any_cell(|cell| cell.fgcolor() != vt100::Color::Default));
}

#[test]
fn where_the_locale_is_not_utf8_every_byte_is_ascii() {
  let site = Nowhere::new();
  let mut command = site.console();
  command.env("LANG", "C");
  let mut terminal = Terminal::start(command, NARROW);
  terminal.wait_text("DOCKER:");
  // An escape that comes together with the next key is another key: each waits for what it does.
  for (key, opens) in [(":", " COMMANDS "), ("?", " HELP ")] {
    terminal.keys(key);
    terminal.wait_text(opens);
    terminal.keys("\u{1b}");
    terminal.wait_no_text(opens);
  }
  for key in [" ", "q", "p", "q", "D"] {
    terminal.keys(key);
  }
  terminal.wait_text("DOCKER:");
  ticks(&terminal, 1);
  let raw = terminal.raw();
  let at = raw.iter().position(|byte| *byte > 0x7f);
  assert_eq!(at, None, "{}", String::from_utf8_lossy(&raw));
}

/// Waits until the clock in the header has moved on so often.
fn ticks(terminal: &Terminal, count: usize) {
  for _ in 0..count {
    let text = terminal.text();
    let now = clock(&text);
    terminal.wait("the clock moves on", |screen| {
      clock(&screen.contents()) != now
    });
  }
}

/// The first `HH:MM:SSZ` of the screen.
fn clock(text: &str) -> Option<&str> {
  text
    .split_whitespace()
    .find(|word| word.len() == 9 && word.ends_with('Z') && word.matches(':').count() == 2)
}
