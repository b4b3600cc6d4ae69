//! The journal's line format: one JSON object per record, each carrying its own checksum and the
//! beginning of the one before it. Pure: bytes in, records out.
//!
//! A damaged line is passed over only when a later line continues the chain from the last good
//! one, which is what a recovery leaves behind a torn record; nothing after a gap is believed.

use sha2::{Digest, Sha256};

use crate::{
  engine::ports::Torn,
  model::{event::Record, plan::hex},
};

/// A longer line is neither written nor read.
pub(super) const LONGEST: usize = 256 * 1024;
/// What the very first record of a site continues from.
pub(super) const ROOT: &str = "0000000000000000";

const PREV: &str = ",\"prev\":\"";
const SUM: &str = ",\"sum\":\"";
const SHORT: usize = 16;

/// Where the chain stands: the next record has `number + 1` and continues from `sum`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
  pub(super) number: u64,
  pub(super) sum: String,
}

impl Link {
  pub(super) fn short(&self) -> &str {
    self.sum.get(..SHORT).unwrap_or(&self.sum)
  }
}

/// One line with its line end, and the link that the next one continues from.
pub(super) fn encode(record: &Record, prev: &str) -> Result<(Vec<u8>, Link), serde_json::Error> {
  let mut text = serde_json::to_vec(record)?;
  text.pop();
  text.extend_from_slice(PREV.as_bytes());
  text.extend_from_slice(prev.as_bytes());
  text.push(b'"');
  let sum = sum_of(&text);
  text.extend_from_slice(SUM.as_bytes());
  text.extend_from_slice(sum.as_bytes());
  text.extend_from_slice(b"\"}\n");
  let link = Link {
    number: record.number,
    sum,
  };
  Ok((text, link))
}

/// The sum covers the whole object as it would stand without the sum.
fn sum_of(body: &[u8]) -> String {
  let mut sha = Sha256::new();
  sha.update(body);
  sha.update(b"}");
  hex(&sha.finalize())
}

struct Line {
  record: Record,
  prev: String,
  link: Link,
}

fn decode(line: &[u8]) -> Result<Line, String> {
  if line.len() > LONGEST {
    return Err("it is longer than any record".to_owned());
  }
  let cut = || "it is cut off or not a record".to_owned();
  let (body, sum) =
    field_at_end(line.strip_suffix(b"}").ok_or_else(cut)?, SUM, 64).ok_or_else(cut)?;
  if sum_of(body) != sum {
    return Err("its checksum does not match its text".to_owned());
  }
  let (_, prev) = field_at_end(body, PREV, SHORT).ok_or_else(cut)?;
  let mut object = body.to_vec();
  object.push(b'}');
  let record: Record = serde_json::from_slice(&object)
    .map_err(|error| format!("it is a record of another version ({error})"))?;
  Ok(Line {
    link: Link {
      number: record.number,
      sum: sum.to_owned(),
    },
    prev: prev.to_owned(),
    record,
  })
}

/// Splits off a last `,"name":"<length hex digits>"`.
fn field_at_end<'a>(text: &'a [u8], name: &str, length: usize) -> Option<(&'a [u8], &'a str)> {
  let text = text.strip_suffix(b"\"")?;
  let (rest, value) = text.split_at_checked(text.len().checked_sub(length)?)?;
  let value = std::str::from_utf8(value).ok()?;
  let is_hex = value
    .bytes()
    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
  is_hex.then_some((rest.strip_suffix(name.as_bytes())?, value))
}

/// Reads lines one after the other and believes only those that continue the chain.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
  last: Option<Link>,
  /// What the first record continues from.
  root: Option<String>,
  lines: usize,
  /// The first line that was not believed since the last good one.
  doubt: Option<(usize, String)>,
}

impl Chain {
  /// The record of the next line, or `None` when it is not believed.
  pub(super) fn take(&mut self, line: &[u8]) -> Option<Record> {
    self.lines += 1;
    let linked = decode(line).and_then(|line| self.check(&line).map(|()| line));
    match linked {
      Ok(line) => {
        if self.last.is_none() {
          self.root = Some(line.prev);
        }
        self.last = Some(line.link);
        self.doubt = None;
        Some(line.record)
      }
      Err(why) => {
        self.doubt.get_or_insert((self.lines, why));
        None
      }
    }
  }

  fn check(&self, line: &Line) -> Result<(), String> {
    let (number, prev) = match &self.last {
      Some(last) => (last.number + 1, last.short()),
      None => (1, line.prev.as_str()),
    };
    if line.link.number != number {
      return Err(format!(
        "record {number} is missing before record {}",
        line.link.number
      ));
    }
    if line.prev != prev {
      return Err(format!(
        "record {number} does not continue the one before it"
      ));
    }
    Ok(())
  }

  pub(super) fn last(&self) -> Option<&Link> {
    self.last.as_ref()
  }

  pub(super) fn root(&self) -> Option<&str> {
    self.root.as_deref()
  }

  pub(super) fn torn(self) -> Torn {
    self
      .doubt
      .map_or(Torn::Whole, |(line, why)| Torn::At(line, why))
  }
}

