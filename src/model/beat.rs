//! A common beat: what looks again and again does so at the same instants of the clock on the wall,
//! so that a console that has nothing to do wakes up once for all of them.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// How long to wait for the first beat that is about `every` away. Beats are whole multiples of
/// `every` for spans of up to a second, and whole seconds above.
pub fn until(now: DateTime<Utc>, every: Duration) -> Duration {
  const LONGEST: u64 = 1_000_000;
  let every = micros(every);
  let beat = every.clamp(1, LONGEST);
  let now = u64::try_from(now.timestamp_micros()).unwrap_or(0);
  // The nearest, not the next: woken a little early, the beat that is due must not come twice.
  let at = (now + every + beat / 2) / beat * beat;
  Duration::from_micros(at.saturating_sub(now).max(1))
}

fn micros(span: Duration) -> u64 {
  u64::try_from(span.as_micros()).unwrap_or(u64::MAX / 4)
}

#[cfg(test)]
mod tests {
  use super::*;

  fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_800_000_000_000_000 + micros).unwrap()
  }

  #[test]
  fn everything_that_waits_is_woken_at_the_same_instants() {
    let second = Duration::from_secs(1);
    let quarter = Duration::from_millis(250);
    assert_eq!(until(at(0), second), second);
    assert_eq!(until(at(3_000), second), Duration::from_millis(997));
    assert_eq!(until(at(3_000), quarter), Duration::from_millis(247));
    assert_eq!(until(at(130_000), quarter), Duration::from_millis(370));
    let three = Duration::from_secs(3);
    assert_eq!(until(at(430_000), three), Duration::from_millis(2_570));
  }

  #[test]
  fn woken_a_little_early_it_does_not_wake_twice() {
    let quarter = Duration::from_millis(250);
    assert_eq!(until(at(249_900), quarter), Duration::from_micros(250_100));
  }

  #[test]
  fn a_short_span_has_a_beat_of_its_own() {
    let frame = Duration::from_millis(33);
    let wait = until(at(1_000), frame);
    assert!(wait >= frame / 2 && wait <= frame * 3 / 2, "{wait:?}");
    let again = until(at(1_000) + wait, frame);
    assert_eq!(again, frame);
  }
}
