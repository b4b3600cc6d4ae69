//! What the whole run amounts to, per kind of client and per slot, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::ledger::stamp;
use super::{Connection, Kind, Outcome};

#[derive(Debug, Clone, Serialize)]
pub struct Loss {
  pub at: String,
  pub error: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct OfKind {
  pub sent: u64,
  /// Complete answers below 500, by the slot and version they name.
  pub answered: BTreeMap<String, u64>,
  pub lost: u64,
  /// Of those lost, on a connection that looked open when it was used again.
  pub lost_on_reuse: u64,
  /// Connections found closed before anything was sent on them. Nothing was lost by it.
  pub reopened: u64,
  /// Answers between 300 and 499: complete, but not what was asked for.
  pub refused: u64,
  pub first_loss: Option<Loss>,
  pub last_loss: Option<Loss>,
  pub p50_ms: u64,
  pub p95_ms: u64,
  pub max_ms: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Answering {
  pub first: String,
  pub last: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Summary {
  pub sent: u64,
  pub lost: u64,
  pub first_sent: Option<String>,
  pub last_answer: Option<String>,
  pub kinds: BTreeMap<Kind, OfKind>,
  /// When each slot and version answered for the first and the last time.
  pub slots: BTreeMap<String, Answering>,
}

/// The running count behind a summary.
#[derive(Default)]
pub(super) struct Count {
  kinds: BTreeMap<Kind, (OfKind, Vec<u64>)>,
  slots: BTreeMap<String, (DateTime<Utc>, DateTime<Utc>)>,
  span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Count {
  pub(super) fn add(&mut self, outcome: &Outcome, ended: DateTime<Utc>) {
    let (first, last) = self.span.unwrap_or((outcome.sent, ended));
    self.span = Some((first.min(outcome.sent), last.max(ended)));
    let (kind, latencies) = self.kinds.entry(outcome.kind).or_default();
    kind.sent += 1;
    if outcome.connection == Connection::Replaced {
      kind.reopened += 1;
    }
    match outcome.served() {
      Ok(answered) => {
        *kind.answered.entry(answered.by.clone()).or_default() += 1;
        if answered.status >= 300 {
          kind.refused += 1;
        }
        latencies.push(u64::try_from(outcome.took.as_micros()).unwrap_or(u64::MAX));
        let span = self
          .slots
          .entry(answered.by.clone())
          .or_insert((ended, ended));
        *span = (span.0.min(ended), span.1.max(ended));
      }
      Err(error) => {
        kind.lost += 1;
        if outcome.connection == Connection::Reused {
          kind.lost_on_reuse += 1;
        }
        let loss = Loss {
          at: stamp(ended),
          error,
        };
        kind.first_loss.get_or_insert_with(|| loss.clone());
        kind.last_loss = Some(loss);
      }
    }
  }

  pub(super) fn finish(self) -> Summary {
    let kinds: BTreeMap<Kind, OfKind> = self
      .kinds
      .into_iter()
      .map(|(kind, (mut of_kind, mut latencies))| {
        latencies.sort_unstable();
        of_kind.p50_ms = share(&latencies, 50);
        of_kind.p95_ms = share(&latencies, 95);
        of_kind.max_ms = share(&latencies, 100);
        (kind, of_kind)
      })
      .collect();
    let slots = self.slots.into_iter();
    Summary {
      sent: kinds.values().map(|kind| kind.sent).sum(),
      lost: kinds.values().map(|kind| kind.lost).sum(),
      first_sent: self.span.map(|(first, _)| stamp(first)),
      last_answer: self.span.map(|(_, last)| stamp(last)),
      kinds,
      slots: slots
        .map(|(by, (first, last))| {
          (
            by,
            Answering {
              first: stamp(first),
              last: stamp(last),
            },
          )
        })
        .collect(),
    }
  }
}

/// The latency, in milliseconds, that `percent` of the sorted `latencies` do not exceed.
fn share(latencies: &[u64], percent: usize) -> u64 {
  let rank = (latencies.len() * percent).div_ceil(100).saturating_sub(1);
  latencies.get(rank).map_or(0, |micros| micros / 1000)
}

impl fmt::Display for Summary {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
      f,
      "kind           sent   lost  on reuse  reopened  refused   p50 ms   p95 ms   max ms  answered by"
    )?;
    for (kind, of) in &self.kinds {
      let by: Vec<String> = of
        .answered
        .iter()
        .map(|(by, count)| format!("{by}: {count}"))
        .collect();
      writeln!(
        f,
        "{kind:<9} {:>9} {:>6} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8}  {}",
        of.sent,
        of.lost,
        of.lost_on_reuse,
        of.reopened,
        of.refused,
        of.p50_ms,
        of.p95_ms,
        of.max_ms,
        by.join(", ")
      )?;
      if let Some(loss) = &of.first_loss {
        writeln!(f, "          first lost {}: {}", loss.at, loss.error)?;
      }
    }
    for (by, span) in &self.slots {
      writeln!(f, "{by}: answered from {} to {}", span.first, span.last)?;
    }
    Ok(())
  }
}

#[cfg(test)]
mod tests {
  use super::share;

  #[test]
  fn a_percentile_is_the_nearest_rank_from_below() {
    let latencies: Vec<u64> = (1..=100).map(|ms| ms * 1000).collect();
    assert_eq!(share(&latencies, 50), 50);
    assert_eq!(share(&latencies, 95), 95);
    assert_eq!(share(&latencies, 100), 100);
    assert_eq!(share(&[], 50), 0);
  }
}
