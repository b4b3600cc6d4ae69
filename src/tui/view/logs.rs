//! Draws one log, of a slot or of both, into its frame:
//!
//! ```text
//! +-4 LOG [B] BLUE  all 2 ------------------ FOLLOW  41/s  WRN 1 ERR 0 -+
//! | 14:31:58.102 api  INF GET /api/items 200 38ms                       |
//! +---------------------------------------------------------------------+
//! ```
//!
//! Asks the state for the visible lines only; nothing is kept between frames.

mod line;
mod title;

use chrono::{DateTime, Utc};
use ratatui::{buffer::Buffer, layout::Rect};

use super::{
  frame::{self, Look},
  pen::Pen,
  theme::{Role, Theme},
};
use crate::{
  model::Slot,
  tui::state::logs::{Logs, PaneId, Viewport},
};

/// How a log is framed.
#[derive(Clone, Copy, Debug)]
pub struct LogFrame {
  pub theme: Theme,
  pub now: DateTime<Utc>,
  /// The digit that leads to this panel.
  pub digit: Option<char>,
  /// The panel has the keys.
  pub focused: bool,
  /// Users are on this slot: a double frame.
  pub live: bool,
}

/// The room for lines inside a frame of this size; what `Logs::act` is to be told.
pub fn viewport(area: Rect, now: DateTime<Utc>) -> Viewport {
  Viewport {
    width: area.width.saturating_sub(4),
    height: area.height.saturating_sub(2),
    now,
  }
}

pub fn draw(logs: &Logs, id: PaneId, frame: LogFrame, area: Rect, buf: &mut Buffer) {
  let area = area.intersection(buf.area);
  if area.width < 4 || area.height < 3 {
    return;
  }
  let look = Look::panel(frame.live, frame.focused);
  let inner = frame::draw(buf, area, frame.theme, look, &[], &[]);
  let facts = logs.facts(id, frame.now);
  title::draw(&facts, id, frame, area, buf);
  let view = viewport(area, frame.now);
  let screen = logs.screen(id, view);
  let lines = Rect {
    x: inner.x + 1,
    width: view.width,
    ..inner
  };
  if let Some(gone) = screen.gone {
    let words = format!(" {gone} older lines not kept ");
    let last = Rect {
      y: area.bottom() - 1,
      height: 1,
      ..lines
    };
    Pen::row(buf, last, 0, frame.theme).put(Role::Marker, &words);
  }
  if screen.lines.is_empty() {
    let words = if facts.filter.is_some() || facts.least.is_some() {
      "no line passes the filter"
    } else {
      "no lines yet"
    };
    Pen::row(buf, lines, 0, frame.theme).put(Role::Faint, words);
  }
  for (row, line) in (0..).zip(&screen.lines) {
    let pen = Pen::row(buf, lines, row, frame.theme);
    line::draw(&screen, line, frame.theme, pen);
  }
}

/// `[B]`, wherever a line or a title must say which slot it is.
fn letter(slot: Option<Slot>) -> &'static str {
  match slot {
    Some(Slot::Blue) => "[B]",
    Some(Slot::Green) => "[G]",
    None => "[ ]",
  }
}

#[cfg(test)]
mod tests;
