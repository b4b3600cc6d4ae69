//! The two proofs that need more than the answer: a nonce found in one slot's log, and workers
//! that are younger than the switch file they must have read.

use std::{
  fs,
  os::unix::fs::MetadataExt,
  sync::atomic::{AtomicU64, Ordering},
  time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{NginxRouter, host};
use crate::{
  adapters::router::{
    container::Found,
    listener::{answered, unclear},
    managed::disk,
    wanted::Wanted,
  },
  config::ProofBy,
  engine::ports::PortError,
  model::{Slot, router::Sample},
};

const LOG_LINES: usize = 200;
/// How long a slot's log may take to show a request that was already answered.
const LOG_WITHIN: Duration = Duration::from_secs(3);
const LOG_EVERY: Duration = Duration::from_millis(50);

static ASKED: AtomicU64 = AtomicU64::new(0);

/// A word nobody else asks for.
fn nonce() -> String {
  let count = ASKED.fetch_add(1, Ordering::Relaxed);
  let seed = format!("{} {count} {:?}", std::process::id(), Utc::now());
  disk::hash(seed.as_bytes()).0.chars().take(20).collect()
}

impl NginxRouter {
  pub(super) async fn sample_once(&self) -> Result<Sample, PortError> {
    match (&self.site.proof.by, self.site.proof.url.as_deref()) {
      (ProofBy::Effective, None) => self.by_effect().await,
      (ProofBy::Effective, Some(url)) => match self.listener.ask(url).await? {
        Ok(_) => self.by_effect().await,
        Err(lost) => Ok(lost),
      },
      (ProofBy::Log, Some(url)) => self.by_log(url).await,
      _ => self.listener.sample().await,
    }
  }

  /// A request with a nonce in its query, then the one slot whose log shows that nonce.
  async fn by_log(&self, url: &str) -> Result<Sample, PortError> {
    let nonce = nonce();
    // Docker's stamps are of its own host's clock, which is this one's; a second covers rounding.
    let since = Utc::now() - TimeDelta::seconds(1);
    let mark = if url.contains('?') { '&' } else { '?' };
    if let Err(lost) = self
      .listener
      .ask(&format!("{url}{mark}cutover={nonce}"))
      .await?
    {
      return Ok(lost);
    }
    let mut watched: Vec<(Slot, Found)> = Vec::new();
    for slot in Slot::BOTH {
      for wanted in Wanted::in_slot(&self.site, slot) {
        match self.containers.find(&wanted).await {
          Ok(found) if found.running => watched.push((slot, found)),
          // A slot without containers logged nothing.
          _ => {}
        }
      }
    }
    let deadline = tokio::time::Instant::now() + LOG_WITHIN;
    loop {
      let mut seen = Vec::new();
      for (slot, found) in &watched {
        if !seen.contains(slot) && self.logged(found, since, &nonce).await? {
          seen.push(*slot);
        }
      }
      match seen.as_slice() {
        [slot] => return Ok(answered(*slot)),
        [] if tokio::time::Instant::now() < deadline => tokio::time::sleep(LOG_EVERY).await,
        [] => {
          return Ok(unclear(
            "answered, but in neither slot's log: does the application log the query of each request?",
          ));
        }
        _ => return Ok(unclear("the request is in both slots' logs")),
      }
    }
  }

  async fn logged(
    &self,
    found: &Found,
    since: DateTime<Utc>,
    nonce: &str,
  ) -> Result<bool, PortError> {
    let lines = self.containers.log_since(found, since, LOG_LINES).await?;
    Ok(lines.iter().any(|(_, line)| line.contains(nonce)))
  }

  /// The slot the switch file names, when the proxy sees the very same file and every active
  /// worker started after it was last changed. Weaker than any answer: it trusts that a worker
  /// which started later has loaded what was there.
  async fn by_effect(&self) -> Result<Sample, PortError> {
    let proxy = self.proxy().await?;
    let located = self.locate(&proxy)?;
    let workers = self.workers_now(&proxy).await?;
    if workers.active.is_empty() {
      return Ok(unclear("nginx has no active worker"));
    }
    let file_age = fs::symlink_metadata(&located.path)
      .map(|file| {
        let nanos = u32::try_from(file.ctime_nsec()).unwrap_or_default();
        Utc::now() - DateTime::from_timestamp(file.ctime(), nanos).unwrap_or_default()
      })
      .map_err(|error| self.managed.wrong(error.to_string()))?;
    for pid in workers.active {
      let age = i32::try_from(pid).ok().and_then(host::age);
      match age {
        None => {
          return Ok(unclear(
            "the workers' start cannot be read from this machine: use another proof",
          ));
        }
        Some(age) if age > file_age => {
          return Ok(unclear(
            "a worker is older than the switch file, so it serves a former one",
          ));
        }
        Some(_) => {}
      }
    }
    let inside = self.hash_inside(&proxy, &located).await?;
    let current = self.managed.current(&located)?;
    if inside != current.hash {
      return Ok(unclear(
        "the proxy sees another switch file than the one on disk",
      ));
    }
    Ok(match current.named.slot {
      Some(slot) => Sample::Answered {
        slot,
        generation: current.named.generation,
      },
      None => unclear("the switch file names neither slot"),
    })
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn no_nonce_comes_twice_and_each_is_a_plain_word() {
    let all: std::collections::BTreeSet<String> = (0..1000).map(|_| nonce()).collect();
    assert_eq!(all.len(), 1000);
    assert!(
      all
        .iter()
        .all(|nonce| nonce.len() == 20 && nonce.chars().all(|c| c.is_ascii_alphanumeric()))
    );
  }
}
