//! One line of a container's log: when it was written, how bad it is, how it reads.
//!
//! `level` is cheap and looks at every line that arrives; `read` parses and cleans, and is only for
//! the lines that are on the screen. The raw text goes to a screen only as the `Shown` of `read`.

mod fields;
mod level;

use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};

pub use level::{LogLevel, level};

use super::shown::Shown;

/// One line as it came; `at` is the daemon's own stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
  pub at: Option<DateTime<Utc>>,
  pub text: String,
}

/// Lines in the order they were written; `dropped` more came before them and are lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogBatch {
  pub dropped: u64,
  pub lines: Vec<LogEntry>,
}

impl LogEntry {
  /// Takes Docker's stamp off the front of a line: `2026-11-27T16:05:18.123456789Z text`.
  /// A line that has none keeps its whole text.
  pub fn stamped(mut line: String) -> Self {
    let end = line
      .as_bytes()
      .iter()
      .take(40)
      .position(|&byte| byte == b' ')
      .unwrap_or(line.len());
    let at = line.get(..end).and_then(moment);
    if at.is_some() {
      line.drain(..(end + 1).min(line.len()));
    }
    Self { at, text: line }
  }
}

/// The line without a time of its own in front, when that says what Docker's stamp says anyway:
/// the screen has one column of times, not two.
pub fn without_own_stamp(text: &str, at: Option<DateTime<Utc>>) -> &str {
  let bytes = text.as_bytes();
  let dated =
    bytes.len() > 20 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[0].is_ascii_digit();
  let (Some(at), true) = (at, dated) else {
    return text;
  };
  let Some((own, rest)) = text.split_once(' ') else {
    return text;
  };
  match DateTime::parse_from_rfc3339(own) {
    Ok(own) if (own.with_timezone(&Utc) - at).num_seconds().abs() < 5 => rest,
    _ => text,
  }
}

/// Docker always writes nine digits and `Z`, and does so thousands of times a second; anything
/// else takes the long way.
fn moment(stamp: &str) -> Option<DateTime<Utc>> {
  let bytes = stamp.as_bytes();
  if bytes.len() != 30 || bytes[29] != b'Z' || bytes[19] != b'.' || bytes[10] != b'T' {
    return DateTime::parse_from_rfc3339(stamp)
      .ok()
      .map(|at| at.with_timezone(&Utc));
  }
  let number = |range: Range<usize>| {
    bytes[range].iter().try_fold(0_u32, |sum, byte| {
      byte
        .is_ascii_digit()
        .then(|| sum * 10 + u32::from(byte - b'0'))
    })
  };
  let year = i32::try_from(number(0..4)?).ok()?;
  NaiveDate::from_ymd_opt(year, number(5..7)?, number(8..10)?)?
    .and_hms_nano_opt(
      number(11..13)?,
      number(14..16)?,
      number(17..19)?,
      number(20..29)?,
    )
    .map(|at| at.and_utc())
}

/// A line as it is read on the screen: a JSON object as its message and `key=value`, anything
/// else as it stands. `names` are the byte ranges of the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogText {
  pub text: Shown,
  pub names: Vec<Range<usize>>,
}

/// Parses and cleans one line.
pub fn read(raw: &str) -> LogText {
  fields::read(raw).unwrap_or_else(|| LogText {
    text: Shown::line(raw),
    names: Vec::new(),
  })
}

/// Whether `read` would change anything but by copying: such a line can be searched as it is.
pub fn reads_as_it_stands(raw: &str) -> bool {
  !raw.starts_with('{') && raw.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn dockers_stamp_is_taken_off_and_nothing_else_is() {
    for (line, at, text) in [
      (
        "2026-11-27T16:05:18.123456789Z GET /",
        Some("2026-11-27T16:05:18.123456789Z"),
        "GET /",
      ),
      (
        "2026-11-27T16:05:18.120000000Z ",
        Some("2026-11-27T16:05:18.12Z"),
        "",
      ),
      (
        "2026-11-27T18:05:18.5+02:00 x  y",
        Some("2026-11-27T16:05:18.5Z"),
        "x  y",
      ),
      (
        "2026-11-27T16:05:18.12345678xZ a",
        None,
        "2026-11-27T16:05:18.12345678xZ a",
      ),
      ("no stamp here", None, "no stamp here"),
      ("", None, ""),
    ] {
      let entry = LogEntry::stamped(line.to_owned());
      assert_eq!(entry.text, text, "{line}");
      let wanted = at.map(|at| at.parse::<DateTime<Utc>>().unwrap());
      assert_eq!(entry.at, wanted, "{line}");
    }
  }

  #[test]
  fn a_time_of_its_own_is_left_out_only_where_it_repeats_the_stamp() {
    let at = "2026-11-27T16:05:18.2Z".parse().ok();
    for (text, left) in [
      ("2026-11-27T16:05:18.194Z api INF GET /", "api INF GET /"),
      ("2026-11-27T18:05:17+02:00 x", "x"),
      (
        "2026-11-27T15:05:18Z an hour off",
        "2026-11-27T15:05:18Z an hour off",
      ),
      ("2026-11-27T16:05:18Z", "2026-11-27T16:05:18Z"),
      ("no time here at all, none", "no time here at all, none"),
    ] {
      assert_eq!(without_own_stamp(text, at), left);
    }
    assert_eq!(
      without_own_stamp("2026-11-27T16:05:18Z x", None),
      "2026-11-27T16:05:18Z x"
    );
  }

  #[test]
  fn only_the_daemons_stamp_counts_not_one_the_container_printed() {
    let entry = LogEntry::stamped(
      "2026-11-27T16:05:18.123456789Z 1999-01-01T00:00:00.000000000Z old".to_owned(),
    );
    assert_eq!(entry.text, "1999-01-01T00:00:00.000000000Z old");
  }
}
