//! The logs of a proxy on this host as they are written, each line with the proxy's own stamp.

use std::{path::Path, time::Duration};

use chrono::{DateTime, Local, NaiveDateTime, TimeZone, Utc};
use tokio::time::sleep;

use crate::{
  adapters::{bounded::Lines, log_file::LogFile},
  engine::log_pipe::{LogReader, LogWriter, log_pipe},
  model::{beat, log_line::LogEntry, log_source::ProxyLog},
};

/// Of a log that is opened; a line is rarely longer.
const BYTES_A_LINE: u64 = 256;
const POLL: Duration = Duration::from_millis(500);

/// The last `count` lines or fewer, then each new one for as long as the reader lives.
pub(super) fn follow_lines(path: &Path, log: ProxyLog, count: usize) -> std::io::Result<LogReader> {
  let before = BYTES_A_LINE.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX));
  let file = LogFile::open(path, before)?;
  let (writer, reader) = log_pipe();
  tokio::spawn(write(file, log, writer));
  Ok(reader)
}

async fn write(mut file: LogFile, log: ProxyLog, writer: LogWriter) {
  let mut lines = Lines::default();
  loop {
    // A log that is gone for a moment is being rotated.
    if let Ok(bytes) = file.more() {
      lines.push(&bytes, &mut |line| {
        writer.write(LogEntry {
          at: stamp(log, line),
          text: line.to_owned(),
        });
      });
    }
    tokio::select! {
      () = sleep(beat::until(Utc::now(), POLL)) => {}
      () = writer.closed() => return,
    }
  }
}

/// When the proxy says that it wrote this line. A line without a known stamp has none.
fn stamp(log: ProxyLog, line: &str) -> Option<DateTime<Utc>> {
  match log {
    ProxyLog::Access => line.match_indices('[').find_map(|(at, _)| {
      let text = line.get(at + 1..)?.split(']').next()?;
      let local = DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z");
      let at = local.or_else(|_| DateTime::parse_from_str(&format!("{text} +0000"), "%s%.f %z"));
      Some(at.ok()?.to_utc())
    }),
    ProxyLog::Error => {
      let at = NaiveDateTime::parse_from_str(line.get(..19)?, "%Y/%m/%d %H:%M:%S").ok()?;
      Some(Local.from_local_datetime(&at).latest()?.to_utc())
    }
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn each_log_is_stamped_by_its_own_lines() {
    let line = r#"::1 - - [21/Nov/2026:03:37:36 +0100] "GET /[x] HTTP/1.1" 200 1"#;
    let at = stamp(ProxyLog::Access, line).unwrap();
    assert_eq!(at.to_rfc3339(), "2026-11-21T02:37:36+00:00");
    let line = r#"127.0.0.1 - [1795232256.250] "GET /[x] HTTP/1.1" 200 1"#;
    let at = stamp(ProxyLog::Access, line).unwrap();
    assert_eq!(at.timestamp_millis(), 1_795_232_256_250);
    let line = "2026/11/21 03:37:36 [error] 7#7: *3 connect() failed";
    let at = stamp(ProxyLog::Error, line).unwrap().with_timezone(&Local);
    assert_eq!(at.naive_local().to_string(), "2026-11-21 03:37:36");
    for line in ["", "GET / 200", "[x] é é é é é é é é é é é"] {
      assert_eq!(stamp(ProxyLog::Access, line), None);
      assert_eq!(stamp(ProxyLog::Error, line), None);
    }
  }
}
