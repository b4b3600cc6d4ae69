//! One backup from first byte to retention: dump, hash, read back in full, record, and only then
//! a name that counts.

use std::{
  io,
  path::{Path, PathBuf},
};

use bytes::Bytes;
use chrono::Utc;
use sha2::{Digest, Sha256};
use tokio::{fs::File, io::AsyncWriteExt, runtime::Handle};

use super::{
  folder::{Folder, Shared, partial_of},
  name::literal,
  retention,
  server::Server,
  session::{Input, Sink},
};
use crate::{
  config::{Backup, Site},
  engine::ports::{Notes, PortError, PortErrorKind},
  model::{VersionName, event::BackupRecord, plan::hex},
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

/// The dump's way to disk: counted and hashed as it passes.
struct DumpFile {
  file: File,
  hash: Sha256,
  bytes: u64,
}

impl DumpFile {
  fn new(file: std::fs::File) -> Self {
    Self {
      file: File::from_std(file),
      hash: Sha256::new(),
      bytes: 0,
    }
  }

  /// The sha256 and size of what is now durable; a write that failed late fails here.
  async fn finish(mut self) -> io::Result<(String, u64)> {
    self.file.flush().await?;
    self.file.sync_all().await?;
    Ok((hex(&self.hash.finalize()), self.bytes))
  }
}

impl Sink for DumpFile {
  async fn take(&mut self, chunk: Bytes) -> io::Result<()> {
    self.hash.update(&chunk);
    self.bytes += chunk.len() as u64;
    self.file.write_all(&chunk).await
  }
}

/// Undoes a dump that did not get its name: the partial file, and the dump process, which goes
/// on inside a container after its client is gone and holds every table meanwhile.
struct Unfinished<'a> {
  server: &'a Server,
  path: Option<PathBuf>,
  /// The dump's name on the server, while it may still run there.
  dumping: Option<String>,
}

impl Drop for Unfinished<'_> {
  fn drop(&mut self) {
    if let Some(path) = self.path.take() {
      // What stays is removed by the next backup.
      let _ = std::fs::remove_file(partial_of(&path));
    }
    if let (Some(name), Ok(runtime)) = (self.dumping.take(), Handle::try_current()) {
      let server = self.server.clone();
      runtime.spawn(async move { server.end_sessions(&name).await });
    }
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

  async fn dump(
    &self,
    doing: &str,
    name: &str,
    file: std::fs::File,
  ) -> Result<(String, u64), PortError> {
    let mut sink = DumpFile::new(file);
    let [u, user, w] = self.login();
    let command = [
      "pg_dump",
      "-Fc",
      "--lock-wait-timeout=60s",
      u,
      user,
      w,
      "-d",
      &self.database,
    ];
    let name = format!("PGAPPNAME={name}");
    let finished = self
      .run(doing, &command, &[&name], Input::Nothing, &mut sink)
      .await?;
    finished.require(doing, "no backup was made")?;
    sink.finish().await.map_err(|error| {
      PortError::new(
        PortErrorKind::Unexpected,
        doing,
        format!("{error}; no backup was made"),
      )
    })
  }

  /// Ends dumps of ours that nobody reads any more. The site's lock makes sure that there is no
  /// other.
  pub(super) async fn end_dumps(&self, site: &str) -> Result<(), PortError> {
    self.end_sessions(&dump_prefix(site)).await
  }

  async fn end_sessions(&self, prefix: &str) -> Result<(), PortError> {
    let script = format!(
      "select pg_terminate_backend(pid) from pg_stat_activity where left(application_name, {}) = {}",
      prefix.len(),
      literal(prefix)
    );
    let doing = "end dumps left by an interrupted backup";
    self.sql(doing, &self.database, &script).await.map(drop)
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

/// How our dumps call themselves on the server, before the time: `PostgreSQL` keeps 63 bytes.
fn dump_prefix(site: &str) -> String {
  let plain: String = site
    .chars()
    .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
    .take(22)
    .collect();
  format!("cutover-backup-{plain} ")
}

/// The folder that a dump given by name alone lies in.
pub(super) fn resolve(backup: Option<&Backup>, file: &Path) -> PathBuf {
  match backup {
    Some(backup) if file.parent() == Some(Path::new("")) => backup.dir.join(file),
    _ => file.to_owned(),
  }
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::adapters::database::{host, session::drive};

  #[tokio::test]
  async fn a_full_disk_is_an_error_whether_the_dump_is_small_or_large() {
    for bytes in ["1", "300000"] {
      let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
      let mut sink = DumpFile::new(full.unwrap());
      let command = ["head", "-c", bytes, "/dev/zero"].map(str::to_owned);
      let session = host::start(&command, &[], &Input::Nothing).unwrap();
      let ended = match drive("dump", session, Input::Nothing, &mut sink).await {
        Ok(_) => sink.finish().await.map_err(|error| error.to_string()),
        Err(error) => Err(error.detail),
      };
      let error = ended.unwrap_err();
      assert!(error.contains("No space left"), "{bytes}: {error}");
    }
  }

  #[test]
  fn the_name_of_a_dump_on_the_server_fits_and_belongs_to_one_site() {
    let name = dump_prefix(&"x".repeat(80)) + "20250102-030405-000000000";
    assert!(name.len() <= 63, "{}", name.len());
    assert!(!dump_prefix("ala-2").starts_with(&dump_prefix("ala")));
  }
}
