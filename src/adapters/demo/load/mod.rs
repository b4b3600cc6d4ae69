//! Bounded traffic through a proxy, in kinds of client that a switch can hurt in different ways, and a ledger of what
//! happened to every request. `clients.rs` sends, `ledger.rs` writes and counts, `summary.rs` is what comes out.
//!
//! A request is lost when there is no connection, no complete answer, or a status of 500 and above. Nothing is retried.
//! The demo counts its own way, in `demo::traffic`: there a version may fail a request that reached it.

mod clients;
mod ledger;
mod summary;

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use summary::Summary;

use super::wire::Target;

/// How a client uses its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
  /// One connection per request.
  New,
  /// One connection for many requests, looked at before each one.
  Keepalive,
  /// New connections, four seconds in flight.
  Slow,
  /// New connections that place an order.
  Post,
}

impl FromStr for Kind {
  type Err = String;

  fn from_str(text: &str) -> Result<Self, String> {
    Ok(match text {
      "new" => Self::New,
      "keepalive" => Self::Keepalive,
      "slow" => Self::Slow,
      "post" => Self::Post,
      _ => {
        return Err(format!(
          "`{text}` is no kind of client: use new, keepalive, slow or post"
        ));
      }
    })
  }
}

impl fmt::Display for Kind {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(match self {
      Self::New => "new",
      Self::Keepalive => "keepalive",
      Self::Slow => "slow",
      Self::Post => "post",
    })
  }
}

#[derive(Debug, Clone)]
pub struct Plan {
  pub target: Target,
  pub kinds: Vec<Kind>,
  pub length: Duration,
  /// Clients of each kind.
  pub clients: u32,
  /// Requests per second of each kind, all clients together.
  pub rate: u32,
}

/// What became of one request.
#[derive(Debug)]
pub struct Outcome {
  kind: Kind,
  sent: DateTime<Utc>,
  took: Duration,
  connection: Connection,
  result: Result<Answered, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connection {
  Fresh,
  Reused,
  /// Made because the one held was found closed before anything was sent on it.
  Replaced,
}

/// A complete answer.
#[derive(Debug)]
pub struct Answered {
  pub status: u16,
  /// Slot and version as the answer names them.
  pub by: String,
  /// The version itself answered, and not a proxy for it.
  pub signed: Signed,
  /// Its first line, when the status says that it failed.
  words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
  Yes,
  No,
}

impl Outcome {
  /// A complete answer of whatever status, or why there is none.
  pub fn answer(&self) -> Result<&Answered, &str> {
    self.result.as_ref().map_err(String::as_str)
  }

  /// A complete answer below 500, or why the request is lost.
  fn served(&self) -> Result<&Answered, String> {
    match &self.result {
      Ok(answered) if answered.status >= 500 => Err(answered.failure()),
      Ok(answered) => Ok(answered),
      Err(why) => Err(why.clone()),
    }
  }
}

impl Answered {
  pub fn failure(&self) -> String {
    format!("status {} {}", self.status, self.words)
  }
}

/// Sends until `stop` is cancelled; outcomes end when the last request in flight has.
pub fn send(plan: &Plan, stop: &CancellationToken) -> mpsc::UnboundedReceiver<Outcome> {
  let (tell, outcomes) = mpsc::unbounded_channel();
  // Each client ends by itself, with its last request.
  clients::start(plan, &tell, stop).detach_all();
  outcomes
}

/// Sends until the time is up or `stop` is cancelled, then waits for what is in flight.
pub async fn run(plan: Plan, ledger: &Path, stop: CancellationToken) -> Result<Summary, String> {
  let file = File::create(ledger)
    .map_err(|error| format!("{} cannot be written: {error}", ledger.display()))?;
  let (tell, outcomes) = mpsc::unbounded_channel();
  let writer = tokio::spawn(ledger::write(file, outcomes));
  let length = plan.length;
  let clients = clients::start(&plan, &tell, &stop);
  drop(tell);
  tokio::select! {
      () = tokio::time::sleep(length) => stop.cancel(),
      () = stop.cancelled() => {}
  }
  clients.join_all().await;
  writer
    .await
    .map_err(|error| error.to_string())?
    .map_err(|error| format!("the ledger broke off: {error}"))
}
