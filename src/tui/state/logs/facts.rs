//! What the title of a pane says, and the names of what it can show.

use super::{
  Logs, PaneId, Stamps,
  pane::{SHARED, SIDES},
  side::{SourceLines, per_second},
};
use crate::model::{log_line::LogLevel, shown::Shown};

/// Which sources a pane shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Showing<'a> {
  /// All of so many.
  All(usize),
  One(&'a str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts<'a> {
  pub showing: Showing<'a>,
  pub following: bool,
  /// Lines that came since it stopped following.
  pub new: u64,
  pub per_second: u32,
  pub warnings: u32,
  pub errors: u32,
  /// Lost before they got here.
  pub dropped: u64,
  /// Pushed out by newer ones.
  pub gone: u64,
  /// Lines in the pane, and lines held of its sources.
  pub lines: usize,
  pub least: Option<LogLevel>,
  pub filter: Option<&'a str>,
  pub search: Option<&'a str>,
  pub aligned: bool,
  pub wrap: bool,
  pub stamps: Stamps,
}

impl Logs {
  /// `now` in UTC, for the rate.
  pub fn facts(&self, id: PaneId, now: chrono::DateTime<chrono::Utc>) -> Facts<'_> {
    let pane = self.pane(id);
    let now = now.timestamp_micros();
    let (mut recent, mut warnings, mut errors, mut dropped) = (0, 0, 0, 0);
    for source in self.shown_sources(id) {
      recent += source.recent(now);
      warnings += source.counts.warnings;
      errors += source.counts.errors;
      dropped += source.dropped;
    }
    Facts {
      showing: pane.chosen.as_ref().map_or_else(
        || Showing::All(self.names(id).count()),
        |name| Showing::One(name.as_str()),
      ),
      following: pane.follows(),
      new: pane.new,
      per_second: per_second(recent),
      warnings,
      errors,
      dropped,
      gone: self.gone(id),
      lines: pane.index.len(),
      least: pane.least,
      filter: pane.filter.as_ref().map(super::Query::typed),
      search: pane.search.as_ref().map(super::Query::typed),
      aligned: self.aligned && id != PaneId::Merged,
      wrap: self.wrap,
      stamps: self.stamps,
    }
  }

  /// Lines of the shown sources that were pushed out of memory.
  pub(super) fn gone(&self, id: PaneId) -> u64 {
    self.shown_sources(id).map(|source| source.gone).sum()
  }

  fn shown_sources(&self, id: PaneId) -> impl Iterator<Item = &SourceLines> {
    let pane = self.pane(id);
    (0..SIDES)
      .filter(move |side| pane.looks_at(*side))
      .flat_map(|side| &self.sides[side].sources)
      .filter(move |source| pane.chosen.as_ref().is_none_or(|name| *name == source.name))
  }

  /// The sources that are shown together when none is chosen.
  pub(super) fn names(&self, id: PaneId) -> impl Iterator<Item = &str> {
    let sides = match id {
      PaneId::Slot(slot) => slot as usize..slot as usize + 1,
      PaneId::Merged => 0..SHARED + 1,
    };
    self.sides[sides]
      .iter()
      .flat_map(|side| side.sources.iter().map(|source| source.name.as_str()))
  }

  /// What can be chosen in a pane: its own sources by name, then those outside the slots; not in
  /// the order in which they happened to speak first.
  pub fn choices(&self, id: PaneId) -> Vec<&Shown> {
    let own = match id {
      PaneId::Slot(slot) => slot as usize..slot as usize + 1,
      PaneId::Merged => 0..2,
    };
    let mut names: Vec<&Shown> = Vec::new();
    for sides in [&self.sides[own], &self.sides[SHARED..=SHARED]] {
      let mut more: Vec<&Shown> = sides
        .iter()
        .flat_map(|side| side.sources.iter().map(|source| &source.name))
        .filter(|name| !names.contains(name))
        .collect();
      more.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
      more.dedup();
      names.extend(more);
    }
    names
  }
}
