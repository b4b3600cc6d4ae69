//! The logs of both slots: what was received, what each pane shows of it, where it stands.
//!
//! ```text
//! Feed ─► side (ring + sources) ─► pane (index, filter, position) ─► screen (visible lines only)
//! ```
//!
//! Taking in a line never looks at the others; only a change of what is shown reads a ring again.
//! Memory is the budget, whatever the containers print.

mod act;
mod cells;
mod export;
mod facts;
mod find;
mod pane;
mod query;
mod ring;
mod screen;
mod sheet;
mod side;
#[cfg(test)]
mod tests;

use chrono::{DateTime, FixedOffset, Offset, Utc};

pub use act::{LogAction, LogOutcome};
pub use cells::{Cell, Part, cells, past_accents, width};
pub use facts::{Facts, Showing};
use pane::{MARKS, Pane, SHARED, SIDES};
pub use query::Query;
pub use screen::{Columns, Screen, ScreenLine, ScreenRow, Writer};
use side::Side;

use crate::model::{Slot, log_source::Feed, shown::Shown};

/// Markers of the whole site: a deploy has a dozen.
const MARKS_BUDGET: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaneId {
  Slot(Slot),
  /// Both slots and what they share as one stream.
  Merged,
}

/// The room for lines, without the frame, and the time of this drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewport {
  pub width: u16,
  pub height: u16,
  pub now: DateTime<Utc>,
}

/// How times are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamps {
  /// The clock of the site's people.
  #[default]
  Site,
  Utc,
  /// The age of the line.
  Relative,
  Off,
}

pub struct Logs {
  sides: [Side; SIDES],
  panes: [Pane; 3],
  /// The stream of both is kept only once somebody looks at it.
  merged: bool,
  aligned: bool,
  wrap: bool,
  stamps: Stamps,
  zone: FixedOffset,
  /// The error line `e` stopped at last.
  error: Option<pane::Row>,
}

impl Logs {
  /// `budget` bytes of lines for each slot; what they share gets a quarter of that.
  pub fn new(budget: usize) -> Self {
    Self {
      sides: [
        Side::new(budget),
        Side::new(budget),
        Side::new(budget / 4),
        Side::new(MARKS_BUDGET),
      ],
      panes: [
        Pane::new(PaneId::Slot(Slot::Blue)),
        Pane::new(PaneId::Slot(Slot::Green)),
        Pane::new(PaneId::Merged),
      ],
      merged: false,
      aligned: false,
      wrap: false,
      stamps: Stamps::default(),
      zone: Utc.fix(),
      error: None,
    }
  }

  pub fn set_stamps(&mut self, stamps: Stamps) {
    self.stamps = stamps;
  }

  /// The time zone of `Stamps::Site`.
  pub fn set_zone(&mut self, zone: FixedOffset) {
    self.zone = zone;
  }

  /// Takes in what a feed delivered. Costs what the new lines cost, whatever is held.
  pub fn push(&mut self, feed: Feed) {
    match feed {
      Feed::Lines {
        source,
        received,
        dropped,
        lines,
      } => {
        let at = received.timestamp_micros();
        let (side, from) = self.next(source.slot);
        let lines_of = &mut self.sides[side];
        let number = lines_of.source(&source.name);
        if dropped > 0 {
          let first = lines.first().and_then(|line| line.at);
          let when = first.map_or(at, |at| at.timestamp_micros());
          lines_of.missed(when, at, number, dropped);
        }
        for line in &lines {
          lines_of.line(number, line, at);
        }
        self.taken(side, from);
      }
      Feed::Attached { source, at, how } => {
        let (side, from) = self.next(source.slot);
        let number = self.sides[side].source(&source.name);
        if let Some(words) = how.words(&source.name) {
          self.sides[side].marker(at.timestamp_micros(), number, &words);
          self.taken(side, from);
        }
      }
    }
  }

  /// A line of the console's own, for one slot or the whole site: `#128 switched to GREEN`.
  pub fn marker(&mut self, at: DateTime<Utc>, slot: Option<Slot>, words: &Shown) {
    let side = slot.map_or(MARKS, |slot| slot as usize);
    let from = self.number_after(side);
    self.sides[side].marker(at.timestamp_micros(), u8::MAX, words);
    self.taken(side, from);
  }

  /// Keeps the stream of both slots ready to be shown, or lets it go.
  pub fn merge(&mut self, on: bool) {
    if on == self.merged {
      return;
    }
    self.merged = on;
    let [.., merged] = &mut self.panes;
    if on {
      merged.rebuild(&self.sides);
    } else {
      merged.index = std::collections::VecDeque::new();
      merged.follow();
    }
  }

  fn next(&self, slot: Option<Slot>) -> (usize, u64) {
    let side = slot.map_or(SHARED, |slot| slot as usize);
    (side, self.number_after(side))
  }

  fn number_after(&self, side: usize) -> u64 {
    let ring = &self.sides[side].ring;
    ring.first() + ring.len() as u64
  }

  fn taken(&mut self, side: usize, from: u64) {
    let merged = self.merged;
    for (at, pane) in self.panes.iter_mut().enumerate() {
      if pane.looks_at(side) && (at < 2 || merged) {
        pane.take(&self.sides, side, from);
      }
    }
  }

  fn pane(&self, id: PaneId) -> &Pane {
    &self.panes[place(id)]
  }

  fn pane_mut(&mut self, id: PaneId) -> &mut Pane {
    &mut self.panes[place(id)]
  }
}

fn place(id: PaneId) -> usize {
  match id {
    PaneId::Slot(slot) => slot as usize,
    PaneId::Merged => 2,
  }
}
