//! The demo's users: steady requests through the proxy, and the ledger of what became of each.
//!
//! Lost is what no version answered: no connection, no complete answer, an error of the proxy's own.
//! A version that answers with an error has answered; that is counted for it, not for the switch.

use std::{
  collections::BTreeMap,
  fmt, fs,
  path::{Path, PathBuf},
  sync::{Arc, Mutex, MutexGuard, PoisonError},
  time::Duration,
};

use serde::Serialize;
use tokio::{sync::mpsc::UnboundedReceiver, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
  load::{self, Kind, Outcome, Plan, Signed},
  wire::Target,
};

/// Clients of each kind.
const CLIENTS: u32 = 4;
/// Requests per second of each kind, slow enough that the logs can be read.
const RATE: u32 = 8;
const KINDS: [Kind; 3] = [Kind::New, Kind::Keepalive, Kind::Post];
/// How often the ledger's file is written.
const EVERY: Duration = Duration::from_secs(1);

/// What one version in one slot answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answers {
  pub served: u64,
  /// Answered with a status of 500 or more.
  pub failed: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
  pub sent: u64,
  pub lost: u64,
  pub first_lost: Option<String>,
  /// By slot and version, as the answers name them.
  pub answered: BTreeMap<String, Answers>,
}

impl Tally {
  fn add(&mut self, outcome: &Outcome) {
    self.sent += 1;
    match outcome.answer() {
      Ok(answered) if answered.status < 500 => self.by(&answered.by).served += 1,
      Ok(answered) if answered.signed == Signed::Yes => self.by(&answered.by).failed += 1,
      Ok(answered) => self.lose(answered.failure()),
      Err(why) => self.lose(why.to_owned()),
    }
  }

  fn by(&mut self, name: &str) -> &mut Answers {
    self.answered.entry(name.to_owned()).or_default()
  }

  fn lose(&mut self, why: String) {
    self.lost += 1;
    self.first_lost.get_or_insert(why);
  }

  pub fn failed(&self) -> u64 {
    self.answered.values().map(|answers| answers.failed).sum()
  }
}

/// `0 of 1,234 requests lost`.
impl fmt::Display for Tally {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (lost, sent) = (grouped(self.lost), grouped(self.sent));
    write!(f, "{lost} of {sent} requests lost")
  }
}

/// `12,345`.
fn grouped(number: u64) -> String {
  let digits = number.to_string();
  let mut out = String::new();
  for (at, digit) in digits.chars().enumerate() {
    if at > 0 && (digits.len() - at).is_multiple_of(3) {
      out.push(',');
    }
    out.push(digit);
  }
  out
}

/// Traffic that runs until it is stopped.
pub struct Traffic {
  tally: Arc<Mutex<Tally>>,
  stop: CancellationToken,
  counting: JoinHandle<()>,
}

impl Traffic {
  /// Sends through `address` and keeps the ledger in `file` as well.
  pub fn start(address: &str, file: &Path) -> Self {
    let stop = CancellationToken::new();
    let plan = Plan {
      target: Target {
        address: address.to_owned(),
        path: "/".to_owned(),
      },
      kinds: KINDS.to_vec(),
      length: Duration::MAX,
      clients: CLIENTS,
      rate: RATE,
    };
    let tally = Arc::default();
    let counting = count(
      load::send(&plan, &stop),
      Arc::clone(&tally),
      file.to_owned(),
    );
    Self {
      tally,
      stop,
      counting: tokio::spawn(counting),
    }
  }

  pub fn tally(&self) -> Tally {
    lock(&self.tally).clone()
  }

  /// Ends with the last request in flight, so that the ledger adds up.
  pub async fn stop(self) -> Tally {
    self.stop.cancel();
    drop(self.counting.await);
    lock(&self.tally).clone()
  }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
  tally.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn count(mut outcomes: UnboundedReceiver<Outcome>, tally: Arc<Mutex<Tally>>, file: PathBuf) {
  let mut due = Instant::now() + EVERY;
  while let Some(outcome) = outcomes.recv().await {
    lock(&tally).add(&outcome);
    if Instant::now() >= due {
      due = Instant::now() + EVERY;
      write(&file, &lock(&tally).clone());
    }
  }
  write(&file, &lock(&tally).clone());
}

/// For looking at from outside; what counts is in memory.
fn write(file: &Path, tally: &Tally) {
  if let Ok(text) = serde_json::to_string_pretty(tally) {
    drop(fs::write(file, text + "\n"));
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn the_ledger_reads_like_a_sentence() {
    let tally = Tally {
      sent: 12_345,
      ..Tally::default()
    };
    assert_eq!(tally.to_string(), "0 of 12,345 requests lost");
    assert_eq!(grouped(999), "999");
    assert_eq!(grouped(1_000_000), "1,000,000");
  }
}
