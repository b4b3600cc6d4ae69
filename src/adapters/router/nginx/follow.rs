//! The logs of an nginx on this host as they are written, each line with nginx's own stamp.

use std::time::Duration;

use chrono::{DateTime, Local, NaiveDateTime, TimeZone, Utc};
use tokio::time::sleep;

use super::{
  NginxRouter,
  dump::{self, Dump},
  log_file::LogFile,
  proxy::Proxy,
};
use crate::{
  adapters::bounded::Lines,
  engine::{
    log_pipe::{LogReader, LogWriter, log_pipe},
    ports::{PortError, PortErrorKind},
  },
  model::{beat, log_line::LogEntry, log_source::ProxyLog},
};

/// Of a log that is opened; a line is rarely longer.
const BYTES_A_LINE: u64 = 256;
const POLL: Duration = Duration::from_millis(500);

impl NginxRouter {
  pub(super) async fn follow(&self, log: ProxyLog, count: usize) -> Result<LogReader, PortError> {
    let proxy = self.proxy().await?;
    if matches!(proxy, Proxy::Container(_)) {
      return Err(wrong(
        "the proxy is a container: its log is the container's",
      ));
    }
    let path = match log {
      ProxyLog::Access => {
        let dump = self.dump(&proxy).await?.map_err(|why| wrong(&why))?;
        self.access_file(&proxy, &dump).await?
      }
      ProxyLog::Error => self.error_file(&proxy).await?,
    };
    let before = BYTES_A_LINE.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX));
    let file = LogFile::open(&path, before).map_err(|why| wrong(&format!("{path}: {why}")))?;
    let (writer, reader) = log_pipe();
    tokio::spawn(write(file, log, writer));
    Ok(reader)
  }

  /// The first access log that is a file.
  pub(super) async fn access_file(&self, proxy: &Proxy, dump: &Dump) -> Result<String, PortError> {
    let file = dump.access_logs.iter().find(|path| is_file(path));
    let file = file.ok_or_else(|| wrong("no access_log is a file: let one name a file"))?;
    self.absolute(proxy, file).await
  }

  async fn error_file(&self, proxy: &Proxy) -> Result<String, PortError> {
    let mut paths: Vec<String> = self.learned(proxy).await?.error_logs.into_iter().collect();
    if paths.is_empty() {
      paths.extend(dump::built_with(
        &self.built(proxy).await?,
        "error-log-path",
      ));
    }
    let file = paths.iter().find(|path| is_file(path));
    let file = file.ok_or_else(|| wrong("no error_log is a file: let one name a file"))?;
    self.absolute(proxy, file).await
  }
}

fn wrong(why: &str) -> PortError {
  PortError::new(PortErrorKind::Misconfigured, "following nginx's log", why)
}

fn is_file(path: &str) -> bool {
  let elsewhere = ["syslog:", "memory:", "/dev/"];
  let none = ["off", "stderr"].contains(&path) || path.contains('$');
  !none && !elsewhere.iter().any(|start| path.starts_with(start))
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

/// When nginx says that it wrote this line. A line without a known stamp has none.
fn stamp(log: ProxyLog, line: &str) -> Option<DateTime<Utc>> {
  match log {
    ProxyLog::Access => line.match_indices('[').find_map(|(at, _)| {
      let text = line.get(at + 1..)?.split(']').next()?;
      let at = DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z").ok()?;
      Some(at.to_utc())
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
    let line = "2026/11/21 03:37:36 [error] 7#7: *3 connect() failed";
    let at = stamp(ProxyLog::Error, line).unwrap().with_timezone(&Local);
    assert_eq!(at.naive_local().to_string(), "2026-11-21 03:37:36");
    for line in ["", "GET / 200", "[x] é é é é é é é é é é é"] {
      assert_eq!(stamp(ProxyLog::Access, line), None);
      assert_eq!(stamp(ProxyLog::Error, line), None);
    }
  }

  #[test]
  fn only_files_of_this_host_can_be_followed() {
    assert!(is_file("/var/log/nginx/access.log") && is_file("offline.log"));
    for other in [
      "off",
      "stderr",
      "/dev/stdout",
      "syslog:server=x",
      "logs/$host.log",
    ] {
      assert!(!is_file(other), "{other}");
    }
  }
}
