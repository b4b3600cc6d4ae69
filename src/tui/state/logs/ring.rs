//! Log lines in a fixed amount of memory: the newest push the oldest out.
//!
//! All text lies in one block that is written round and round, so that no flood can make the
//! program grow or the allocator fray. Raw text leaves only to `log_line::read`.

use std::collections::VecDeque;

use crate::model::log_line::LogLevel;

const MOST_LINE: usize = 8 * 1024 + 64;
/// The block grows by this much until it has its full size.
const STEP: usize = 256 * 1024;
/// A budget holds one entry for so many bytes of text; shorter lines use up the entries first.
const SHORT_LINE: usize = 128;

/// What a line is besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
  Line(Option<LogLevel>),
  /// Continues the line before it, such as a stack trace: same level, not counted again.
  More(Option<LogLevel>),
  /// Written by the console, not by a container.
  Marker,
}

impl Kind {
  pub(super) fn level(self) -> Option<LogLevel> {
    match self {
      Self::Line(level) | Self::More(level) => level,
      Self::Marker => None,
    }
  }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
  /// Microseconds since 1970, as stamped.
  pub(super) at: i64,
  /// The same, put right so that a clock that was set back hides no new line.
  pub(super) order: i64,
  start: u32,
  len: u16,
  pub(super) source: u8,
  pub(super) kind: Kind,
}

pub(super) struct Ring {
  text: Vec<u8>,
  most_text: usize,
  most_entries: usize,
  /// Where the next line goes.
  next: usize,
  entries: VecDeque<Entry>,
  /// The number of the oldest entry; numbers are never used twice.
  first: u64,
}

/// What is pushed: everything of an entry but its place.
#[derive(Clone, Copy)]
pub(super) struct Pushed<'a> {
  pub(super) at: i64,
  pub(super) order: i64,
  pub(super) source: u8,
  pub(super) kind: Kind,
  pub(super) text: &'a str,
}

impl Ring {
  /// `budget` bytes for text and entries together.
  pub(super) fn new(budget: usize) -> Self {
    let most_entries = (budget / SHORT_LINE).max(16);
    let most_text = budget
      .saturating_sub(most_entries * size_of::<Entry>())
      .clamp(2 * MOST_LINE, u32::MAX as usize);
    Self {
      text: Vec::new(),
      most_text,
      most_entries,
      next: 0,
      entries: VecDeque::new(),
      first: 0,
    }
  }

  /// `gone` is told what it pushed out.
  pub(super) fn push(&mut self, line: Pushed<'_>, gone: &mut dyn FnMut(Entry)) {
    let text = head(line.text, MOST_LINE);
    // Every line takes room, so that two lines never share a place.
    let need = text.len().max(1);
    if self.next + need > self.most_text {
      while self
        .entries
        .front()
        .is_some_and(|entry| entry.start as usize >= self.next)
      {
        self.drop_oldest(gone);
      }
      self.next = 0;
    }
    let (from, to) = (self.next, self.next + need);
    while self.entries.len() >= self.most_entries
      || self.entries.front().is_some_and(|entry| {
        let start = entry.start as usize;
        start < to && start + usize::from(entry.len).max(1) > from
      })
    {
      self.drop_oldest(gone);
    }
    if to > self.text.len() {
      if to > self.text.capacity() {
        let room = (self.text.capacity() + STEP).clamp(to, self.most_text.max(to));
        self.text.reserve_exact(room - self.text.len());
      }
      self.text.resize(to, 0);
    }
    self.text[from..from + text.len()].copy_from_slice(text.as_bytes());
    self.next = to;
    self.entries.push_back(Entry {
      at: line.at,
      order: line.order,
      start: u32::try_from(from).unwrap_or(u32::MAX),
      len: u16::try_from(text.len()).unwrap_or(u16::MAX),
      source: line.source,
      kind: line.kind,
    });
  }

  fn drop_oldest(&mut self, gone: &mut dyn FnMut(Entry)) {
    if let Some(entry) = self.entries.pop_front() {
      self.first += 1;
      gone(entry);
    }
  }

  /// The number of the oldest line that is held; lines before it were pushed out.
  pub(super) fn first(&self) -> u64 {
    self.first
  }

  pub(super) fn len(&self) -> usize {
    self.entries.len()
  }

  pub(super) fn get(&self, number: u64) -> Option<&Entry> {
    let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
    self.entries.get(at)
  }

  pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Entry)> {
    (self.first..).zip(&self.entries)
  }

  /// The raw text; it may go nowhere but into `log_line::read` and a query.
  pub(super) fn text(&self, entry: &Entry) -> &str {
    let start = entry.start as usize;
    self
      .text
      .get(start..start + usize::from(entry.len))
      .and_then(|bytes| std::str::from_utf8(bytes).ok())
      .unwrap_or_default()
  }
}

fn head(text: &str, most: usize) -> &str {
  &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  impl Ring {
    fn bytes(&self) -> usize {
      self.text.capacity() + self.entries.len() * size_of::<Entry>()
    }
  }

  fn pushed(text: &str) -> Pushed<'_> {
    Pushed {
      at: 0,
      order: 0,
      source: 0,
      kind: Kind::Line(None),
      text,
    }
  }

  #[test]
  fn the_newest_lines_stay_and_the_oldest_are_told_as_they_go() {
    let mut ring = Ring::new(64 * 1024);
    let mut gone = 0;
    for number in 0..5000 {
      ring.push(pushed(&format!("line {number}")), &mut |_| gone += 1);
    }
    assert_eq!(gone, ring.first());
    assert_eq!(ring.first() + ring.len() as u64, 5000);
    let newest = ring.get(4999).unwrap();
    assert_eq!(ring.text(newest), "line 4999");
    assert!(ring.get(ring.first() - 1).is_none() && ring.get(5000).is_none());
  }

  proptest! {
    #[test]
    fn a_ring_never_exceeds_its_budget_and_never_mixes_lines(
      lengths in prop::collection::vec(prop_oneof![0_usize..300, 8000_usize..20_000], 1..400)
    ) {
      let budget = 96 * 1024;
      let mut ring = Ring::new(budget);
      let mut pushed_lines = Vec::new();
      for (number, length) in lengths.into_iter().enumerate() {
        let text = format!("{number}").repeat(length);
        ring.push(pushed(&text), &mut |_| ());
        pushed_lines.push(text);
        prop_assert!(ring.bytes() <= budget);
        for (number, entry) in ring.iter() {
          let whole = &pushed_lines[usize::try_from(number).unwrap()];
          prop_assert_eq!(ring.text(entry), head(whole, MOST_LINE));
        }
      }
    }
  }
}
