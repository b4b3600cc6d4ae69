//! Lines of a proxy's error log that say something failed, since an instant.
//!
//! nginx stamps whole seconds in local time, and the embedded proxy does the same, so a file's lines
//! of the very second of the instant count too.

use std::{
  fs::File,
  io::{self, Read, Seek, SeekFrom},
  path::Path,
};

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};

use super::process::{MOST_OUTPUT, bounded};

pub(super) const MOST_LINES: usize = 50;

/// The end of a file of this host.
pub(super) fn tail(path: &Path) -> io::Result<String> {
  let mut file = File::open(path)?;
  let length = file.metadata()?.len();
  file.seek(SeekFrom::Start(length.saturating_sub(MOST_OUTPUT as u64)))?;
  let mut bytes = Vec::new();
  file.take(MOST_OUTPUT as u64).read_to_end(&mut bytes)?;
  Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn short(line: &str) -> String {
  bounded(line, 2048).to_owned()
}

/// The stamp of a line that says something failed.
pub(super) fn serious(line: &str) -> Option<NaiveDateTime> {
  let (stamp, rest) = (line.get(..19)?, line.get(19..)?);
  let at = NaiveDateTime::parse_from_str(stamp, "%Y/%m/%d %H:%M:%S").ok()?;
  let level = rest.strip_prefix(" [")?.split(']').next()?;
  matches!(level, "emerg" | "alert" | "crit" | "error").then_some(at)
}

pub(super) fn serious_since(text: &str, since: DateTime<Utc>, zone: &impl TimeZone) -> Vec<String> {
  text
    .lines()
    .filter(|line| {
      serious(line).is_some_and(|at| {
        // Twice a year an hour is told twice: the later reading must not lose a line.
        zone
          .from_local_datetime(&at)
          .latest()
          .is_none_or(|at| at.timestamp() >= since.timestamp())
      })
    })
    .map(short)
    .collect()
}

#[cfg(test)]
mod tests {
  use chrono::FixedOffset;

  use super::*;

  const TEXT: &str = "2026/11/21 03:37:35 [emerg] 1#1: before\n\
    2026/11/21 03:37:36 [notice] 1#1: signal 1 (SIGHUP) received, reconfiguring\n\
    2026/11/21 03:37:36 [emerg] 1#1: bind() to 0.0.0.0:80 failed\n\
    not a log line\n\
    2026/11/21 03:37:40 [error] 7#7: *3 connect() failed\n\
    2026/11/21 03:37:41 [warn] 7#7: only a warning\n";

  #[test]
  fn only_serious_lines_of_that_second_or_later_count() {
    let since = "2026-11-21T03:37:36.700Z".parse().unwrap();
    let lines = serious_since(TEXT, since, &Utc);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("bind()") && lines[1].contains("connect()"));
  }

  #[test]
  fn a_stamp_is_read_in_its_own_time_zone() {
    let since = "2026-11-21T01:37:36Z".parse().unwrap();
    let east: FixedOffset = "+0200".parse().unwrap();
    assert_eq!(serious_since(TEXT, since, &east).len(), 2);
    assert_eq!(serious_since(TEXT, since, &Utc).len(), 3);
  }
}
