//! A machine that is looked at for the first time.

use std::path::{Path, PathBuf};

use super::{PortError, PortFuture};
use crate::config::detect::{Fact, Survey, Want};

/// Looks at a machine that has no `cutover.toml` yet; what `init` needs from outside.
pub trait Scout: Send + Sync {
  fn survey<'a>(&'a self, folder: &'a Path) -> PortFuture<'a, Survey>;
  /// Answers one thing the detection wants to know; not knowing is an answer too.
  fn answer<'a>(&'a self, want: &'a Want) -> PortFuture<'a, Fact>;
  /// What the file says now, when it is there.
  fn stands(&self, file: &Path) -> Option<String>;
  /// Replaces the file; returns where what stood there is kept.
  fn write(&self, file: &Path, text: &str) -> Result<Option<PathBuf>, PortError>;
}
