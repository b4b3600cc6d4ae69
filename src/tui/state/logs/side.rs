//! The lines of one slot, or of what both share: a ring and its sources, with their counts.

use crate::model::{
  log_line::{LogEntry, LogLevel, level, without_own_stamp},
  shown::Shown,
};

use super::ring::{Entry, Kind, Pushed, Ring};

/// Later sources share the last number; a slot has a handful.
const MOST_SOURCES: usize = 250;
/// Lines this much older than their arrival are a backlog, not live.
const BACKLOG: i64 = 10_000_000;
/// Lines from later than this after now mean that the clock was set back since.
const AHEAD: i64 = 1_000_000;
/// The arrival of what may be put anywhere in the past.
const ANY_TIME: i64 = i64::MAX;
/// Seconds over which the rate is taken.
const RATE: usize = 5;
const SECONDS: i64 = 5;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
  pub(super) warnings: u32,
  pub(super) errors: u32,
}

pub(super) struct SourceLines {
  pub(super) name: Shown,
  /// Of the lines that are held.
  pub(super) counts: Counts,
  /// Lost before they reached the ring.
  pub(super) dropped: u64,
  /// Pushed out of the ring.
  pub(super) gone: u64,
  /// Lines that arrived in each of the last seconds.
  seconds: [(i64, u32); RATE + 1],
  /// The level of the last line that named one, for the lines that continue it.
  last: Option<LogLevel>,
}

pub(super) struct Side {
  pub(super) ring: Ring,
  pub(super) sources: Vec<SourceLines>,
  /// The latest order so far.
  latest: i64,
}

impl Side {
  pub(super) fn new(budget: usize) -> Self {
    Self {
      ring: Ring::new(budget),
      sources: Vec::new(),
      latest: i64::MIN,
    }
  }

  pub(super) fn source(&mut self, name: &str) -> u8 {
    let name = Shown::line(name);
    let known = self.sources.iter().position(|source| source.name == name);
    let at = known.unwrap_or_else(|| {
      if self.sources.len() < MOST_SOURCES {
        self.sources.push(SourceLines {
          name,
          counts: Counts::default(),
          dropped: 0,
          gone: 0,
          seconds: [(0, 0); RATE + 1],
          last: None,
        });
      }
      self.sources.len() - 1
    });
    u8::try_from(at).unwrap_or(u8::MAX)
  }

  pub(super) fn line(&mut self, source: u8, entry: &LogEntry, received: i64) {
    let at = entry.at.map_or(received, |at| at.timestamp_micros());
    let named = level(&entry.text);
    let mut kind = Kind::Line(named);
    if let Some(facts) = self.sources.get_mut(usize::from(source)) {
      if named.is_none() && entry.text.starts_with([' ', '\t']) {
        kind = Kind::More(facts.last);
      } else {
        facts.last = named;
        facts.count(named, 1);
      }
      if at.saturating_add(BACKLOG) > received {
        facts.arrived(received);
      }
    }
    let text = without_own_stamp(&entry.text, entry.at);
    self.push(at, received, source, kind, text);
  }

  /// Says on the spot that lines are missing, and counts them.
  pub(super) fn missed(&mut self, at: i64, received: i64, source: u8, count: u64) {
    if let Some(facts) = self.sources.get_mut(usize::from(source)) {
      facts.dropped += count;
      let words = format!(
        "{count} lines of {} dropped: they came faster than they could be read",
        facts.name
      );
      let words = Shown::line(&words);
      self.push(at, received, source, Kind::Marker, words.as_str());
    }
  }

  pub(super) fn marker(&mut self, at: i64, source: u8, text: &Shown) {
    self.push(at, ANY_TIME, source, Kind::Marker, text.as_str());
  }

  fn push(&mut self, at: i64, received: i64, source: u8, kind: Kind, text: &str) {
    let live = at.saturating_add(BACKLOG) > received;
    let set_back = self.latest > received.saturating_add(AHEAD);
    // Otherwise new lines would be put above the screen of whoever follows.
    let order = if live && set_back {
      at.max(self.latest)
    } else {
      at
    };
    self.latest = self.latest.max(order);
    let sources = &mut self.sources;
    let mut gone = |entry: Entry| {
      if let Some(facts) = sources.get_mut(usize::from(entry.source))
        && entry.kind != Kind::Marker
      {
        facts.gone += 1;
        if let Kind::Line(level) = entry.kind {
          facts.count(level, -1);
        }
      }
    };
    let pushed = Pushed {
      at,
      order,
      source,
      kind,
      text,
    };
    self.ring.push(pushed, &mut gone);
  }
}

impl SourceLines {
  fn count(&mut self, level: Option<LogLevel>, by: i32) {
    let counter = match level {
      Some(LogLevel::Warn) => &mut self.counts.warnings,
      Some(LogLevel::Error) => &mut self.counts.errors,
      Some(LogLevel::Debug | LogLevel::Info) | None => return,
    };
    *counter = counter.saturating_add_signed(by);
  }

  fn arrived(&mut self, received: i64) {
    let second = received.div_euclid(1_000_000);
    let at = usize::try_from(second.rem_euclid(SECONDS + 1)).unwrap_or_default();
    if self.seconds[at].0 != second {
      self.seconds[at] = (second, 0);
    }
    self.seconds[at].1 += 1;
  }

  /// Lines that arrived in the last whole seconds before `now`, in microseconds.
  pub(super) fn recent(&self, now: i64) -> u32 {
    let second = now.div_euclid(1_000_000);
    self
      .seconds
      .iter()
      .filter(|(at, _)| *at < second && *at >= second - SECONDS)
      .map(|(_, count)| count)
      .sum()
  }
}

/// Lines in `RATE` seconds as lines in one, rounded up so that something is never nothing.
pub(super) fn per_second(recent: u32) -> u32 {
  recent.div_ceil(u32::try_from(RATE).unwrap_or(1))
}
