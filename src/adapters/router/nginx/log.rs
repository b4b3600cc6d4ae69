//! nginx's error log since an instant: from the container's own output, from a file inside it, or
//! from a file of this host. Only lines that say something failed.
//!
//! Docker's own stamps are exact; what is in a file is read by `router::error_log`.

use std::path::Path;

use chrono::{DateTime, FixedOffset, Local, Utc};

use super::{NginxRouter, dump, proxy::Proxy};
use crate::{
  adapters::router::{
    error_log::{MOST_LINES, serious, serious_since, short, tail},
    process::MOST_OUTPUT,
  },
  engine::ports::{PortError, PortErrorKind},
};

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
        let text = tail(Path::new(&path)).map_err(|error| format!("{path}: {error}"))?;
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
