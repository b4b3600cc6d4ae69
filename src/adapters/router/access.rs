//! Reads access log lines by the very `log_format` they were written with. Pure; a line that does
//! not fit any format is no access line and is skipped.

use chrono::{DateTime, Utc};

use crate::model::{Slot, requests::Request};

/// nginx's own default.
const COMBINED: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"";
const COMMON: &str =
  "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent";

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
  Text(String),
  Variable(String),
}

/// A `log_format`, in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format(Vec<Piece>);

impl Format {
  pub(super) fn read(text: &str) -> Self {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('$') {
      let braced = after
        .strip_prefix('{')
        .and_then(|name| name.split_once('}'));
      let (name, after) = braced.unwrap_or_else(|| {
        let end = after
          .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
          .unwrap_or(after.len());
        after.split_at(end)
      });
      if !before.is_empty() {
        pieces.push(Piece::Text(before.to_owned()));
      }
      pieces.push(Piece::Variable(name.to_owned()));
      rest = after;
    }
    if !rest.is_empty() {
      pieces.push(Piece::Text(rest.to_owned()));
    }
    Self(pieces)
  }

  /// Name and value of each variable; a value ends where the text after it begins.
  fn values<'a>(&'a self, line: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let (mut values, mut rest) = (Vec::new(), line);
    for (index, piece) in self.0.iter().enumerate() {
      match piece {
        Piece::Text(text) => rest = rest.strip_prefix(text.as_str())?,
        Piece::Variable(name) => {
          let end = match self.0.get(index + 1) {
            Some(Piece::Text(text)) => rest.find(text.as_str())?,
            Some(Piece::Variable(_)) => return None,
            None => rest.len(),
          };
          let (value, after) = rest.split_at(end);
          values.push((name.as_str(), value));
          rest = after;
        }
      }
    }
    Some(values)
  }
}

/// The configured formats, then the two that everybody knows.
pub(super) fn formats<'a>(configured: impl Iterator<Item = &'a str>) -> Vec<Format> {
  configured
    .chain([COMBINED, COMMON])
    .map(Format::read)
    .collect()
}

/// `slot` tells whose an upstream's address is; `now` stands in where the line has no time.
pub(super) fn request(
  formats: &[Format],
  line: &str,
  now: DateTime<Utc>,
  slot: &mut dyn FnMut(&str) -> Option<Slot>,
) -> Option<Request> {
  formats.iter().find_map(|format| {
    let values = format.values(line.trim_end())?;
    let value = |name: &str| {
      values
        .iter()
        .find_map(|(found, value)| (*found == name).then_some(*value))
    };
    let status: u16 = value("status")?.parse().ok()?;
    if !(100..=599).contains(&status) {
      return None;
    }
    let at = value("time_iso8601")
      .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
      .or_else(|| DateTime::parse_from_str(value("time_local")?, "%d/%b/%Y:%H:%M:%S %z").ok())
      .map(|at| at.to_utc())
      .or_else(|| DateTime::from_timestamp_millis(millis(value("msec")?)?));
    // After a failed try nginx names all it asked; the last one answered.
    let upstream = value("upstream_addr").and_then(|all| all.rsplit([',', ' ']).next());
    Some(Request {
      at: at.unwrap_or(now),
      status,
      millis: value("request_time")
        .and_then(millis)
        .and_then(|millis| u32::try_from(millis).ok()),
      slot: upstream.and_then(&mut *slot),
    })
  })
}

/// `1.234`, seconds.
fn millis(seconds: &str) -> Option<i64> {
  let (whole, part) = seconds.split_once('.')?;
  let (whole, part): (i64, i64) = (whole.parse().ok()?, part.get(..3)?.parse().ok()?);
  whole.checked_mul(1000)?.checked_add(part)
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  const LINE: &str = r#"172.18.0.1 - - [21/Nov/2026:03:37:36 +0100] "GET /a?b=\x22 HTTP/1.1" 502 157 "-" "curl/7.88.1""#;

  fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
  }

  #[test]
  fn the_default_format_is_known_and_other_lines_are_skipped() {
    let formats = formats(std::iter::empty());
    let read = |line: &str| request(&formats, line, now(), &mut |_| None);
    let found = read(LINE).unwrap();
    assert_eq!((found.status, found.millis, found.slot), (502, None, None));
    assert_eq!(found.at.to_rfc3339(), "2026-11-21T02:37:36+00:00");
    for other in [
      "",
      "2026/11/21 03:37:36 [notice] 1#1: signal process started",
      "a - b [c] \"d\" none 1",
      "a - b [c] \"d\" 20 1",
    ] {
      assert_eq!(read(other), None, "{other}");
    }
  }

  #[test]
  fn a_configured_format_gives_time_and_upstream() {
    let configured = "$remote_addr ${host} \"$request\" $status $request_time -> $upstream_addr";
    let formats = formats([configured].into_iter());
    let line = "10.0.0.1 shop \"GET / HTTP/1.1\" 200 0.042 -> 172.18.0.3:5000, 172.18.0.4:5000";
    let mut slot = |address: &str| (address == "172.18.0.4:5000").then_some(Slot::Green);
    let found = request(&formats, line, now(), &mut slot).unwrap();
    assert_eq!(
      found,
      Request {
        at: now(),
        status: 200,
        millis: Some(42),
        slot: Some(Slot::Green)
      }
    );
    assert!(request(&formats, LINE, now(), &mut |_| None).is_some());
  }

  #[test]
  fn a_json_format_is_a_format_like_any_other() {
    let formats = formats([r#"{"t":"$msec","s":$status,"d":$request_time}"#].into_iter());
    let line = r#"{"t":"1700000000.250","s":204,"d":1.500}"#;
    let found = request(&formats, line, now(), &mut |_| None).unwrap();
    assert_eq!(found.at.timestamp_millis(), 1_700_000_000_250);
    assert_eq!(found.millis, Some(1500));
  }

  proptest! {
    #[test]
    fn any_format_and_any_line_are_read_without_failing(format in "(\\PC|\\$|\\{)*", line in "\\PC*") {
      let formats = formats([format.as_str()].into_iter());
      let _ = request(&formats, &line, now(), &mut |_| None);
    }
  }
}
