//! What users do, as the proxy's access log tells it, and how it adds up: rate, failures and
//! times of the last five minutes in a fixed amount of memory.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Slot;

/// One answered request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
  pub at: DateTime<Utc>,
  pub status: u16,
  /// How long it took, when the log says so.
  pub millis: Option<u32>,
  /// The slot that answered, when the log names the upstream; else it was the live one.
  pub slot: Option<Slot>,
}

/// One column of the history.
pub const SPAN_SECONDS: i64 = 5;
const SPANS: usize = 60;
const MOST: i64 = 59;
/// Times are kept to the eighth of their power of two; above two minutes they count as that.
const EIGHTHS: usize = 8;
const LONGEST: u32 = 1 << 17;
const BINS: usize = 18 * EIGHTHS;

#[derive(Clone)]
struct Span {
  /// Its number since 1970; `None` until it is used.
  number: Option<i64>,
  count: u32,
  failed: u32,
  times: [u32; BINS],
}

/// What a row of spans adds up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
  pub count: u64,
  pub failed: u64,
  times: [u64; BINS],
}

impl Default for Sum {
  fn default() -> Self {
    Self {
      count: 0,
      failed: 0,
      times: [0; BINS],
    }
  }
}

impl Sum {
  fn add(&mut self, span: &Span) {
    self.count += u64::from(span.count);
    self.failed += u64::from(span.failed);
    for (sum, count) in self.times.iter_mut().zip(span.times) {
      *sum += u64::from(count);
    }
  }

  /// The time in milliseconds within which `percent` of the requests were answered, rounded up to
  /// the next eighth; `None` when no time is logged.
  pub fn percentile(&self, percent: u8) -> Option<u32> {
    let all: u64 = self.times.iter().sum();
    let wanted = (all * u64::from(percent.min(100))).div_ceil(100).max(1);
    let mut seen = 0;
    self.times.iter().enumerate().find_map(|(bin, count)| {
      seen += count;
      (seen >= wanted).then(|| most_of(bin))
    })
  }
}

/// The last five minutes: about 35 KB, however many requests there are.
#[derive(Clone)]
pub struct Window {
  spans: Vec<Span>,
}

impl Default for Window {
  fn default() -> Self {
    let empty = Span {
      number: None,
      count: 0,
      failed: 0,
      times: [0; BINS],
    };
    Self {
      spans: vec![empty; SPANS],
    }
  }
}

impl Window {
  pub fn add(&mut self, request: &Request) {
    let number = number(request.at);
    let Some(span) = self.spans.get_mut(place(number)) else {
      return;
    };
    match span.number {
      // A line that comes later than a whole window.
      Some(newer) if newer > number => return,
      Some(same) if same == number => {}
      _ => {
        *span = Span {
          number: Some(number),
          count: 0,
          failed: 0,
          times: [0; BINS],
        }
      }
    }
    span.count = span.count.saturating_add(1);
    if request.status >= 500 {
      span.failed = span.failed.saturating_add(1);
    }
    if let Some(bin) = request
      .millis
      .and_then(|millis| span.times.get_mut(bin(millis)))
    {
      *bin = bin.saturating_add(1);
    }
  }

  /// Requests a second over the last ten seconds that were counted from their beginning to their
  /// end; `None` until five were, as the span of the first request was not.
  pub fn per_second(&self, now: DateTime<Utc>) -> Option<f64> {
    let last = number(now);
    let first = self.recent(now).filter_map(|span| span.number).min()?;
    let begin = (last - 2).max(first + 1);
    let seconds = u32::try_from((last - begin) * SPAN_SECONDS).ok()?;
    let count: u32 = self
      .recent(now)
      .filter(|span| span.number.is_some_and(|it| it >= begin && it < last))
      .map(|span| span.count)
      .sum();
    (seconds > 0).then(|| f64::from(count) / f64::from(seconds))
  }

  /// Requests of the last five minutes, and those of them answered with 500 or more.
  pub fn totals(&self, now: DateTime<Utc>) -> (u64, u64) {
    self.recent(now).fold((0, 0), |(count, failed), span| {
      (
        count + u64::from(span.count),
        failed + u64::from(span.failed),
      )
    })
  }

