//! `pg_dump` itself: its way to disk, hashed as it passes, its name on the server, and its end when
//! nobody reads it any more.

use std::{io, path::PathBuf};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::{fs::File, io::AsyncWriteExt, runtime::Handle};

use super::{
  dump_name::partial_of,
  name::literal,
  server::Server,
  session::{Input, Sink},
};
use crate::{
  engine::ports::{PortError, PortErrorKind},
  model::plan::hex,
};

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
pub(super) struct Unfinished<'a> {
  pub(super) server: &'a Server,
  pub(super) path: Option<PathBuf>,
  /// The dump's name on the server, while it may still run there.
  pub(super) dumping: Option<String>,
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
  pub(super) async fn dump(
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
}

/// How our dumps call themselves on the server, before the time: `PostgreSQL` keeps 63 bytes.
pub(super) fn dump_prefix(site: &str) -> String {
  let plain: String = site
    .chars()
    .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
    .take(22)
    .collect();
  format!("cutover-backup-{plain} ")
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
