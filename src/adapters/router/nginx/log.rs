//! nginx's error log since an instant: from the container's own output, from a file inside it, or
//! from a file of this host. Only lines that say something failed.
//!
//! nginx stamps whole seconds in local time, so a file's lines of the very second of `since` count
//! too; Docker's own stamps are exact.

use std::{
  fs::File,
  io::{Read, Seek, SeekFrom},
};

use chrono::{DateTime, FixedOffset, Local, NaiveDateTime, TimeZone, Utc};

use super::{NginxRouter, dump, proxy::Proxy};
use crate::{
  adapters::router::process::{MOST_OUTPUT, bounded},
  engine::ports::{PortError, PortErrorKind},
};

const MOST_LINES: usize = 50;
const TAIL: &str = "65536";

impl NginxRouter {
  pub(super) async fn errors_after(&self, since: DateTime<Utc>) -> Result<Vec<String>, PortError> {
    let doing = "reading nginx's error log";
    let proxy = self.proxy().await?;
    let mut paths: Vec<String> = self.learned(&proxy).await?.error_logs.into_iter().collect();
    if paths.is_empty() {
      paths.extend(dump::built_with(
        &self.built(&proxy).await?,
        "error-log-path",
      ));
    }
    let (mut lines, mut read, mut trouble) = (Vec::new(), 0, None);
    for path in paths {
      if path.starts_with("syslog:") || path.starts_with("memory:") || path == "/dev/null" {
        trouble.get_or_insert(format!(
          "it goes to {path}, which cannot be read: let error_log name a file as well"
        ));
        continue;
      }
      match self.one_log(&proxy, &path, since).await {
        Ok(found) => {
          read += 1;
          lines.extend(found);
        }
        Err(why) => {
          trouble.get_or_insert(why);
        }
      }
    }
    match trouble {
      // One that was read may simply not be the one that matters, but it is an answer.
      Some(why) if read == 0 => Err(PortError::new(PortErrorKind::Misconfigured, doing, why)),
      _ => {
        lines.dedup();
        Ok(lines.split_off(lines.len().saturating_sub(MOST_LINES)))
      }
    }
  }

  async fn one_log(
    &self,
    proxy: &Proxy,
    path: &str,
    since: DateTime<Utc>,
  ) -> Result<Vec<String>, String> {
    let said = |error: PortError| error.to_string();
    match proxy {
      Proxy::Host if path == "stderr" || path.starts_with("/dev/std") => {
        Err("it goes to standard error, which cannot be read: set error_log to a file".to_owned())
      }
      Proxy::Host => {
        let path = self.absolute(proxy, path).await.map_err(said)?;
        let text = tail(&path).map_err(|error| format!("{path}: {error}"))?;
        Ok(serious_since(&text, since, &Local))
      }
      Proxy::Container(found) => {
        let path = match path {
          "stderr" => "/dev/stderr".to_owned(),
          path => self.absolute(proxy, path).await.map_err(said)?,
        };
        if self.is_output(proxy, &path).await.map_err(said)? {
          let all = self
            .containers
            .log_since(found, since, 200)
            .await
            .map_err(said)?;
          return Ok(
            all
              .into_iter()
              .filter(|(_, line)| serious(line).is_some())
              .map(|(_, line)| short(&line))
              .collect(),
          );
        }
        let ran = self
          .run(
            proxy,
            &list(&["tail", "-c", TAIL, &path]),
            MOST_OUTPUT + 1024,
          )
          .await
          .map_err(said)?;
        if ran.code != 0 {
          return Err(ran.last_words(1));
        }
        let zone = self
          .run(proxy, &list(&["date", "+%z"]), 64)
          .await
          .map_err(said)?;
        let zone: FixedOffset = String::from_utf8_lossy(&zone.out)
          .trim()
          .parse()
          .map_err(|_| "the container's time zone is unknown".to_owned())?;
        Ok(serious_since(
          &String::from_utf8_lossy(&ran.out),
          since,
          &zone,
        ))
      }
    }
  }

  /// Whether a path inside is the container's own output, directly or by a link.
  pub(super) async fn is_output(&self, proxy: &Proxy, path: &str) -> Result<bool, PortError> {
    let leads_out = |path: &str| {
      path.starts_with("/dev/std")
        || path.starts_with("/proc/1/fd/")
        || path.starts_with("/proc/self/fd/")
    };
    if leads_out(path) {
      return Ok(true);
    }
    let ran = self.run(proxy, &list(&["readlink", path]), 4096).await?;
    Ok(ran.code == 0 && leads_out(String::from_utf8_lossy(&ran.out).trim()))
  }
}

pub(super) fn list(words: &[&str]) -> Vec<String> {
  words.iter().map(|word| (*word).to_owned()).collect()
}

/// The end of a file of this host.
fn tail(path: &str) -> std::io::Result<String> {
  let mut file = File::open(path)?;
  let length = file.metadata()?.len();
  file.seek(SeekFrom::Start(length.saturating_sub(MOST_OUTPUT as u64)))?;
  let mut bytes = Vec::new();
  file.take(MOST_OUTPUT as u64).read_to_end(&mut bytes)?;
  Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn short(line: &str) -> String {
  bounded(line, 2048).to_owned()
}

/// The stamp of a line that says something failed.
fn serious(line: &str) -> Option<NaiveDateTime> {
  let (stamp, rest) = (line.get(..19)?, line.get(19..)?);
  let at = NaiveDateTime::parse_from_str(stamp, "%Y/%m/%d %H:%M:%S").ok()?;
  let level = rest.strip_prefix(" [")?.split(']').next()?;
  matches!(level, "emerg" | "alert" | "crit" | "error").then_some(at)
}

fn serious_since(text: &str, since: DateTime<Utc>, zone: &impl TimeZone) -> Vec<String> {
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
