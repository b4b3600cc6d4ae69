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

use super::theme::{Role, Theme};
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
  edges(frame, area, buf);
  let facts = logs.facts(id, frame.now);
  title::draw(&facts, id, frame, area, buf);
  let view = viewport(area, frame.now);
  let screen = logs.screen(id, view);
  if let Some(gone) = screen.gone {
    let words = format!(" {gone} older lines not kept ");
    let mut pen = Pen::new(buf, area.x + 2, area.bottom() - 1, area.right() - 2);
    pen.text(&words, frame.theme.style(Role::Marker));
  }
  if screen.lines.is_empty() {
    let words = if facts.filter.is_some() || facts.least.is_some() {
      "no line passes the filter"
    } else {
      "no lines yet"
    };
    let mut pen = Pen::new(buf, area.x + 2, area.y + 1, area.right() - 2);
    pen.text(words, frame.theme.style(Role::Faint));
  }
  for (y, line) in (area.y + 1..).zip(&screen.lines) {
    let pen = Pen::new(buf, area.x + 2, y, area.x + 2 + view.width);
    line::draw(&screen, line, frame.theme, pen);
  }
}

fn edges(frame: LogFrame, area: Rect, buf: &mut Buffer) {
  let set = frame.theme.border(frame.live);
  let style = frame.theme.style(if frame.focused {
    Role::Focus
  } else {
    Role::Frame
  });
  let (left, right) = (area.x, area.right() - 1);
  let (top, bottom) = (area.y, area.bottom() - 1);
  for x in left..=right {
    buf[(x, top)]
      .set_symbol(set.horizontal_top)
      .set_style(style);
    buf[(x, bottom)]
      .set_symbol(set.horizontal_bottom)
      .set_style(style);
  }
  for y in top + 1..bottom {
    buf[(left, y)]
      .set_symbol(set.vertical_left)
      .set_style(style);
    buf[(right, y)]
      .set_symbol(set.vertical_right)
      .set_style(style);
    for x in left + 1..right {
      buf[(x, y)].reset();
    }
  }
  for (x, y, corner) in [
    (left, top, set.top_left),
    (right, top, set.top_right),
    (left, bottom, set.bottom_left),
    (right, bottom, set.bottom_right),
  ] {
    buf[(x, y)].set_symbol(corner).set_style(style);
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

/// Writes cells from left to right and never past its end.
struct Pen<'a> {
  buf: &'a mut Buffer,
  x: u16,
  y: u16,
  end: u16,
}

impl<'a> Pen<'a> {
  fn new(buf: &'a mut Buffer, x: u16, y: u16, end: u16) -> Self {
    let end = end.min(buf.area.right());
    Self { buf, x, y, end }
  }

  fn cell(&mut self, symbol: &str, width: usize, style: ratatui::style::Style) {
    let next = self.x.saturating_add(u16::try_from(width).unwrap_or(1));
    if next > self.end {
      self.x = self.end;
      return;
    }
    self.buf[(self.x, self.y)]
      .set_symbol(symbol)
      .set_style(style);
    // The second half of a wide character belongs to the first.
    for x in self.x + 1..next {
      self.buf[(x, self.y)].reset();
    }
    self.x = next;
  }

  /// Clean text, as wide as it gets.
  fn text(&mut self, text: &str, style: ratatui::style::Style) {
    for cell in crate::tui::state::logs::cells(text) {
      self.cell(cell.text, cell.width, style);
    }
  }

  /// Clean text in a column of its own; the last place stays empty.
  fn column(&mut self, text: &str, width: u16, style: ratatui::style::Style) {
    let (end, next) = (self.end, self.end.min(self.x + width));
    self.end = next.saturating_sub(1).max(self.x);
    self.text(text, style);
    self.x = next;
    self.end = end;
  }
}

#[cfg(test)]
mod tests;
