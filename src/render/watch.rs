//! The words of the watch after a switch: one sentence for each verdict, the same on the command
//! line, in the console and in the reason of the rollback that a broken limit leads to.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
  page::Tone,
  words::{age, coarse, millis, span},
};
use crate::model::{
  requests::Sum,
  watch::{Breach, Limits, Measure, Moved, Share, Verdict},
};

/// `5xx 6.2 % > 5 % for 30 s`.
pub fn breach(breach: &Breach) -> String {
  let value = |value: u64| match breach.measure {
    Measure::ErrorRate => Share(u16::try_from(value).unwrap_or(u16::MAX)).to_string(),
    Measure::P95 => millis(value),
  };
  let name = match breach.measure {
    Measure::ErrorRate => "5xx",
    Measure::P95 => "p95",
  };
  format!(
    "{name} {} > {} for {} s",
    value(breach.found),
    value(breach.limit),
    breach.seconds
  )
}

/// Why a rollback begins by itself, for the history.
pub fn reason(of: &Breach) -> String {
  format!("watch: {}", breach(of))
}

/// `OK`, `5xx 6.2 % > 5 % for 30 s`, `not enough data: 12 of 50 requests`.
pub fn verdict(verdict: &Verdict) -> String {
  match verdict {
    Verdict::TooFew { requests, wanted } => {
      format!("not enough data: {requests} of {wanted} requests")
    }
    Verdict::Unknown { why } => format!("unknown: {why}"),
    Verdict::Within => "OK: within the limits".to_owned(),
    Verdict::Exceeded(it) => format!("limit exceeded: {}", breach(it)),
    Verdict::Broken(it) => format!("LIMIT BROKEN: {}", breach(it)),
    Verdict::Over => "over".to_owned(),
    Verdict::Ended(ended) => format!("ended by {}", ended.by),
  }
}

pub fn tone(verdict: &Verdict) -> Tone {
  match verdict {
    Verdict::Within => Tone::Good,
    Verdict::TooFew { .. } | Verdict::Unknown { .. } | Verdict::Exceeded(_) => Tone::Warn,
    Verdict::Broken(_) => Tone::Bad,
    Verdict::Over | Verdict::Ended(_) => Tone::Faint,
  }
}

/// `5xx <= 5 %, p95 <= 500 ms, broken after 30 s`.
pub fn limits(limits: &Limits) -> String {
  let mut all = Vec::new();
  if limits.error_rate < Share::ALL {
    all.push(format!("5xx at most {}", limits.error_rate));
  }
  if let Some(most) = limits.p95 {
    all.push(format!("p95 at most {}", time(most)));
  }
  if all.is_empty() {
    return "no limit is configured".to_owned();
  }
  format!(
    "{}; broken after {}",
    all.join(", "),
    coarse(limits.sustained)
  )
}

pub fn time(time: Duration) -> String {
  millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// `left 11:48 of 15:00`, or how long it has been.
pub fn left(moved: &Moved, limits: &Limits, now: DateTime<Utc>) -> String {
  match moved.left(limits, now) {
    Some(left) => format!("left {} of {}", minutes(left), minutes(limits.window)),
    None => format!("since {}", coarse(age(moved.at, now))),
  }
}

/// `43.0/s  5xx 0.4 %  p50 41 ms  p95 203 ms  p99 602 ms`.
pub fn figures(sum: &Sum, seconds: u64) -> String {
  let mut parts = vec![
    format!("{}/s", rate(sum.count, seconds)),
    format!("5xx {}", share(sum)),
  ];
  for percent in [50, 95, 99] {
    if let Some(time) = sum.percentile(percent) {
      parts.push(format!("p{percent} {}", millis(u64::from(time))));
    }
  }
  parts.join("  ")
}

pub fn share(sum: &Sum) -> String {
  Share::of(sum.failed, sum.count).map_or_else(|| "?".to_owned(), |share| share.to_string())
}

/// Requests a second, with one digit.
pub fn rate(count: u64, seconds: u64) -> String {
  let tenths = (count * 10).checked_div(seconds).unwrap_or(0);
  format!("{}.{}", tenths / 10, tenths % 10)
}

fn minutes(time: Duration) -> String {
  if time.as_secs() >= 3_600 {
    return span(time);
  }
  let seconds = time.as_secs();
  format!("{:02}:{:02}", seconds / 60, seconds % 60)
}
