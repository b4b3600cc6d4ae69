//! The fake server: databases that are a count of rows, and the backups that were taken of them.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use cutover::{
  adapters::database::check_new_database,
  engine::ports::{Clock, Database, Notes, PortError, PortErrorKind, PortFuture},
  model::{VersionName, event::BackupRecord, finding::Finding},
};

use super::fake::FakeSite;

const IN_USE: &str = "ala";

/// Rows of the one table.
type Rows = u64;

pub struct Server {
  /// All databases, that in use too.
  pub databases: BTreeMap<String, Rows>,
  /// Those a restore into which is complete.
  restored: Vec<String>,
  /// Oldest first, with what each holds.
  backups: Vec<(BackupRecord, Rows)>,
  pub locked: bool,
}

impl Server {
  pub fn new() -> Self {
    Self {
      databases: BTreeMap::from([(IN_USE.into(), 12)]),
      restored: Vec::new(),
      backups: Vec::new(),
      locked: false,
    }
  }

  /// Users are at work.
  pub fn grow(&mut self) {
    *self.databases.get_mut(IN_USE).expect("the database in use") += 1;
  }

  fn back_up(&mut self, backup: BackupRecord) {
    let rows = self.databases[IN_USE];
    self.backups.push((backup, rows));
  }

  fn restore(&mut self, file: &Path, database: &str) -> Result<Rows, PortError> {
    check_new_database(database)?;
    if self.databases.contains_key(database) {
      return Err(refused("restore", "it exists already"));
    }
    let taken = self
      .backups
      .iter()
      .find(|(backup, _)| Path::new(&backup.file) == file);
    let Some((_, rows)) = taken else {
      return Err(PortError::new(
        PortErrorKind::Misconfigured,
        "verify the dump",
        "no such file",
      ));
    };
    self.databases.insert(database.into(), *rows);
    self.restored.push(database.into());
    Ok(*rows)
  }

  fn swap(&mut self, database: &str) -> Result<String, PortError> {
    let restored = self.restored.iter().position(|name| name == database);
    let Some(position) = restored else {
      return Err(refused("swap", "it is not a complete restore"));
    };
    self.restored.remove(position);
    let former = format!("{IN_USE}_before_{}", self.databases.len());
    for (from, to) in [(IN_USE, former.as_str()), (database, IN_USE)] {
      if let Some(rows) = self.databases.remove(from) {
        self.databases.insert(to.into(), rows);
      }
    }
    Ok(former)
  }
}

fn refused(doing: &str, why: &str) -> PortError {
  PortError::new(PortErrorKind::Refused, doing, why)
}

fn counts(rows: Rows) -> Vec<(String, u64)> {
  vec![("patients".into(), rows)]
}

struct MigrationLock(Arc<FakeSite>);

impl Drop for MigrationLock {
  fn drop(&mut self) {
    self.0.state().server.locked = false;
  }
}

/// The database port needs the shared handle to hand out a lock that frees itself.
pub struct FakeDatabase(pub Arc<FakeSite>);

impl Database for FakeDatabase {
  fn backup<'a>(
    &'a self,
    live_version: Option<&'a VersionName>,
    schema_head: Option<&'a str>,
    _: Notes<'a>,
  ) -> PortFuture<'a, BackupRecord> {
    Box::pin(async move {
      self.0.enter("backup").await?;
      let backup = {
        let at = self.0.now();
        let server = &mut self.0.state().server;
        let backup = BackupRecord {
          file: format!("ala-{}.dump", server.backups.len() + 1),
          sha256: "00".into(),
          bytes: 84_000_000,
          entries: 120,
          server: "15.18".into(),
          database: IN_USE.into(),
          schema_head: schema_head.map(ToOwned::to_owned),
          live_version: live_version.map(ToString::to_string),
          at,
        };
        server.back_up(backup.clone());
        backup
      };
      self.0.leave("backup").await?;
      Ok(backup)
    })
  }

  fn backups(&self) -> PortFuture<'_, Vec<BackupRecord>> {
    Box::pin(async {
      let state = self.0.state();
      let newest = state.server.backups.iter().rev();
      Ok(newest.map(|(backup, _)| backup.clone()).collect())
    })
  }

  fn preflight(&self) -> PortFuture<'_, Vec<Finding>> {
    Box::pin(async {
      self.0.enter("database.preflight").await?;
      Ok(Vec::new())
    })
  }

  fn restore_into<'a>(
    &'a self,
    file: &'a Path,
    database: &'a str,
    _: Notes<'a>,
  ) -> PortFuture<'a, Vec<(String, u64)>> {
    Box::pin(async move {
      self.0.enter("restore_into").await?;
      self.0.state().server.restore(file, database).map(counts)
    })
  }

  fn row_counts(&self) -> PortFuture<'_, Vec<(String, u64)>> {
    Box::pin(async { Ok(counts(self.0.state().server.databases[IN_USE])) })
  }

  fn swap<'a>(&'a self, database: &'a str) -> PortFuture<'a, String> {
    Box::pin(async move {
      self.0.enter("swap").await?;
      self.0.state().server.swap(database)
    })
  }

  fn migration_lock(&self) -> PortFuture<'_, Box<dyn Send + Sync>> {
    Box::pin(async {
      self.0.enter("migration_lock").await?;
      let server = &mut self.0.state().server;
      if server.locked {
        return Err(refused(
          "take the migration lock",
          "another migration holds the lock",
        ));
      }
      server.locked = true;
      Ok(Box::new(MigrationLock(self.0.clone())) as Box<dyn Send + Sync>)
    })
  }
}
