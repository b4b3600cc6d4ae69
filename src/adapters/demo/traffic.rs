//! The demo's users: steady requests through the proxy, and the ledger of what became of each.
//!
//! Lost is what no version answered: no connection, no complete answer, an error of the proxy's own.
//! A version that answers with an error has answered; that is counted for it, not for the switch.

use std::{
  collections::BTreeMap,
  fs,
  path::{Path, PathBuf},
  sync::{Arc, Mutex, MutexGuard, PoisonError},
  time::Duration,
};

use serde::Serialize;
use tokio::{
  sync::{mpsc::UnboundedReceiver, watch},
  task::JoinHandle,
  time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
  load::{self, Kind, Outcome, Plan, Signed},
  wire::Target,
};
use crate::model::served::Served;

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

  pub fn served(&self) -> Served {
    Served {
      sent: self.sent,
      lost: self.lost,
      failed: self.answered.values().map(|answers| answers.failed).sum(),
    }
  }
}

/// Traffic that runs until it is stopped.
pub struct Traffic {
  tally: Arc<Mutex<Tally>>,
  served: watch::Receiver<Served>,
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
    let (told, served) = watch::channel(Served::default());
    let books = Books {
      tally: Arc::clone(&tally),
      told,
      file: file.to_owned(),
    };
    let counting = count(load::send(&plan, &stop), books);
    Self {
      tally,
      served,
      stop,
      counting: tokio::spawn(counting),
    }
  }

  pub fn tally(&self) -> Tally {
    lock(&self.tally).clone()
  }

  /// The same in short, every second.
  pub fn served(&self) -> watch::Receiver<Served> {
    self.served.clone()
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

/// Where the count is kept.
struct Books {
  tally: Arc<Mutex<Tally>>,
  told: watch::Sender<Served>,
  file: PathBuf,
}

impl Books {
  fn close(&self) {
    let tally = lock(&self.tally).clone();
    self.told.send_replace(tally.served());
    write(&self.file, &tally);
  }
}

async fn count(mut outcomes: UnboundedReceiver<Outcome>, books: Books) {
  let mut due = Instant::now() + EVERY;
  while let Some(outcome) = outcomes.recv().await {
    lock(&books.tally).add(&outcome);
    if Instant::now() >= due {
      due = Instant::now() + EVERY;
      books.close();
    }
  }
  books.close();
}

/// For looking at from outside; what counts is in memory.
fn write(file: &Path, tally: &Tally) {
  if let Ok(text) = serde_json::to_string_pretty(tally) {
    drop(fs::write(file, text + "\n"));
  }
}