  /// The share answered with 500 or more, 0 to 1; `None` without requests.
  #[expect(
    clippy::cast_precision_loss,
    reason = "a share is shown with two digits"
  )]
  pub fn failing(&self, now: DateTime<Utc>) -> Option<f64> {
    let (count, failed) = self.totals(now);
    (count > 0).then(|| failed as f64 / count as f64)
  }

  /// See [`Sum::percentile`].
  pub fn percentile(&self, now: DateTime<Utc>, percent: u8) -> Option<u32> {
    let mut sum = Sum::default();
    for span in self.recent(now) {
      sum.add(span);
    }
    sum.percentile(percent)
  }

  /// What the spans from `first` to `last` add up to; none of them is forgotten as long as it is
  /// one of the five minutes'.
  pub fn sum(&self, first: i64, last: i64) -> Sum {
    let mut sum = Sum::default();
    for number in first.max(last.saturating_sub(MOST)).max(0)..=last {
      if let Some(span) = self.spans.get(place(number))
        && span.number == Some(number)
      {
        sum.add(span);
      }
    }
    sum
  }

  /// The shortest row of spans that ends with `last`, does not begin before `first` and holds
  /// `wanted` requests, and its first span.
  pub fn newest(&self, first: i64, last: i64, wanted: u64) -> Option<(i64, Sum)> {
    let mut sum = Sum::default();
    for number in (first.max(last.saturating_sub(MOST))..=last).rev() {
      if let Some(span) = self.spans.get(place(number))
        && span.number == Some(number)
      {
        sum.add(span);
      }
      if sum.count >= wanted.max(1) {
        return Some((number, sum));
      }
    }
    None
  }

  /// Requests in each five seconds, the oldest first; the last one is still being counted.
  pub fn history(&self, now: DateTime<Utc>) -> Vec<u32> {
    let last = number(now);
    (0..SPANS)
      .rev()
      .map(|back| {
        let wanted = last - i64::try_from(back).unwrap_or_default();
        let span = self.spans.get(place(wanted));
        span
          .filter(|span| span.number == Some(wanted))
          .map_or(0, |span| span.count)
      })
      .collect()
  }

  fn recent(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Span> {
    let last = number(now);
    let oldest = last - i64::try_from(SPANS).unwrap_or_default();
    self.spans.iter().filter(move |span| {
      span
        .number
        .is_some_and(|number| number > oldest && number <= last)
    })
  }
}

/// Which span of all since 1970 an instant is in.
pub fn number(at: DateTime<Utc>) -> i64 {
  at.timestamp().div_euclid(SPAN_SECONDS)
}

/// When a span begins.
pub fn begins(number: i64) -> Option<DateTime<Utc>> {
  DateTime::from_timestamp(number.checked_mul(SPAN_SECONDS)?, 0)
}

fn place(number: i64) -> usize {
  let spans = i64::try_from(SPANS).unwrap_or(i64::MAX);
  usize::try_from(number.rem_euclid(spans)).unwrap_or_default()
}

/// Exact below eight, then eight steps for each doubling.
fn bin(millis: u32) -> usize {
  let value = usize::try_from(millis.min(LONGEST)).unwrap_or_default();
  if value < EIGHTHS {
    return value;
  }
  let doublings = usize::try_from(value.ilog2()).unwrap_or_default() - 3;
  (doublings + 1) * EIGHTHS + ((value >> doublings) - EIGHTHS)
}

/// The longest time that falls into a bin.
fn most_of(bin: usize) -> u32 {
  let value = if bin < EIGHTHS {
    bin
  } else {
    let doublings = bin / EIGHTHS - 1;
    ((EIGHTHS + bin % EIGHTHS + 1) << doublings) - 1
  };
  u32::try_from(value).unwrap_or(LONGEST)
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
  }

  fn request(seconds: i64, status: u16, millis: u32) -> Request {
    Request {
      at: at(seconds),
      status,
      millis: Some(millis),
      slot: None,
    }
  }

  #[test]
  fn rate_failures_and_times_are_those_of_the_last_five_minutes() {
    let mut window = Window::default();
    for second in 0..100 {
      let status = if second % 10 == 0 { 502 } else { 200 };
      window.add(&request(second, status, 100));
    }
    let now = at(100);
    assert_eq!(window.per_second(now), Some(1.0));
    assert_eq!(window.totals(now), (100, 10));
    assert_eq!(window.failing(now), Some(0.1));
    assert_eq!(window.percentile(now, 50), Some(103));
    let history = window.history(now);
    assert_eq!((history.len(), history[58], history[59]), (60, 5, 0));

    let later = at(100 + 300);
    assert_eq!(window.totals(later), (0, 0));
    assert_eq!(window.per_second(later), None);
    assert_eq!(window.failing(later), None);
    assert_eq!(window.percentile(later, 99), None);
  }

  #[test]
  fn a_rate_is_of_whole_spans_and_not_known_before_the_first() {
    let mut window = Window::default();
    for second in 3..100 {
      window.add(&request(second, 200, 1));
      window.add(&request(second, 200, 1));
    }
    let rate = |second| window.per_second(at(second));
    assert_eq!(
      [rate(3), rate(9)],
      [None, None],
      "it began in the middle of one"
    );
    assert_eq!([rate(10), rate(15), rate(60)], [Some(2.0); 3]);
    assert_eq!(
      [rate(106), rate(200)],
      [Some(1.0), Some(0.0)],
      "they stopped at 100"
    );
  }

  #[test]
  fn a_percentile_is_of_all_requests() {
    let mut window = Window::default();
    for millis in 1..=1000 {
      window.add(&request(0, 200, millis));
    }
    for (percent, exact) in [(50, 500), (95, 950), (99, 990)] {
      let found = window.percentile(at(1), percent).unwrap();
      assert!(
        found >= exact && found <= exact + exact / 8,
        "{percent}: {found}"
      );
    }
  }

  #[test]
  fn a_line_of_long_ago_does_not_overwrite_the_present() {
    let mut window = Window::default();
    window.add(&request(300, 200, 1));
    window.add(&request(0, 500, 1));
    assert_eq!(window.totals(at(300)), (1, 0));
  }

  proptest! {
    #[test]
    fn a_time_is_kept_to_the_eighth(millis in 0..LONGEST) {
      let kept = most_of(bin(millis));
      prop_assert!(bin(millis) < BINS);
      prop_assert!(kept >= millis && kept - millis <= millis / 8);
    }
  }
}