/// All believed records of a journal.
pub(super) fn read(journal: &[u8]) -> (Vec<Record>, Chain) {
  let mut chain = Chain::default();
  let whole = journal.strip_suffix(b"\n").unwrap_or(journal);
  if whole.is_empty() && journal.is_empty() {
    return (Vec::new(), chain);
  }
  let records = whole
    .split(|byte| *byte == b'\n')
    .filter_map(|line| chain.take(line))
    .collect();
  (records, chain)
}

/// The short sum of every believed record, for what continues from one of them.
pub(super) fn sums(journal: &[u8]) -> Vec<String> {
  let mut chain = Chain::default();
  journal
    .split(|byte| *byte == b'\n')
    .filter_map(|line| {
      chain.take(line)?;
      chain.last().map(|link| link.short().to_owned())
    })
    .collect()
}

#[cfg(test)]
mod tests {
  use chrono::{DateTime, Utc};
  use proptest::prelude::*;

  use super::*;
  use crate::model::{
    event::{Event, Failure, Produced},
    shown::Shown,
  };

  fn event() -> impl Strategy<Value = Event> {
    let index = 0..20_usize;
    prop_oneof![
      index.clone().prop_map(|index| Event::StepStarted { index }),
      (index.clone(), any::<String>()).prop_map(|(index, text)| Event::StepNote {
        index,
        text: Shown::line(&text)
      }),
      (index.clone(), any::<u64>()).prop_map(|(index, millis)| Event::StepFinished {
        index,
        produced: Produced::Nothing,
        millis
      }),
      (index, any::<String>(), any::<String>()).prop_map(|(index, what, line)| {
        Event::StepFailed {
          index,
          failure: Failure::new(what).output(&line),
          millis: 1,
        }
      }),
    ]
  }

  fn journal() -> impl Strategy<Value = (Vec<Record>, Vec<u8>)> {
    prop::collection::vec(event(), 1..12).prop_map(|events| {
      let mut prev = ROOT.to_owned();
      let mut text = Vec::new();
      let records = (1..)
        .zip(events)
        .map(|(number, event)| {
          let record = Record {
            number,
            at: DateTime::<Utc>::from_timestamp(1_700_000_000, 5).unwrap(),
            event,
          };
          let (bytes, link) = encode(&record, &prev).unwrap();
          text.extend(bytes);
          link.short().clone_into(&mut prev);
          record
        })
        .collect();
      (records, text)
    })
  }

  proptest! {
    #[test]
    fn a_whole_journal_reads_back_as_it_was_written((records, text) in journal()) {
      let (back, chain) = read(&text);
      prop_assert_eq!(back, records);
      prop_assert_eq!(chain.torn(), Torn::Whole);
    }

    #[test]
    fn any_truncation_reads_as_a_prefix_and_says_where_it_stopped(
      (records, text) in journal(),
      cut in any::<prop::sample::Index>(),
    ) {
      let kept = &text[..cut.index(text.len())];
      let (back, chain) = read(kept);
      prop_assert_eq!(&back[..], &records[..back.len()]);
      let whole_lines = kept.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")).count();
      prop_assert!(back.len() >= whole_lines);
      let at_a_line = kept.is_empty() || kept.ends_with(b"\n");
      if at_a_line {
        prop_assert_eq!(chain.torn(), Torn::Whole);
      } else if back.len() == whole_lines {
        prop_assert!(matches!(chain.torn(), Torn::At(line, _) if line == whole_lines + 1));
      }
    }

    #[test]
    fn flipped_bytes_never_yield_a_record_that_was_not_written(
      (records, text) in journal(),
      flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..6),
    ) {
      let mut text = text;
      for (at, by) in flips {
        let at = at.index(text.len());
        text[at] ^= by;
      }
      let (back, _) = read(&text);
      prop_assert_eq!(&back[..], &records[..back.len()]);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic_and_yield_nothing(
      text in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
      let (back, _) = read(&text);
      prop_assert!(back.is_empty());
    }

    #[test]
    fn garbage_put_between_two_records_is_passed_over(
      (records, text) in journal(),
      garbage in prop::collection::vec(any::<u8>(), 1..200),
    ) {
      let end = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
      let mut damaged = text[..end].to_vec();
      damaged.extend(garbage);
      damaged.push(b'\n');
      damaged.extend(&text[end..]);
      let (back, _) = read(&damaged);
      prop_assert_eq!(back, records);
    }
  }

  #[test]
  fn a_missing_record_ends_what_is_believed() {
    let at = Utc::now();
    let mut prev = ROOT.to_owned();
    let mut lines = Vec::new();
    for number in 1..=4 {
      let record = Record {
        number,
        at,
        event: Event::StepStarted { index: 0 },
      };
      let (bytes, link) = encode(&record, &prev).unwrap();
      link.short().clone_into(&mut prev);
      lines.push(bytes);
    }
    let text = [&lines[0][..], &lines[2], &lines[3]].concat();
    let (back, chain) = read(&text);
    assert_eq!(back.len(), 1);
    assert_eq!(
      chain.torn(),
      Torn::At(2, "record 2 is missing before record 3".into())
    );
  }
}
