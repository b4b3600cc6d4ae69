//! From requests and limits to a verdict.
//!
//! At any instant the newest requests are judged, as many as `minimum_requests`: on a busy site the
//! last five seconds, on a quiet one up to five minutes. A limit counts as broken when it was
//! exceeded at the end of each five seconds for the sustained time, and in that time by itself, and in
//! its newer half: a burst of failures that ended does not count on a quiet site either.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Ended, Limits, Moved, Share};
use crate::model::{
  requests::{SPAN_SECONDS, Sum, Window, begins, number},
  shown::Shown,
};

/// How far back it is looked, in spans: as far as a window remembers.
const MOST: i64 = 60;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
  ErrorRate,
  P95,
}

/// A limit that is exceeded: `found` and `limit` in hundredths of a percent, or in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breach {
  pub measure: Measure,
  pub found: u64,
  pub limit: u64,
  pub since: DateTime<Utc>,
  pub seconds: u64,
}

/// What is to be thought of the watched slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
  /// Not enough requests to say anything.
  TooFew {
    requests: u64,
    wanted: u64,
  },
  /// A limit cannot be judged.
  Unknown {
    why: Shown,
  },
  Within,
  /// Not yet for the sustained time.
  Exceeded(Breach),
  Broken(Breach),
  /// The time of the watch went by.
  Over,
  Ended(Ended),
}

impl Verdict {
  pub fn word(&self) -> &'static str {
    match self {
      Self::TooFew { .. } => "not enough data",
      Self::Unknown { .. } => "unknown",
      Self::Within => "OK",
      Self::Exceeded(_) => "limit exceeded",
      Self::Broken(_) => "limit broken",
      Self::Over => "over",
      Self::Ended(_) => "ended",
    }
  }

  pub fn breach(&self) -> Option<&Breach> {
    match self {
      Self::Exceeded(breach) | Self::Broken(breach) => Some(breach),
      Self::TooFew { .. } | Self::Unknown { .. } | Self::Within | Self::Over | Self::Ended(_) => {
        None
      }
    }
  }
}

/// `window` is what users got from the slot they were moved to.
pub fn judge(moved: &Moved, limits: &Limits, window: &Window, now: DateTime<Utc>) -> Verdict {
  if let Some(ended) = &moved.ended {
    return Verdict::Ended(ended.clone());
  }
  if moved.left(limits, now).is_none() {
    return Verdict::Over;
  }
  // The span of now is still being counted.
  let (first, last) = (number(moved.at), number(now) - 1);
  let Some((_, latest)) = window.newest(first, last, limits.minimum_requests) else {
    return Verdict::TooFew {
      requests: window.sum(first, last).count,
      wanted: limits.minimum_requests,
    };
  };
  let case = Case {
    limits,
    window,
    first,
    last,
  };
  let found: Vec<(bool, Breach)> = [Measure::ErrorRate, Measure::P95]
    .into_iter()
    .filter_map(|measure| case.breach(measure))
    .collect();
  let broken = found.iter().find(|(sustained, _)| *sustained);
  match broken.or(found.first()) {
    Some((true, breach)) => Verdict::Broken(breach.clone()),
    Some((false, breach)) => Verdict::Exceeded(breach.clone()),
    None if limits.p95.is_some() && latest.percentile(95).is_none() => Verdict::Unknown {
      why: "the access log has no times, so p95 is unknown: add $request_time to its format".into(),
    },
    None => Verdict::Within,
  }
}

/// What users get now, and over how many seconds that was counted: the sustained time, or longer
/// until there are enough requests.
pub fn lately(
  moved: &Moved,
  limits: &Limits,
  window: &Window,
  now: DateTime<Utc>,
) -> Option<(u64, Sum)> {
  let (first, last) = (number(moved.at), number(now) - 1);
  let enough = window
    .newest(first, last, limits.minimum_requests)
    .map_or(first, |(begin, _)| begin);
  let begin = enough
    .min(last - spans(limits.sustained) + 1)
    .max(first)
    .max(last - MOST + 1);
  let sum = window.sum(begin, last);
  (sum.count > 0).then(|| (seconds(last - begin + 1), sum))
}

struct Case<'a> {
  limits: &'a Limits,
  window: &'a Window,
  first: i64,
  last: i64,
}

impl Case<'_> {
  /// The limit that is exceeded now, and whether it has been for long enough.
  fn breach(&self, measure: Measure) -> Option<(bool, Breach)> {
    let limit = self.limit(measure)?;
    let wanted = spans(self.limits.sustained);
    let oldest = self.first.max(self.last - MOST + 1);
    let run = (oldest..=self.last)
      .rev()
      .take_while(|end| {
        self
          .window
          .newest(self.first, *end, self.limits.minimum_requests)
          .is_some_and(|(_, sum)| self.exceeds(measure, &sum))
      })
      .count();
    let run = i64::try_from(run).unwrap_or(MOST);
    if run == 0 {
      return None;
    }
    let alone = run.min(wanted);
    let newest = |spans: i64| self.window.sum(self.last - spans + 1, self.last);
    let by_itself = newest(alone);
    if !self.exceeds(measure, &by_itself) || !self.exceeds(measure, &newest((alone + 1) / 2)) {
      return None;
    }
    let breach = Breach {
      measure,
      found: found(measure, &by_itself)?,
      limit,
      since: begins(self.last - run + 1)?,
      seconds: seconds(run),
    };
    Some((run >= wanted, breach))
  }

  fn limit(&self, measure: Measure) -> Option<u64> {
    match measure {
      Measure::ErrorRate => {
        (self.limits.error_rate < Share::ALL).then_some(u64::from(self.limits.error_rate.0))
      }
      Measure::P95 => self
        .limits
        .p95
        .and_then(|most| most.as_millis().try_into().ok()),
    }
  }

  fn exceeds(&self, measure: Measure, sum: &Sum) -> bool {
    match measure {
      Measure::ErrorRate => self.limits.error_rate.is_exceeded_by(sum.failed, sum.count),
      Measure::P95 => {
        let most = self.limits.p95.map(|most| most.as_millis());
        let found = sum.percentile(95).map(u128::from);
        matches!((found, most), (Some(found), Some(most)) if found > most)
      }
    }
  }
}

fn found(measure: Measure, sum: &Sum) -> Option<u64> {
  match measure {
    Measure::ErrorRate => Share::of(sum.failed, sum.count).map(|share| u64::from(share.0)),
    Measure::P95 => sum.percentile(95).map(u64::from),
  }
}

/// As many spans as cover it.
fn spans(time: Duration) -> i64 {
  let span = SPAN_SECONDS.unsigned_abs();
  let whole = time.as_secs() + u64::from(time.subsec_nanos() > 0);
  i64::try_from(whole.div_ceil(span))
    .unwrap_or(MOST)
    .clamp(1, MOST)
}

fn seconds(spans: i64) -> u64 {
  (spans * SPAN_SECONDS).unsigned_abs()
}
