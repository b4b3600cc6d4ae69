//! From where one looks to the next line that was searched for, or that is an error.

use super::{
  LogOutcome, Logs, PaneId, Viewport,
  pane::{Pane, Row},
  ring::Kind,
  sheet::Sheet,
};
use crate::model::{Slot, log_line::LogLevel};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
  Newer,
  Older,
}

impl Logs {
  pub(super) fn next_hit(&mut self, id: PaneId, to: Direction, viewport: Viewport) -> LogOutcome {
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

  pub(super) fn next_error(&mut self, id: PaneId, viewport: Viewport) -> LogOutcome {
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
