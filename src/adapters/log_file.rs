//! Log files of this host: read as they grow and are replaced, and written so that none grows without
//! bound. Used for the proxies' logs and for the logs of processes.

use std::{
  fs::{self, File},
  io::{self, Read, Seek, SeekFrom, Write},
  os::unix::fs::MetadataExt,
  path::{Path, PathBuf},
};

use super::ledger::Access;
use crate::engine::ports::PortError;

/// Read at one turn.
const MOST_READ: u64 = 1024 * 1024;
/// A written log's former content is kept beside it, so that twice this is on disk at most.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A log of ours.
pub(super) struct WrittenLog {
  path: PathBuf,
  file: File,
  length: u64,
  access: Access,
}

impl WrittenLog {
  pub(super) fn open(path: &Path, access: Access) -> Result<Self, PortError> {
    let file = access.open_append(path)?;
    Ok(Self {
      length: file.metadata().map_or(0, |facts| facts.len()),
      path: path.to_owned(),
      file,
      access,
    })
  }

  /// A log that cannot be written is no reason to stop serving: what fails is left out.
  pub(super) fn write(&mut self, line: &str) {
    if self.length > LARGEST
      && fs::rename(&self.path, self.path.with_added_extension("1")).is_ok()
      && let Ok(fresh) = Self::open(&self.path, self.access)
    {
      *self = fresh;
    }
    self.length += u64::try_from(line.len()).unwrap_or_default();
    drop(self.file.write_all(line.as_bytes()));
  }
}

/// A file that grows and is replaced.
pub(super) struct LogFile {
  path: PathBuf,
  file: File,
  at: u64,
  /// It was opened within a line, whose rest is no line.
  within: bool,
}

impl LogFile {
  /// From its last `before` bytes on.
  pub(super) fn open(path: &Path, before: u64) -> io::Result<Self> {
    let mut file = File::open(path)?;
    let at = file.metadata()?.len().saturating_sub(before);
    file.seek(SeekFrom::Start(at))?;
    Ok(Self {
      path: path.to_owned(),
      file,
      at,
      within: at > 0,
    })
  }

  /// What was written since; of a file that was replaced or emptied, from its start.
  pub(super) fn more(&mut self) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = (&self.file).take(MOST_READ).read_to_end(&mut bytes)?;
    self.at += u64::try_from(read).unwrap_or_default();
    if read > 0 {
      if std::mem::take(&mut self.within) {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        bytes.drain(..end.map_or(read, |at| at + 1));
      }
      return Ok(bytes);
    }
    let (open, named) = (self.file.metadata()?, fs::metadata(&self.path)?);
    if (open.dev(), open.ino()) != (named.dev(), named.ino()) {
      self.file = File::open(&self.path)?;
      (self.at, self.within) = (0, false);
    } else if named.len() < self.at {
      self.file.seek(SeekFrom::Start(0))?;
      (self.at, self.within) = (0, false);
    }
    Ok(bytes)
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_log_is_read_on_after_it_was_rotated_and_after_it_was_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    fs::write(&path, "one\n").unwrap();
    let mut log = LogFile::open(&path, 1024).unwrap();
    let mut said = || {
      let mut all = log.more().unwrap();
      all.extend(log.more().unwrap());
      String::from_utf8(all).unwrap()
    };
    assert_eq!(said(), "one\n");
    fs::OpenOptions::new()
      .append(true)
      .open(&path)
      .unwrap()
      .write_all(b"two\n")
      .unwrap();
    assert_eq!(said(), "two\n");
    fs::rename(&path, folder.path().join("access.log.1")).unwrap();
    fs::write(&path, "three\n").unwrap();
    assert_eq!(said(), "three\n");
    fs::write(&path, "4\n").unwrap();
    assert_eq!(said(), "4\n");
  }

  #[test]
  fn a_log_that_is_opened_within_a_line_begins_with_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    fs::write(&path, "one\ntwo\n").unwrap();
    let mut log = LogFile::open(&path, 6).unwrap();
    assert_eq!(log.more().unwrap(), b"two\n");
  }
}
