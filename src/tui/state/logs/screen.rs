//! What a pane shows on a screen of a given size: only these lines are parsed, cleaned and cut.

use std::ops::Range;

use chrono::{DateTime, FixedOffset, Utc};

use super::{
  Logs, PaneId, Stamps, Viewport,
  cells::{self, Part},
  pane::{Pane, Row},
  ring::Kind,
  sheet::Sheet,
};
use crate::model::{
  Slot,
  log_line::{self, LogLevel, LogText},
};

/// The widths of what stands before the text of a line; what has no room is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
  /// `[B] `, in the stream of both slots.
  pub gutter: u16,
  pub stamp: u16,
  pub source: u16,
  pub level: u16,
  /// What remains for the text.
  pub text: u16,
}

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
  Slot(Slot),
  /// A source that belongs to neither slot.
  Shared,
  /// The console.
  Marker,
}

#[derive(Clone, Debug)]
pub struct ScreenRow<'a> {
  pub writer: Writer,
  pub slot: Option<Slot>,
  pub stamp: String,
  pub source: &'a str,
  pub level: Option<LogLevel>,
  pub text: LogText,
  /// Where the search stands in the text.
  pub found: Vec<Range<usize>>,
  /// A search or `e` stopped here.
  pub hit: bool,
}

/// One line of the screen: a part of a row.
#[derive(Clone, Debug)]
pub struct ScreenLine {
  /// In `Screen::rows`.
  pub row: usize,
  /// Carries the columns before the text.
  pub first: bool,
  pub part: Part,
}

#[derive(Clone, Debug, Default)]
pub struct Screen<'a> {
  pub columns: Columns,
  pub rows: Vec<ScreenRow<'a>>,
  pub lines: Vec<ScreenLine>,
  /// Older lines that were pushed out, when the oldest that is held is on the screen.
  pub gone: Option<u64>,
}

impl Logs {
  pub fn screen(&self, id: PaneId, viewport: Viewport) -> Screen<'_> {
    let pane = self.pane(id);
    let columns = self.columns(id, viewport);
    let sheet = self.sheet(id, viewport);
    let top = sheet.top();
    let mut screen = Screen {
      columns,
      gone: (top == (0, 0))
        .then(|| self.gone(id))
        .filter(|gone| *gone > 0),
      ..Screen::default()
    };
    let height = usize::from(viewport.height);
    let mut parts = Vec::new();
    let mut skip = top.1;
    for row in pane.index.range(top.0.min(pane.index.len())..) {
      if screen.lines.len() >= height {
        break;
      }
      let Some(shown) = self.row(pane, &sheet, *row, viewport.now) else {
        continue;
      };
      let text = shown.text.text.as_str();
      parts.clear();
      if self.wrap {
        cells::wrap(text, sheet.room, &mut parts);
      } else {
        parts.push(cells::window(text, pane.left, sheet.room));
      }
      let number = screen.rows.len();
      let left = height - screen.lines.len();
      let lines = parts.drain(..).enumerate().skip(skip).take(left);
      screen.lines.extend(lines.map(|(line, part)| ScreenLine {
        row: number,
        first: line == 0,
        part,
      }));
      skip = 0;
      screen.rows.push(shown);
    }
    screen
  }

  fn row<'a>(
    &'a self,
    pane: &Pane,
    sheet: &Sheet<'a>,
    row: Row,
    now: DateTime<Utc>,
  ) -> Option<ScreenRow<'a>> {
    let side = self.sides.get(row.side())?;
    let entry = side.ring.get(row.number())?;
    let raw = side.ring.text(entry);
    let text = log_line::read(raw);
    let mut found = Vec::new();
    if let Some(search) = &pane.search {
      search.hits(text.text.as_str(), &mut found);
    }
    let slot = Slot::BOTH.get(row.side()).copied();
    let writer = match (entry.kind, slot) {
      (Kind::Marker, _) => Writer::Marker,
      (_, Some(slot)) => Writer::Slot(slot),
      (_, None) => Writer::Shared,
    };
    let stamp = if sheet.stamp == 0 {
      String::new()
    } else {
      self.stamps.text(entry.at, self.zone, now)
    };
    Some(ScreenRow {
      writer,
      slot,
      stamp,
      source: side
        .sources
        .get(usize::from(entry.source))
        .map_or("", |source| source.name.as_str()),
      level: entry.kind.level(),
      text,
      found,
      hit: pane.hit == Some(row),
    })
  }

  pub(super) fn sheet(&self, id: PaneId, viewport: Viewport) -> Sheet<'_> {
    let columns = self.columns(id, viewport);
    Sheet {
      sides: &self.sides,
      pane: self.pane(id),
      room: usize::from(columns.text.max(1)),
      stamp: usize::from(columns.stamp),
      height: usize::from(viewport.height.max(1)),
      wrap: self.wrap,
    }
  }

  fn columns(&self, id: PaneId, viewport: Viewport) -> Columns {
    let width = viewport.width;
    let gutter = if id == PaneId::Merged { 4 } else { 0 };
    let names = self.names(id);
    let widest = names.map(cells::width).max().unwrap_or_default();
    let several = self.pane(id).chosen.is_none() && self.names(id).nth(1).is_some();
    let most = if width < 60 { 6 } else { 12 };
    let source = match u16::try_from(widest) {
      Ok(widest) if several && width >= 28 => widest.min(most) + 1,
      _ => 0,
    };
    let stamp = match self.stamps {
      Stamps::Off => 0,
      _ if width < 36 => 0,
      Stamps::Relative => 9,
      Stamps::Site | Stamps::Utc if width < 60 => 9,
      Stamps::Site | Stamps::Utc => 13,
    };
    let level = if width < 20 { 0 } else { 4 };
    Columns {
      gutter,
      stamp,
      source,
      level,
      text: width.saturating_sub(gutter + stamp + source + level),
    }
  }
}

impl Stamps {
  /// `14:31:58.102`, or the age as in `-5m03s`.
  fn text(self, at: i64, zone: FixedOffset, now: DateTime<Utc>) -> String {
    let Some(at) = DateTime::from_timestamp_micros(at) else {
      return String::new();
    };
    match self {
      Self::Off => String::new(),
      Self::Utc => at.format("%H:%M:%S%.3f").to_string(),
      Self::Site => at.with_timezone(&zone).format("%H:%M:%S%.3f").to_string(),
      Self::Relative => {
        let age = (now - at).num_milliseconds().max(0);
        let (seconds, minutes, hours) = (age / 1000, age / 60_000, age / 3_600_000);
        match seconds {
          0..60 => format!("-{seconds}.{}s", age % 1000 / 100),
          60..3600 => format!("-{minutes}m{:02}s", seconds % 60),
          3600..86_400 => format!("-{hours}h{:02}m", minutes % 60),
          _ => format!("-{}d{:02}h", hours / 24, hours % 24),
        }
      }
    }
  }
}
