//! How numbers, times and slots read, everywhere the same.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{Slot, VersionName, served::Served};

/// `104 ms`, `1.5 s`, `45 s`, `3m12s`, `2h05m`, `6d04h`.
pub fn span(duration: Duration) -> String {
  let millis = duration.as_millis();
  if millis < 1_000 {
    return format!("{millis} ms");
  }
  if millis < 59_950 {
    let tenths = (millis + 50) / 100;
    return match (tenths / 10, tenths % 10) {
      (whole, 0) => format!("{whole} s"),
      (whole, tenth) => format!("{whole}.{tenth} s"),
    };
  }
  long((duration + Duration::from_millis(500)).as_secs())
}

/// The same in whole seconds, for ages.
pub fn coarse(duration: Duration) -> String {
  match duration.as_secs() {
    seconds @ 0..60 => format!("{seconds} s"),
    seconds => long(seconds),
  }
}

fn long(seconds: u64) -> String {
  let (large, unit, small, part) = match seconds {
    0..3_600 => (seconds / 60, 'm', seconds % 60, 's'),
    3_600..86_400 => (seconds / 3_600, 'h', seconds / 60 % 60, 'm'),
    _ => (seconds / 86_400, 'd', seconds / 3_600 % 24, 'h'),
  };
  if small == 0 {
    format!("{large}{unit}")
  } else {
    format!("{large}{unit}{small:02}{part}")
  }
}

pub fn millis(millis: u64) -> String {
  span(Duration::from_millis(millis))
}

/// How long ago, never negative: clocks of two machines may differ.
pub fn age(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
  (now - at)
    .max(TimeDelta::zero())
    .to_std()
    .unwrap_or_default()
}

/// `12 s ago`.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
  format!("{} ago", coarse(age(at, now)))
}

/// `2026-11-20 14:32:07Z`.
pub fn moment(at: DateTime<Utc>) -> String {
  at.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// `14:32:07Z`.
pub fn clock(at: DateTime<Utc>) -> String {
  at.format("%H:%M:%SZ").to_string()
}

/// `1,204`.
pub fn number(value: u64) -> String {
  let digits = value.to_string();
  let mut out = String::with_capacity(digits.len() * 4 / 3);
  for (index, digit) in digits.chars().enumerate() {
    if index > 0 && (digits.len() - index).is_multiple_of(3) {
      out.push(',');
    }
    out.push(digit);
  }
  out
}

/// `0 of 12,345 requests lost`.
pub fn lost(served: &Served) -> String {
  format!(
    "{} of {} requests lost",
    number(served.lost),
    number(served.sent)
  )
}

/// `84 MB`, in powers of a thousand as disks are sold.
pub fn bytes(bytes: u64) -> String {
  let mut value = bytes;
  for unit in ["B", "kB", "MB", "GB"] {
    if value < 10_000 {
      return format!("{} {unit}", number(value));
    }
    value = (value + 500) / 1_000;
  }
  format!("{} TB", number(value))
}

/// `1 restart`, `3 restarts`.
pub fn count(value: u64, one: &str) -> String {
  let plural = if value == 1 { "" } else { "s" };
  format!("{} {one}{plural}", number(value))
}

/// `[B] BLUE`: a letter and a word, so that color is never needed.
pub fn badge(slot: Slot) -> String {
  let letter = match slot {
    Slot::Blue => 'B',
    Slot::Green => 'G',
  };
  format!("[{letter}] {}", slot.shout())
}

/// `[B] BLUE 1.9.3`, or without a version when it is not known.
pub fn slot_at(slot: Slot, version: Option<&VersionName>) -> String {
  version.map_or_else(
    || badge(slot),
    |version| format!("{} {version}", badge(slot)),
  )
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn times_read_the_way_people_say_them() {
    for (given, says) in [
      (0, "0 ms"),
      (104, "104 ms"),
      (1_000, "1 s"),
      (1_500, "1.5 s"),
      (12_340, "12.3 s"),
      (59_949, "59.9 s"),
      (59_960, "1m"),
      (192_000, "3m12s"),
      (7_500_000, "2h05m"),
      (532_800_000, "6d04h"),
    ] {
      assert_eq!(millis(given), says, "{given}");
    }
  }

  #[test]
  fn an_age_is_never_negative() {
    let now = DateTime::UNIX_EPOCH;
    assert_eq!(ago(now + TimeDelta::seconds(9), now), "0 s ago");
    assert_eq!(ago(now, now + TimeDelta::seconds(75)), "1m15s ago");
  }

  #[test]
  fn large_numbers_are_grouped() {
    for (given, says) in [
      (0, "0"),
      (999, "999"),
      (1_204, "1,204"),
      (1_000_000, "1,000,000"),
    ] {
      assert_eq!(number(given), says);
    }
    assert_eq!(bytes(84_200_000), "84 MB");
    assert_eq!(bytes(9_999), "9,999 B");
    assert_eq!(count(1, "restart"), "1 restart");
    assert_eq!(count(2, "restart"), "2 restarts");
  }
}
