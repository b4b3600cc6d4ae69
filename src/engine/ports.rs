//! Every external system, in the engine's words: one file each. Adapters implement these; nothing
//! else may reach outside. Object-safe: futures are boxed.

mod clock;
mod commands;
mod database;
mod inbox;
mod journal;
mod ledger;
mod operations;
mod probe;
mod router;
mod runtime;
mod scout;
mod surroundings;

use std::{future::Future, pin::Pin};

pub use clock::Clock;
pub use commands::{CommandOutput, Commands};
pub use database::Database;
pub use inbox::{Inbox, Message};
pub use journal::Journal;
pub use ledger::{Ledger, StateFile, Torn};
pub use operations::{Attachment, Follow, Launch, Operations};
pub use probe::Probe;
pub use router::Router;
pub use runtime::{LastExit, Runtime, Shared};
pub use scout::Scout;
pub use surroundings::Surroundings;

pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, PortError>> + Send + 'a>>;

/// How an outside system failed us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortErrorKind {
  /// Not there, not listening, gone away.
  Unreachable,
  /// It answered and said no.
  Refused,
  Timeout,
  /// It is there but not as configured: wrong name, missing file, no permission.
  Misconfigured,
  Unexpected,
}

/// `doing` says what was tried, `detail` what came back.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{doing}: {detail}")]
pub struct PortError {
  pub kind: PortErrorKind,
  pub doing: String,
  pub detail: String,
}

impl PortError {
  pub fn new(kind: PortErrorKind, doing: impl Into<String>, detail: impl Into<String>) -> Self {
    Self {
      kind,
      doing: doing.into(),
      detail: detail.into(),
    }
  }
}

/// Receives output lines as they come, for the journal's notes.
pub type Notes<'a> = &'a (dyn Fn(&str) + Send + Sync);
