//! What stands between users and the slots.

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::{PortError, PortErrorKind, PortFuture};
use crate::{
  engine::log_pipe::LogReader,
  model::{
    Slot,
    event::SavedFile,
    log_source::ProxyLog,
    operation::OperationId,
    requests::Request,
    router::{FileHash, NextFile, RouterFacts, Sample, Workers},
    surroundings::Effective,
  },
};

/// The proxy and the one file of its configuration that is ours.
pub trait Router: Send + Sync {
  /// Looks at everything; changes nothing.
  fn facts(&self) -> PortFuture<'_, RouterFacts>;
  /// The managed file's content now, to be put back byte for byte; also that there is none. The
  /// proxy need not be there yet.
  fn save(&self) -> PortFuture<'_, SavedFile>;
  /// The complete next content for `slot`, made from the configuration; changes nothing.
  fn next(&self, slot: Slot, generation: u64, operation: OperationId) -> PortFuture<'_, NextFile>;
  /// A unified diff of the managed file against `next`, for the dry run.
  fn diff<'a>(&'a self, next: &'a NextFile) -> PortFuture<'a, Vec<String>>;
  /// Replaces the managed file: atomic rename, or in place where a single-file mount needs it.
  fn write<'a>(&'a self, next: &'a NextFile) -> PortFuture<'a, ()>;
  /// Puts saved bytes back, the same way.
  fn restore<'a>(&'a self, saved: &'a SavedFile) -> PortFuture<'a, ()>;
  /// The hash of the managed file as the proxy itself reads it.
  fn seen_inside(&self) -> PortFuture<'_, FileHash>;
  /// The proxy's own configuration test. `Refused` with its words when it says no.
  fn test(&self) -> PortFuture<'_, ()>;
  /// Reloads by the proxy's own command inside the proxy; never a signal through the API.
  fn reload(&self) -> PortFuture<'_, ()>;
  /// Starts and stops a proxy that is no container; of one that is, `Runtime` does.
  fn start(&self) -> PortFuture<'_, ()> {
    Box::pin(async { Err(not_ours("start")) })
  }
  fn stop(&self) -> PortFuture<'_, ()> {
    Box::pin(async { Err(not_ours("stop")) })
  }
  fn workers(&self) -> PortFuture<'_, Workers>;
  /// Lines of the error log of level `emerg`, `alert`, `crit` or `error` since `since`.
  fn errors_since(&self, since: DateTime<Utc>) -> PortFuture<'_, Vec<String>>;
  /// One request through the proxy's own listener on a fresh connection.
  fn sample(&self) -> PortFuture<'_, Sample>;
  /// How `sample` proves: `X-Slot through http://…`, for people.
  fn proof_words(&self) -> String;
  /// Exact commands of test and reload, for the dry run.
  fn command_lines(&self) -> Vec<String>;
  /// The last `count` lines or fewer of one of the proxy's own logs, then each new one. Only for
  /// a proxy that is no container: of one that is, `Runtime` follows the log.
  fn follow_log(&self, _log: ProxyLog, _count: usize) -> PortFuture<'_, LogReader> {
    Box::pin(async {
      Err(PortError::new(
        PortErrorKind::Misconfigured,
        "follow the proxy's log",
        "it cannot be read",
      ))
    })
  }
  /// The configuration as the proxy itself reads it. `Refused` when it reads none.
  fn configuration(&self) -> PortFuture<'_, Effective>;
  /// Requests as they are logged, the newest few hundred first; in batches. Closes when the log
  /// ends: the proxy was stopped. `Misconfigured` where no access log can be read.
  fn requests(&self) -> PortFuture<'_, mpsc::Receiver<Vec<Request>>> {
    Box::pin(async {
      Err(PortError::new(
        PortErrorKind::Misconfigured,
        "follow the proxy's requests",
        "its access log cannot be read",
      ))
    })
  }
}

fn not_ours(verb: &str) -> PortError {
  PortError::new(
    PortErrorKind::Misconfigured,
    format!("{verb} the proxy"),
    format!("cutover does not {verb} this kind of proxy: {verb} it the way you do"),
  )
}
