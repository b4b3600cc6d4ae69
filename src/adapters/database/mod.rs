//! The `PostgreSQL` of a site: backups that were read back, restores beside the database in use, the migration
//! lock. All tools are those of the server itself, run inside its container (or on this host).
//!
//! Never restores over a database in use and never asks for or passes a password.
//! Start at `server` (where the tools run), then `backup`, `verify`, `restore`, `lock`.

mod backup;
mod dump;
mod dump_name;
mod exec;
mod find;
mod folder;
mod host;
mod lock;
mod name;
mod preflight;
mod restore;
mod retention;
mod server;
mod session;
mod verify;

use std::{path::Path, sync::Arc};

use self::{backup::Request, folder::Folder, server::Server};
pub use self::{name::check_new_database, verify::Verified};
use crate::{
  config::{Backup, Postgres, Site},
  engine::ports::{Database, Notes, PortError, PortErrorKind, PortFuture},
  model::{VersionName, event::BackupRecord, finding::Finding},
};

/// The database both slots share.
pub struct PostgresInContainer {
  site: Arc<Site>,
  config: Postgres,
}

impl PostgresInContainer {
  /// `None` when the site has no database.
  pub fn new(site: Arc<Site>) -> Option<Self> {
    let config = site.database.clone()?;
    Some(Self { site, config })
  }

  /// Reads a dump in full and against its side-car when it has one. Fails unless it is whole.
  pub async fn verify(&self, file: &Path) -> Result<Verified, PortError> {
    let file = backup::resolve(self.config.backup.as_ref(), file);
    self.server().await?.verify(&file).await
  }

  /// Found anew each time: a recreated container has another ID.
  async fn server(&self) -> Result<Server, PortError> {
    Server::find(&self.site, &self.config).await
  }

  fn backup_config(&self) -> Result<&Backup, PortError> {
    self.config.backup.as_ref().ok_or_else(|| {
      PortError::new(
        PortErrorKind::Misconfigured,
        "find the backup folder",
        format!(
          "none is configured: add backup = {{ dir = \"backups\", keep = 5 }} to [database] in {}",
          self.site.file.display()
        ),
      )
    })
  }
}

impl Database for PostgresInContainer {
  fn backup<'a>(
    &'a self,
    live_version: Option<&'a VersionName>,
    schema_head: Option<&'a str>,
    notes: Notes<'a>,
  ) -> PortFuture<'a, BackupRecord> {
    Box::pin(async move {
      let request = Request {
        site: &self.site,
        backup: self.backup_config()?,
        live_version,
        schema_head,
        notes,
      };
      self.server().await?.backup(request).await
    })
  }

  fn backups(&self) -> PortFuture<'_, Vec<BackupRecord>> {
    Box::pin(async {
      let dir = &self.backup_config()?.dir;
      Folder(dir).backups().map_err(|error| {
        PortError::new(
          PortErrorKind::Misconfigured,
          format!("list the backups in {}", dir.display()),
          format!("{error}; check the folder's owner and mode"),
        )
      })
    })
  }

  fn preflight(&self) -> PortFuture<'_, Vec<Finding>> {
    Box::pin(async { Ok(preflight::preflight(&self.site, &self.config).await) })
  }

  fn restore_into<'a>(
    &'a self,
    file: &'a Path,
    database: &'a str,
    notes: Notes<'a>,
  ) -> PortFuture<'a, Vec<(String, u64)>> {
    Box::pin(async move {
      let file = backup::resolve(self.config.backup.as_ref(), file);
      self
        .server()
        .await?
        .restore_into(&file, database, notes)
        .await
    })
  }

  fn row_counts(&self) -> PortFuture<'_, Vec<(String, u64)>> {
    Box::pin(async {
      let server = self.server().await?;
      server.row_counts(&server.database).await
    })
  }

  fn swap<'a>(&'a self, database: &'a str) -> PortFuture<'a, String> {
    Box::pin(async move { self.server().await?.swap(database).await })
  }

  fn migration_lock(&self) -> PortFuture<'_, Box<dyn Send + Sync>> {
    Box::pin(async {
      let server = self.server().await?;
      // A dump nobody reads any more would make the migration wait for its tables.
      server.end_dumps(&self.site.name).await?;
      server.migration_lock(&self.site.name).await
    })
  }
}
