//! What makes a dump a backup: its bytes are the recorded ones, and `pg_restore` of the server's
//! own version reads it in full. A table of contents alone proves nothing: it survives a cut.

use std::{fs, io, path::Path};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{
  folder,
  server::Server,
  session::{Discard, Input, Sink},
};
use crate::{
  engine::ports::{PortError, PortErrorKind},
  model::plan::hex,
};

/// What was found in a dump that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
  pub sha256: String,
  pub bytes: u64,
  /// Entries of the table of contents; never 0.
  pub entries: u64,
}

impl Server {
  /// Reads the dump in full. With a side-car, size and sha256 must be the recorded ones, too.
  pub(super) async fn verify(&self, dump: &Path) -> Result<Verified, PortError> {
    let doing = format!("verify {}", dump.display());
    let local = |error: io::Error| {
      PortError::new(
        PortErrorKind::Misconfigured,
        doing.clone(),
        format!("{error}; name a file of the backup folder, or give its path"),
      )
    };
    let bad = |why: String| {
      PortError::new(
        PortErrorKind::Refused,
        doing.clone(),
        format!("{why}: do not restore from it; take another backup"),
      )
    };
    let recorded = folder::side_car(dump)
      .map_err(|error| bad(format!("its side-car cannot be read ({error})")))?;
    let (sha256, bytes) = hash(dump).await.map_err(local)?;
    if let Some(recorded) = recorded {
      if recorded.bytes != bytes {
        return Err(bad(format!(
          "it has {bytes} bytes, {} were recorded",
          recorded.bytes
        )));
      }
      if recorded.sha256 != sha256 {
        return Err(bad(
          "its bytes are not the recorded ones (sha256 differs)".into(),
        ));
      }
    }

    let open = || tokio::fs::File::open(dump);
    let input = Input::File(open().await.map_err(local)?);
    self
      .run(
        &doing,
        &["pg_restore", "-f", "/dev/null"],
        &[],
        input,
        &mut Discard,
      )
      .await?
      .require(&doing, "do not restore from it; take another backup")?;

    let input = Input::File(open().await.map_err(local)?);
    let mut contents = Entries::default();
    self
      .run(&doing, &["pg_restore", "--list"], &[], input, &mut contents)
      .await?
      .require(&doing, "do not restore from it; take another backup")?;
    let entries = contents.finish();
    if entries == 0 {
      return Err(bad(format!(
        "it holds no table and nothing else; is {} the right database?",
        self.database
      )));
    }
    Ok(Verified {
      sha256,
      bytes,
      entries,
    })
  }
}

async fn hash(path: &Path) -> io::Result<(String, u64)> {
  let path = path.to_owned();
  tokio::task::spawn_blocking(move || {
    let mut hasher = Sha256::new();
    let mut file = fs::File::open(path)?;
    let mut bytes = 0;
    let mut buffer = vec![0; 256 * 1024];
    loop {
      match io::Read::read(&mut file, &mut buffer)? {
        0 => return Ok((hex(&hasher.finalize()), bytes)),
        count => {
          hasher.update(&buffer[..count]);
          bytes += count as u64;
        }
      }
    }
  })
  .await
  .map_err(io::Error::other)?
}

/// Counts lines that are neither empty nor comments, whatever their length.
#[derive(Default)]
struct Entries {
  count: u64,
  /// Whether the line so far is an entry; `None` at its start.
  line: Option<bool>,
}

impl Entries {
  fn finish(self) -> u64 {
    self.count + u64::from(self.line == Some(true))
  }
}

impl Sink for Entries {
  async fn take(&mut self, chunk: Bytes) -> io::Result<()> {
    for byte in chunk {
      match (byte, self.line) {
        (b'\n', line) => {
          self.count += u64::from(line == Some(true));
          self.line = None;
        }
        (b';', None) => self.line = Some(false),
        (_, None) => self.line = Some(true),
        _ => {}
      }
    }
    Ok(())
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[tokio::test]
  async fn entries_are_counted_however_the_list_is_cut() {
    let list =
      b";\n; Archive\n;\n\n215; 1259 16386 TABLE public a x\n3000; 0 1 TABLE DATA ; b\n1; last";
    for size in 1..list.len() {
      let mut entries = Entries::default();
      for part in list.chunks(size) {
        entries.take(Bytes::copy_from_slice(part)).await.unwrap();
      }
      assert_eq!(entries.finish(), 3, "cut every {size} bytes");
    }
  }
}
