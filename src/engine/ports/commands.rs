//! Programs of this host.

use std::{collections::BTreeMap, time::Duration};

use super::{Notes, PortFuture};
use crate::model::{VersionName, offer::SourceTag};

/// Runs argument lists on this host: hooks, host migrations, smoke commands, git.
pub trait Commands: Send + Sync {
  /// An exit code is no error. At the deadline all it has started is ended: `Timeout`.
  fn run<'a>(
    &'a self,
    command: &'a [String],
    environment: &'a BTreeMap<String, String>,
    deadline: Duration,
    notes: Notes<'a>,
  ) -> PortFuture<'a, CommandOutput>;
  /// Brings the configured source tree to `version` (a tag, branch or commit), fast-forward only.
  /// `Refused` when the version is nowhere, or no tree is configured.
  fn update_source<'a>(
    &'a self,
    version: &'a VersionName,
    notes: Notes<'a>,
  ) -> PortFuture<'a, String>;
  /// The newest tags of the configured source tree; none without one.
  fn source_tags(&self) -> PortFuture<'_, Vec<SourceTag>>;
}

/// What a command left behind.
#[derive(Clone, Debug, Default)]
pub struct CommandOutput {
  pub exit_code: i64,
  pub output: String,
}
