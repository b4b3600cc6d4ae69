//! One backup from first byte to retention: dump, hash, read back in full, record, and only then
//! a name that counts.

use std::{
  io,
  path::{Path, PathBuf},
};

use chrono::Utc;

use super::{
  dump::{Unfinished, dump_prefix},
  dump_name::partial_of,
  folder::{Folder, Shared},
  retention,
  server::Server,
};
use crate::{
  config::{Backup, Site},
  engine::ports::{Notes, PortError, PortErrorKind},
  model::{VersionName, event::BackupRecord},
};

/// What the backup is made of and told.
pub(super) struct Request<'a> {
  pub(super) site: &'a Site,
  pub(super) backup: &'a Backup,
  pub(super) live_version: Option<&'a VersionName>,
  pub(super) schema_head: Option<&'a str>,
  pub(super) notes: Notes<'a>,
}

pub(super) fn shared(site: &Site) -> Shared {
  if site.state_group.is_some() {
    Shared::WithGroup
  } else {
    Shared::No
  }
}

impl Server {
  pub(super) async fn backup(&self, request: Request<'_>) -> Result<BackupRecord, PortError> {
    let Request {
      site,
      backup,
      notes,
      ..
    } = request;
    let doing = format!("back up database {} from {}", self.database, self.place());
    let folder = Folder(&backup.dir);
    let local = |error: io::Error| {
      PortError::new(
        PortErrorKind::Misconfigured,
        doing.clone(),
        format!("{}: {error}; no backup was made", backup.dir.display()),
      )
    };
    folder.open(shared(site)).map_err(local)?;
    for name in folder.remove_leftovers().map_err(local)? {
      notes(&format!("removed {name}, left by an interrupted backup"));
    }
    self.end_dumps(&site.name).await?;
    let earlier = folder.backups().map_err(local)?;
    let (version, size) = self.version_and_size().await?;
    let expected = earlier.first().map_or(size, |last| last.bytes);
    if let Some(why) = too_little(&folder, expected).map_err(local)? {
      return Err(PortError::new(PortErrorKind::Refused, doing, why));
    }

    let at = Utc::now();
    let (path, file) = folder.begin(at).map_err(local)?;
    let name = format!(
      "{}{}",
      dump_prefix(&site.name),
      at.format("%Y%m%d-%H%M%S-%f")
    );
    let mut unfinished = Unfinished {
      server: self,
      path: Some(path.clone()),
      dumping: Some(name.clone()),
    };
    notes(&format!(
      "dumping {} from {} to {}",
      self.database,
      self.place(),
      path.display()
    ));
    let (sha256, bytes) = self.dump(&doing, &name, file).await?;
    unfinished.dumping = None;
    notes(&format!(
      "wrote {bytes} bytes, sha256 {sha256}; reading them back"
    ));
    let verified = self.verify(&partial_of(&path)).await?;
    if (&verified.sha256, verified.bytes) != (&sha256, bytes) {
      return Err(PortError::new(
        PortErrorKind::Unexpected,
        doing,
        "what was read back from disk is not what was written: check the disk",
      ));
    }
    notes(&format!("read back in full: {} objects", verified.entries));
    if let Some(last) = earlier.first() {
      compare(last, verified.entries, bytes, notes);
    }

    let record = BackupRecord {
      file: path.display().to_string(),
      sha256,
      bytes,
      entries: verified.entries,
      server: format!("PostgreSQL {version}").into(),
      database: self.database.clone(),
      schema_head: request.schema_head.map(str::to_owned),
      live_version: request.live_version.map(ToString::to_string),
      at,
    };
    folder.finish(&path, &record).map_err(local)?;
    unfinished.path = None;
    retire(&folder, &record, backup.keep, notes);
    Ok(record)
  }

  /// The server's version and the size of the database in use.
  pub(super) async fn version_and_size(&self) -> Result<(String, u64), PortError> {
    let doing = format!("ask {} for the size of {}", self.place(), self.database);
    let script = "select current_setting('server_version'), pg_database_size(current_database())";
    let answer = self.sql(&doing, &self.database, script).await?;
    let mut fields = answer.split('\0');
    match (
      fields.next(),
      fields.next().and_then(|size| size.parse().ok()),
    ) {
      (Some(version), Some(size)) => Ok((version.to_owned(), size)),
      _ => Err(PortError::new(
        PortErrorKind::Unexpected,
        doing,
        "the answer was not understood",
      )),
    }
  }
}

/// Why there is too little room for another dump like the last one.
pub(super) fn too_little(folder: &Folder<'_>, expected: u64) -> io::Result<Option<String>> {
  let (free, need) = (folder.free_bytes()?, expected.saturating_mul(2));
  Ok((free < need).then(|| {
    format!(
      "{} has {free} bytes free and twice the expected size, {need}, is needed: make room, or set another dir in [database] backup",
      folder.0.display()
    )
  }))
}

/// A dump much smaller or larger than the last one is worth a look, and no more.
fn compare(last: &BackupRecord, entries: u64, bytes: u64, notes: Notes<'_>) {
  if entries.saturating_mul(2) < last.entries {
    notes(&format!(
      "warning: {entries} objects, the backup before had {}",
      last.entries
    ));
  }
  if bytes.saturating_mul(2) < last.bytes || bytes > last.bytes.saturating_mul(2) {
    notes(&format!(
      "warning: {bytes} bytes, the backup before had {}",
      last.bytes
    ));
  }
}

/// A backup that cannot be removed is no failure of the one just made.
fn retire(folder: &Folder<'_>, made: &BackupRecord, keep: usize, notes: Notes<'_>) {
  let Ok(all) = folder.backups() else {
    notes("warning: the backup folder could not be read again, so no old backup was removed");
    return;
  };
  let versions = retention::wanted(&all, made.live_version.as_deref());
  for file in retention::expired(&all, &made.file, keep, &versions) {
    match folder.remove(&file) {
      Ok(()) => notes(&format!("removed the old backup {file}")),
      Err(error) => notes(&format!("warning: the old backup {file} stays: {error}")),
    }
  }
}

/// The folder that a dump given by name alone lies in.
pub(super) fn resolve(backup: Option<&Backup>, file: &Path) -> PathBuf {
  match backup {
    Some(backup) if file.parent() == Some(Path::new("")) => backup.dir.join(file),
    _ => file.to_owned(),
  }
}
