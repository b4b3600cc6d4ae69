//! A pane laid on a screen of a given size: how many lines a row takes, which row is at the top,
//! and where a move leads. Reads only the rows it crosses.

use super::{
  cells,
  pane::{Pane, Position, Row, SIDES},
  ring::Kind,
  side::Side,
};
use crate::model::log_line;

/// A place on the sheet: a row by its number in the index, and the line within it.
pub(super) type Place = (usize, usize);

pub(super) struct Sheet<'a> {
  pub(super) sides: &'a [Side; SIDES],
  pub(super) pane: &'a Pane,
  /// Columns for the text of a line.
  pub(super) room: usize,
  /// Columns for the time; 0 when it is not shown.
  pub(super) stamp: usize,
  pub(super) height: usize,
  pub(super) wrap: bool,
}

impl Sheet<'_> {
  pub(super) fn raw(&self, row: Row) -> Option<(Kind, &str)> {
    let ring = &self.sides[row.side()].ring;
    let entry = ring.get(row.number())?;
    Some((entry.kind, ring.text(entry)))
  }

  /// Lines the row takes; none when its text is gone.
  fn lines(&self, at: usize) -> usize {
    let Some((_, raw)) = self.pane.index.get(at).and_then(|row| self.raw(*row)) else {
      return 0;
    };
    if !self.wrap {
      1
    } else if log_line::reads_as_it_stands(raw) {
      cells::lines(raw, self.room)
    } else {
      cells::lines(log_line::read(raw).text.as_str(), self.room)
    }
  }

  /// The top when the newest line stands at the bottom.
  pub(super) fn bottom(&self) -> Place {
    self.up((self.pane.index.len(), 0), self.height).0
  }

  /// The top as it is drawn: never so low that the screen would be half empty.
  pub(super) fn top(&self) -> Place {
    match self.pane.position {
      Position::Follow => self.bottom(),
      Position::At { row, skip } => {
        let at = self.pane.find(row);
        let skip = if self.pane.index.get(at) == Some(&row) {
          skip
        } else {
          0
        };
        let (end, short) = self.down((at, skip), self.height);
        if short > 0 && end.0 >= self.pane.index.len() {
          return self.bottom();
        }
        (at, skip)
      }
    }
  }

  /// So many lines up, and how many could not be gone.
  pub(super) fn up(&self, (mut at, mut line): Place, mut by: usize) -> (Place, usize) {
    loop {
      if by <= line {
        return ((at, line - by), 0);
      }
      by -= line;
      let Some(above) = at.checked_sub(1) else {
        return ((0, 0), by);
      };
      at = above;
      line = self.lines(at);
    }
  }

  /// So many lines down, and how many could not be gone. The end is behind the last row.
  pub(super) fn down(&self, (mut at, mut line): Place, mut by: usize) -> (Place, usize) {
    while at < self.pane.index.len() {
      let left = self.lines(at).saturating_sub(line);
      if by < left {
        return ((at, line + by), 0);
      }
      by -= left;
      at += 1;
      line = 0;
    }
    ((at, 0), by)
  }

  /// The position with this place at the top. At the end that is to follow.
  pub(super) fn position(&self, place: Place, at_end: AtEnd) -> Position {
    let bottom = self.bottom();
    let place = match at_end {
      AtEnd::Follow if place >= bottom => return Position::Follow,
      AtEnd::Stay => place.min(bottom),
      AtEnd::Follow => place,
    };
    self
      .pane
      .index
      .get(place.0)
      .map_or(Position::Follow, |row| Position::At {
        row: *row,
        skip: place.1,
      })
  }

  /// The position that shows a row in the upper third, with what led to it above.
  pub(super) fn showing(&self, row: Row) -> Position {
    let place = (self.pane.find(row), 0);
    let (top, _) = self.up(place, self.height / 3);
    self.position(top, AtEnd::Stay)
  }

  /// The rows that can be seen, from the top.
  pub(super) fn last_visible(&self) -> usize {
    let (end, _) = self.down(self.top(), self.height.saturating_sub(1));
    end.0.min(self.pane.index.len().saturating_sub(1))
  }
}

/// What it means to arrive at the end of the log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AtEnd {
  /// Scrolling down to the end follows again.
  Follow,
  /// A search that lands near the end does not.
  Stay,
}
