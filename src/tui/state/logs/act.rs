//! Everything an operator can do to a log, one variant each; the key table maps keys to them.
//!
//! Only moving stops the following: filters, searches, levels, wrapping and sideways moves never do.

use super::{Logs, PaneId, Query, Stamps, Viewport, find::Direction, pane::Position, sheet::AtEnd};
use crate::model::{log_line::LogLevel, shown::Shown};

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
  pub(super) fn align(&mut self, id: PaneId, viewport: Viewport) {
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
