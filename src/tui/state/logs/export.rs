//! Lines of a pane as text: for a file, or to be copied.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat};

use super::{Logs, PaneId, Viewport, pane::Row, ring::Kind};
use crate::model::{Slot, shown::Shown};

impl Logs {
  pub(super) fn text<'a>(&self, id: PaneId, rows: impl Iterator<Item = &'a Row>) -> String {
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

  pub(super) fn file_name(&self, id: PaneId, viewport: Viewport) -> String {
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
