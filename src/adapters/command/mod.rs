//! Commands on this host: hooks, host migrations, smoke commands and git.
//!
//! `process` runs one argument list in a process group of its own; `source` brings the source
//! tree to a version, by `git`. No shell is ever involved.

mod git;
mod process;
mod source;

use std::{collections::BTreeMap, fs::File, sync::Arc, time::Duration};

use crate::{
  config::Site,
  engine::ports::{CommandOutput, Commands, Notes, PortFuture},
  model::{VersionName, offer::SourceTag},
};

/// Runs argument lists on this host for one site.
pub struct HostCommands {
  site: Arc<Site>,
  child_stdin: Option<File>,
}

impl HostCommands {
  /// `child_stdin` becomes the standard input of every child: the open lock file, so that the
  /// site stays locked while a child of ours lives. Without it, children read nothing.
  pub fn new(site: Arc<Site>, child_stdin: Option<File>) -> Self {
    Self { site, child_stdin }
  }
}

impl Commands for HostCommands {
  fn run<'a>(
    &'a self,
    command: &'a [String],
    environment: &'a BTreeMap<String, String>,
    deadline: Duration,
    notes: Notes<'a>,
  ) -> PortFuture<'a, CommandOutput> {
    Box::pin(self.run_here(command, environment, deadline, notes))
  }

  fn update_source<'a>(
    &'a self,
    version: &'a VersionName,
    notes: Notes<'a>,
  ) -> PortFuture<'a, String> {
    Box::pin(self.update(version, notes))
  }

  fn source_tags(&self) -> PortFuture<'_, Vec<SourceTag>> {
    Box::pin(self.tags())
  }
}
