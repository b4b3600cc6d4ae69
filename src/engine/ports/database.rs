//! The database, as far as operations touch it.

use std::path::Path;

use super::{Notes, PortFuture};
use crate::model::{VersionName, event::BackupRecord, finding::Finding};

/// The database both slots share. Absent when the site has none.
pub trait Database: Send + Sync {
  /// Dumps, reads the dump back in full, writes the side-car, applies retention.
  fn backup<'a>(
    &'a self,
    live_version: Option<&'a VersionName>,
    schema_head: Option<&'a str>,
    notes: Notes<'a>,
  ) -> PortFuture<'a, BackupRecord>;
  /// Backups newest first; only verified ones.
  fn backups(&self) -> PortFuture<'_, Vec<BackupRecord>>;
  /// What a backup would meet: space, folder modes, server not reachable. What is red stops it.
  fn preflight(&self) -> PortFuture<'_, Vec<Finding>>;
  /// Verifies a dump, creates `database` anew and loads the dump; returns row counts per table.
  /// `Refused` when there is a database of that name, `Misconfigured` when there is no such file.
  fn restore_into<'a>(
    &'a self,
    file: &'a Path,
    database: &'a str,
    notes: Notes<'a>,
  ) -> PortFuture<'a, Vec<(String, u64)>>;
  /// Row counts of the database in use.
  fn row_counts(&self) -> PortFuture<'_, Vec<(String, u64)>>;
  /// Renames the database in use aside and `database` into its place; returns the name of the former.
  /// `Refused` unless a restore into `database` was complete.
  fn swap<'a>(&'a self, database: &'a str) -> PortFuture<'a, String>;
  /// Takes the site's advisory lock for migrations until the guard is dropped; `Refused` when held.
  fn migration_lock(&self) -> PortFuture<'_, Box<dyn Send + Sync>>;
}
