//! Everything an operator can do to a log, one variant each; the key table maps keys to them.
//!
//! Only moving stops the following: filters, searches, levels, wrapping and sideways moves never do.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat};

use super::{
  Logs, PaneId, Query, Stamps, Viewport,
  pane::{Pane, Position, Row},
  ring::Kind,
  sheet::{AtEnd, Sheet},
};
use crate::model::{Slot, log_line::LogLevel, shown::Shown};

const SIDEWAYS: usize = 8;
const MOST_LEFT: usize = 8 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogAction {
  Up(usize),
  Down(usize),
  HalfPageUp,
  HalfPageDown,
  PageUp,
  PageDown,
  Top,
  /// To the newest line, and follow.
  End,
  /// Follow, or stop right here.
  Follow,
  Left,
  Right,
  Wrap,
  /// The next way to write times.
  Stamps,
  /// The next minimum level: all, INF, WRN, ERR.
  Level,
  NextSource,
  PreviousSource,
  /// This source, or all of them.
  Source(Option<Shown>),
  /// Marks what matches; nothing typed ends it.
  Search(String),
  /// Only what matches; nothing typed ends it.
  Filter(String),
  NextHit,
  PreviousHit,
  /// The error line before this one, of either slot, the newest first.
  NextError,
  /// Both panes move by time, or each on its own.
  Align,
  Clear,
  /// Everything in the pane, as text for a file.
  Save,
  /// What is on the screen, as text.
  Copy,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogOutcome {
  Done,
  /// The pane that has it now.
  Show(PaneId),
  NotFound(&'static str),
  Save {
    file: String,
    text: String,
  },
  Copy(String),
}

impl Logs {
  pub fn act(&mut self, id: PaneId, action: LogAction, viewport: Viewport) -> LogOutcome {
    let rows = usize::from(viewport.height.max(1));
    match action {
      LogAction::Up(by) => self.scroll_up(id, by, viewport),
      LogAction::Down(by) => self.scroll_down(id, by, viewport),
      LogAction::HalfPageUp => self.scroll_up(id, rows.div_ceil(2), viewport),
      LogAction::HalfPageDown => self.scroll_down(id, rows.div_ceil(2), viewport),
      LogAction::PageUp => self.scroll_up(id, rows.saturating_sub(1).max(1), viewport),
      LogAction::PageDown => self.scroll_down(id, rows.saturating_sub(1).max(1), viewport),
      LogAction::Top => self.scroll_up(id, usize::MAX, viewport),
      LogAction::End => self.stand(id, Position::Follow, viewport),
      LogAction::Follow => {
        let sheet = self.sheet(id, viewport);
        let to = if sheet.pane.follows() {
          sheet.position(sheet.bottom(), AtEnd::Stay)
        } else {
          Position::Follow
        };
        self.stand(id, to, viewport);
      }
      LogAction::Left => self.sideways(id, |left| left.saturating_sub(SIDEWAYS)),
      LogAction::Right => self.sideways(id, |left| (left + SIDEWAYS).min(MOST_LEFT)),
      LogAction::Wrap => self.wrap = !self.wrap,
      LogAction::Stamps => self.stamps = self.stamps.next(),
      LogAction::Level => {
        let pane = self.pane_mut(id);
        pane.least = next_least(pane.least);
        self.rebuild(id);
      }
      LogAction::NextSource => self.step_source(id, 1),
      LogAction::PreviousSource => self.step_source(id, -1),
      LogAction::Source(name) => self.choose(id, name),
      LogAction::Filter(typed) => {
        self.pane_mut(id).filter = Query::new(&typed);
        self.rebuild(id);
      }
      LogAction::Search(typed) => {
        self.pane_mut(id).search = Query::new(&typed);
      }
      LogAction::NextHit => return self.next_hit(id, Direction::Newer, viewport),
      LogAction::PreviousHit => return self.next_hit(id, Direction::Older, viewport),
      LogAction::NextError => return self.next_error(id, viewport),
      LogAction::Align => {
        self.aligned = !self.aligned;
        self.align(id, viewport);
      }
      LogAction::Clear => {
        self.error = None;
        self.panes[super::place(id)].clear(&self.sides);
      }
      LogAction::Save => {
        return LogOutcome::Save {
          file: self.file_name(id, viewport),
          text: self.text(id, self.pane(id).index.iter()),
        };
      }
      LogAction::Copy => {
        let sheet = self.sheet(id, viewport);
        let seen = sheet.top().0..(sheet.last_visible() + 1).min(sheet.pane.index.len());
        return LogOutcome::Copy(self.text(id, sheet.pane.index.range(seen)));
      }
    }
    LogOutcome::Done
  }

  fn scroll_up(&mut self, id: PaneId, by: usize, viewport: Viewport) {
    let sheet = self.sheet(id, viewport);
    let (place, _) = sheet.up(sheet.top(), by);
    // Where everything is on the screen there is nothing to scroll to.
    if sheet.pane.follows() && place == sheet.bottom() {
      return;
    }
    let to = sheet.position(place, AtEnd::Stay);
    self.stand(id, to, viewport);
  }

  fn scroll_down(&mut self, id: PaneId, by: usize, viewport: Viewport) {
    let sheet = self.sheet(id, viewport);
    if sheet.pane.follows() {
      return;
    }
    let (place, _) = sheet.down(sheet.top(), by);
    let to = sheet.position(place, AtEnd::Follow);
    self.stand(id, to, viewport);
  }

  fn stand(&mut self, id: PaneId, position: Position, viewport: Viewport) {
    if position == Position::Follow {
      self.error = None;
    }
    self.pane_mut(id).stand(position);
    self.align(id, viewport);
  }

  /// Moves the other pane to the same time.
  fn align(&mut self, id: PaneId, viewport: Viewport) {
    let PaneId::Slot(slot) = id else { return };
    if !self.aligned {
      return;
    }
    let other = PaneId::Slot(slot.other());
    let to = match self.pane(id).position {
      Position::Follow => Position::Follow,
      Position::At { row, .. } => {
        let sheet = self.sheet(other, viewport);
        let at = sheet
          .pane
          .index
          .partition_point(|there| there.order < row.order);
        sheet.position((at, 0), AtEnd::Stay)
      }
    };
    self.pane_mut(other).stand(to);
  }

  fn sideways(&mut self, id: PaneId, to: impl Fn(usize) -> usize) {
    let pane = self.pane_mut(id);
    pane.left = to(pane.left);
  }

  fn rebuild(&mut self, id: PaneId) {
    self.panes[super::place(id)].rebuild(&self.sides);
  }

  fn choose(&mut self, id: PaneId, name: Option<Shown>) {
    self.pane_mut(id).chosen = name;
    self.rebuild(id);
  }

  /// All, then each one, round and round.
  fn step_source(&mut self, id: PaneId, by: isize) {
    let choices = self.choices(id);
    let now = self.pane(id).chosen.as_ref().and_then(|chosen| {
      let at = choices.iter().position(|name| *name == chosen)?;
      isize::try_from(at).ok()
    });
    let count = isize::try_from(choices.len()).unwrap_or_default() + 1;
    let next = (now.map_or(0, |at| at + 1) + by).rem_euclid(count);
    let name = usize::try_from(next - 1)
      .ok()
      .and_then(|at| choices.get(at).map(|name| (*name).clone()));
    self.choose(id, name);
  }

  fn next_hit(&mut self, id: PaneId, to: Direction, viewport: Viewport) -> LogOutcome {
    let sheet = self.sheet(id, viewport);
    let pane = sheet.pane;
    let Some(search) = &pane.search else {
      return LogOutcome::NotFound("nothing is searched for: / searches");
    };
    let matches = |at: &usize| {
      let row = pane.index.get(*at).and_then(|row| sheet.raw(*row));
      row.is_some_and(|(_, raw)| search.finds(raw))
    };
    let end = pane.index.len();
    let found = match (to, pane.hit) {
      (Direction::Newer, Some(hit)) => {
        let from = pane.index.partition_point(|row| *row <= hit);
        (from..end).find(matches)
      }
      (Direction::Newer, None) if pane.follows() => None,
      (Direction::Newer, None) => (sheet.top().0..end).find(matches),
      (Direction::Older, Some(hit)) => (0..pane.find(hit)).rev().find(matches),
      (Direction::Older, None) => (0..(sheet.last_visible() + 1).min(end)).rev().find(matches),
    };
    let Some(row) = found.and_then(|at| pane.index.get(at)).copied() else {
      return LogOutcome::NotFound(match to {
        Direction::Newer => "not found below: N looks above",
        Direction::Older => "not found above: n looks below",
      });
    };
    self.land(id, row, viewport);
    LogOutcome::Done
  }

  fn land(&mut self, id: PaneId, row: Row, viewport: Viewport) {
    let to = self.sheet(id, viewport).showing(row);
    let pane = self.pane_mut(id);
    pane.stand(to);
    pane.hit = Some(row);
    self.align(id, viewport);
  }

  fn next_error(&mut self, id: PaneId, viewport: Viewport) -> LogOutcome {
    let panes: &[PaneId] = match id {
      PaneId::Merged => &[PaneId::Merged],
      PaneId::Slot(_) => &[PaneId::Slot(Slot::Blue), PaneId::Slot(Slot::Green)],
    };
    let sheet = self.sheet(id, viewport);
    let before = self.error.or_else(|| {
      let seen = || sheet.pane.index.get(sheet.last_visible() + 1).copied();
      if sheet.pane.follows() { None } else { seen() }
    });
    let newest = |before: Option<Row>| {
      let found = panes.iter().filter_map(|pane| {
        let row = last_error(&self.sheet(*pane, viewport), before)?;
        Some((row, *pane))
      });
      found.max_by_key(|(row, _)| *row)
    };
    let Some((row, pane)) = newest(before).or_else(|| newest(None)) else {
      return LogOutcome::NotFound("no error line in what is held");
    };
    self.land(pane, row, viewport);
    self.error = Some(row);
    LogOutcome::Show(pane)
  }

  fn text<'a>(&self, id: PaneId, rows: impl Iterator<Item = &'a Row>) -> String {
    let mut text = String::new();
    for row in rows {
      let side = &self.sides[row.side()];
      let Some(entry) = side.ring.get(row.number()) else {
        continue;
      };
      let at = DateTime::from_timestamp_micros(entry.at).unwrap_or_default();
      let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
      let source = side.sources.get(usize::from(entry.source));
      let source = source.map_or("", |source| source.name.as_str());
      let slot = Slot::BOTH.get(row.side());
      let gutter = match (id, slot) {
        (PaneId::Merged, Some(Slot::Blue)) => "[B] ",
        (PaneId::Merged, Some(Slot::Green)) => "[G] ",
        (PaneId::Merged | PaneId::Slot(_), _) => "",
      };
      let mark = if entry.kind == Kind::Marker {
        "-- "
      } else {
        ""
      };
      let line = Shown::line(side.ring.text(entry));
      // Writing to a String cannot fail.
      let _ = writeln!(text, "{at} {gutter}{source} {mark}{line}");
    }
    text
  }

  fn file_name(&self, id: PaneId, viewport: Viewport) -> String {
    let pane = match id {
      PaneId::Slot(slot) => slot.name(),
      PaneId::Merged => "both",
    };
    let source = self.pane(id).chosen.as_ref().map_or("all", Shown::as_str);
    let source: String = source
      .chars()
      .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
      .take(40)
      .collect();
    let at = viewport.now.format("%Y%m%dT%H%M%SZ");
    format!("cutover-log-{pane}-{source}-{at}.txt")
  }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
  Newer,
  Older,
}

fn last_error(sheet: &Sheet<'_>, before: Option<Row>) -> Option<Row> {
  let pane: &Pane = sheet.pane;
  let end = before.map_or(pane.index.len(), |before| pane.find(before));
  let is_error = |row: &&Row| {
    sheet
      .raw(**row)
      .is_some_and(|(kind, _)| kind == Kind::Line(Some(LogLevel::Error)))
  };
  pane.index.range(..end).rev().find(is_error).copied()
}

fn next_least(least: Option<LogLevel>) -> Option<LogLevel> {
  match least {
    None | Some(LogLevel::Debug) => Some(LogLevel::Info),
    Some(LogLevel::Info) => Some(LogLevel::Warn),
    Some(LogLevel::Warn) => Some(LogLevel::Error),
    Some(LogLevel::Error) => None,
  }
}

impl Stamps {
  fn next(self) -> Self {
    match self {
      Self::Site => Self::Utc,
      Self::Utc => Self::Relative,
      Self::Relative => Self::Off,
      Self::Off => Self::Site,
    }
  }
}
