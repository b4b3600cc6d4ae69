//! One view of the lines: which of them it shows, in the order of time, and where it stands.
//!
//! The index grows and shrinks with the rings; only a change of what is shown reads them again.

use std::collections::VecDeque;

use super::{
  PaneId,
  query::Query,
  ring::{Entry, Kind},
  side::Side,
};
use crate::model::{log_line::LogLevel, shown::Shown};

pub(super) const SIDES: usize = 4;
/// What both slots share, such as the proxy.
pub(super) const SHARED: usize = 2;
/// Markers of the whole site.
pub(super) const MARKS: usize = 3;

/// A line's place in time and in memory; the order of rows is the order on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
  pub(super) order: i64,
  key: u64,
}

impl Row {
  pub(super) fn new(order: i64, side: usize, number: u64) -> Self {
    Self {
      order,
      key: ((side as u64) << 62) | number,
    }
  }

  pub(super) fn side(self) -> usize {
    usize::try_from(self.key >> 62).unwrap_or_default()
  }

  pub(super) fn number(self) -> u64 {
    self.key & (u64::MAX >> 2)
  }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
  /// The newest line stands at the bottom.
  Follow,
  /// This row stands at the top, but for its first `skip` lines.
  At { row: Row, skip: usize },
}

pub(super) struct Pane {
  id: PaneId,
  /// Only the source of this name; all of the slot when `None`.
  pub(super) chosen: Option<Shown>,
  pub(super) least: Option<LogLevel>,
  pub(super) filter: Option<Query>,
  pub(super) search: Option<Query>,
  pub(super) index: VecDeque<Row>,
  pub(super) position: Position,
  /// What a search or `e` found last.
  pub(super) hit: Option<Row>,
  /// Rows that came since the pane stopped following, and the newest one before that.
  pub(super) new: u64,
  seen: Option<Row>,
  /// Columns it is moved sideways.
  pub(super) left: usize,
  /// Lines before these numbers were cleared.
  floor: [u64; SIDES],
  fresh: Vec<Row>,
}

impl Pane {
  pub(super) fn new(id: PaneId) -> Self {
    Self {
      id,
      chosen: None,
      least: None,
      filter: None,
      search: None,
      index: VecDeque::new(),
      position: Position::Follow,
      hit: None,
      new: 0,
      seen: None,
      left: 0,
      floor: [0; SIDES],
      fresh: Vec::new(),
    }
  }

  pub(super) fn follow(&mut self) {
    self.position = Position::Follow;
    self.hit = None;
    self.new = 0;
  }

  pub(super) fn stand(&mut self, position: Position) {
    if position == Position::Follow {
      return self.follow();
    }
    if self.follows() {
      self.seen = self.index.back().copied();
      self.new = 0;
    }
    self.position = position;
  }

  pub(super) fn follows(&self) -> bool {
    self.position == Position::Follow
  }

  /// Takes in the lines of one side from number `from` on.
  pub(super) fn take(&mut self, sides: &[Side; SIDES], side: usize, from: u64) {
    let ring = &sides[side].ring;
    let mut fresh = std::mem::take(&mut self.fresh);
    let newest = ring.first() + ring.len() as u64;
    for number in from.max(ring.first())..newest {
      if let Some(entry) = ring.get(number)
        && self.shows(sides, side, number, entry)
      {
        fresh.push(Row::new(entry.order, side, number));
      }
    }
    self.merge(&mut fresh);
    fresh.clear();
    self.fresh = fresh;
    self.forget(sides);
  }

  /// Puts rows into their places; almost always that is the end.
  fn merge(&mut self, fresh: &mut [Row]) {
    if !fresh.is_sorted() {
      fresh.sort_unstable();
    }
    let Some(first) = fresh.first() else { return };
    if !self.follows() {
      self.new += fresh.len() as u64;
    }
    let keep = self.index.partition_point(|row| row < first);
    let displaced = self.index.split_off(keep);
    if displaced.is_empty() {
      self.index.extend(fresh.iter());
      return;
    }
    let mut displaced = displaced.into_iter().peekable();
    for row in fresh.iter() {
      while let Some(older) = displaced.next_if(|older| older < row) {
        self.index.push_back(older);
      }
      self.index.push_back(*row);
    }
    self.index.extend(displaced);
  }

  /// Lets go of rows whose lines were pushed out. They are the oldest but for rare cases, which
  /// are swept out when they have become many.
  fn forget(&mut self, sides: &[Side; SIDES]) {
    let held = |row: &Row| row.number() >= sides[row.side()].ring.first();
    while self.index.front().is_some_and(|row| !held(row)) {
      self.index.pop_front();
    }
    let most: usize = sides.iter().map(|side| side.ring.len()).sum();
    if self.index.len() > most {
      self.index.retain(held);
    }
  }

  /// Reads the rings once, after a change of what is shown. Where the pane stands stays.
  pub(super) fn rebuild(&mut self, sides: &[Side; SIDES]) {
    self.index.clear();
    for (side, lines) in sides.iter().enumerate() {
      for (number, entry) in lines.ring.iter() {
        if self.shows(sides, side, number, entry) {
          self.index.push_back(Row::new(entry.order, side, number));
        }
      }
    }
    self.index.make_contiguous().sort_unstable();
    if let (false, Some(seen)) = (self.follows(), self.seen) {
      let old = self.index.partition_point(|row| *row <= seen);
      self.new = (self.index.len() - old) as u64;
    }
  }

  pub(super) fn clear(&mut self, sides: &[Side; SIDES]) {
    for (floor, side) in self.floor.iter_mut().zip(sides) {
      *floor = side.ring.first() + side.ring.len() as u64;
    }
    self.index.clear();
    self.follow();
  }

  /// Whether lines of that side can be in this pane at all.
  pub(super) fn looks_at(&self, side: usize) -> bool {
    match self.id {
      PaneId::Merged => true,
      PaneId::Slot(slot) => {
        side == slot as usize || side == MARKS || (side == SHARED && self.chosen.is_some())
      }
    }
  }

  fn shows(&self, sides: &[Side; SIDES], side: usize, number: u64, entry: &Entry) -> bool {
    if number < self.floor[side] || !self.looks_at(side) {
      return false;
    }
    if side == MARKS {
      return true;
    }
    if let Some(chosen) = &self.chosen
      && sides[side]
        .sources
        .get(usize::from(entry.source))
        .is_none_or(|source| source.name != *chosen)
    {
      return false;
    }
    // A gap is never filtered away.
    if entry.kind == Kind::Marker {
      return true;
    }
    let enough = self
      .least
      .is_none_or(|least| entry.kind.level().unwrap_or(LogLevel::Info) >= least);
    enough
      && self
        .filter
        .as_ref()
        .is_none_or(|filter| filter.finds(sides[side].ring.text(entry)))
  }

  /// Where a row is in the index, or the next one after it when it is gone.
  pub(super) fn find(&self, row: Row) -> usize {
    self.index.partition_point(|other| *other < row)
  }
}
