//! The terminal the console would open on.

use crate::model::{
  finding::{Finding, Hazard},
  surroundings::Terminal,
};

/// Below this the console shows one line for each slot and no panels.
const LEAST: (u16, u16) = (80, 24);

pub(super) fn findings(terminal: &Terminal) -> Vec<Finding> {
  let mut found = Vec::new();
  let Some((columns, rows)) = terminal.size else {
    return found;
  };
  let note = |what: String, why: &str, fix: &str| Finding::note(Hazard::Setup, what, why, fix);
  if (columns, rows) < LEAST || rows < LEAST.1 {
    found.push(note(
      format!("this terminal has {columns} columns and {rows} rows"),
      "the console is made for 80x24 and more: panels are left out below that",
      "make the window larger",
    ));
  }
  if terminal
    .term
    .as_deref()
    .is_none_or(|term| term.is_empty() || term == "dumb")
  {
    found.push(note(
      "TERM does not say what this terminal can do".to_owned(),
      "the console cannot open here; every command works",
      "export TERM=xterm-256color, if it is one",
    ));
  }
  let locale = terminal.locale.as_deref().unwrap_or_default();
  let lower = locale.to_ascii_lowercase();
  if !lower.contains("utf-8") && !lower.contains("utf8") {
    found.push(note(
      format!(
        "the locale is not UTF-8 ({})",
        if locale.is_empty() {
          "none set"
        } else {
          locale
        }
      ),
      "lines and bars are drawn with plain characters",
      "export LANG=C.UTF-8",
    ));
  }
  if terminal.inside_tmux {
    found.push(note(
      "this is inside tmux".to_owned(),
      "tmux keeps copied text and notifications to itself unless it is told to pass them on",
      "tmux set -g set-clipboard on; tmux set -g allow-passthrough on",
    ));
  }
  found
}
