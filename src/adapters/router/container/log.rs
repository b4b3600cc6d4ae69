//! A container's log: what came since an instant, or line after line as it comes.

use std::time::Duration;

use bollard::{errors::Error, query_parameters::LogsOptionsBuilder};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt};

use super::{Containers, Found, failed};
use crate::{
  adapters::router::process::append,
  engine::ports::{PortError, PortErrorKind},
};

impl Containers {
  /// The last `count` log lines since `since`, each with its own time, bounded in time and size.
  pub(crate) async fn log_since(
    &self,
    found: &Found,
    since: DateTime<Utc>,
    count: usize,
  ) -> Result<Vec<(DateTime<Utc>, String)>, PortError> {
    let options = LogsOptionsBuilder::default()
      .stdout(true)
      .stderr(true)
      .timestamps(true)
      .since(i32::try_from(since.timestamp()).unwrap_or(i32::MAX))
      .tail(&count.to_string())
      .build();
    let doing = format!("reading the log of container {}", found.name);
    let mut stream = self.docker().await?.logs(&found.id, Some(options));
    let mut bytes = Vec::new();
    let gather = async {
      while let Some(item) = stream.next().await {
        append(&mut bytes, &item?.into_bytes(), 1024 * 1024);
      }
      Ok::<(), Error>(())
    };
    tokio::time::timeout(Duration::from_secs(3), gather)
      .await
      .map_err(|_| PortError::new(PortErrorKind::Timeout, &doing, "no end after 3 s"))?
      .map_err(|error| failed(&doing, &error))?;
    let mut lines: Vec<(DateTime<Utc>, String)> = String::from_utf8_lossy(&bytes)
      .lines()
      .filter_map(stamped)
      .filter(|(at, _)| *at >= since)
      .collect();
    lines.sort_by_key(|(at, _)| *at);
    Ok(lines)
  }

  /// The last `count` lines of the log and then each new one, as bytes.
  pub(crate) async fn follow(
    &self,
    found: &Found,
    count: usize,
  ) -> Result<impl Stream<Item = Result<Bytes, PortError>> + Send + use<>, PortError> {
    let options = LogsOptionsBuilder::default()
      .stdout(true)
      .stderr(false)
      .follow(true)
      .tail(&count.to_string())
      .build();
    let docker = self.docker().await?.clone();
    let doing = format!("following the log of container {}", found.name);
    Ok(
      docker
        .logs(&found.id, Some(options))
        .map(move |item| match item {
          Ok(output) => Ok(output.into_bytes()),
          Err(error) => Err(failed(&doing, &error)),
        }),
    )
  }
}

/// `2026-11-21T03:37:36.123456789Z text`.
fn stamped(line: &str) -> Option<(DateTime<Utc>, String)> {
  let (stamp, text) = line.split_once(' ')?;
  let at = DateTime::parse_from_rfc3339(stamp).ok()?;
  Some((at.to_utc(), text.to_owned()))
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_log_line_carries_dockers_time() {
    let (at, text) = stamped("2026-11-21T03:37:36.5Z GET / 200").unwrap();
    assert_eq!(at.to_rfc3339(), "2026-11-21T03:37:36.500+00:00");
    assert_eq!(text, "GET / 200");
    assert_eq!(stamped("no time here"), None);
  }
}
