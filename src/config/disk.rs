//! The file system as the configuration needs it, so that a text can also be judged without one.

use std::{
  fs,
  io::{self, Read},
  os::unix::fs::MetadataExt,
  path::Path,
};

/// What is known about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
  File,
  Folder,
  Other,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
  pub(super) kind: Kind,
  pub(super) mode: u32,
}

/// `None` from any of these means that nobody looked: it is no fault.
pub(super) trait Disk {
  /// A whole text of at most `most` bytes.
  fn read(&self, path: &Path, most: usize) -> Option<io::Result<String>>;
  /// Follows links.
  fn look(&self, path: &Path) -> Option<io::Result<Found>>;
  fn group_exists(&self, name: &str) -> Option<bool>;
}

/// This machine.
pub(super) struct RealDisk;

impl Disk for RealDisk {
  fn read(&self, path: &Path, most: usize) -> Option<io::Result<String>> {
    Some(read(path, most))
  }

  fn look(&self, path: &Path) -> Option<io::Result<Found>> {
    Some(fs::metadata(path).map(|found| Found {
      kind: if found.is_file() {
        Kind::File
      } else if found.is_dir() {
        Kind::Folder
      } else {
        Kind::Other
      },
      mode: found.mode(),
    }))
  }

  fn group_exists(&self, name: &str) -> Option<bool> {
    Some(matches!(nix::unistd::Group::from_name(name), Ok(Some(_))))
  }
}

/// Reads a regular file only, so that no pipe or device can hold us up.
fn read(path: &Path, most: usize) -> io::Result<String> {
  let about = fs::metadata(path)?;
  if !about.is_file() {
    return Err(io::Error::other("it is not a file"));
  }
  let limit = u64::try_from(most).unwrap_or(u64::MAX);
  let mut bytes = Vec::new();
  fs::File::open(path)?
    .take(limit.saturating_add(1))
    .read_to_end(&mut bytes)?;
  if bytes.len() > most {
    return Err(io::Error::other(format!("it is larger than {most} bytes")));
  }
  String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text"))
}

/// No machine at all.
pub(super) struct NoDisk;

impl Disk for NoDisk {
  fn read(&self, _: &Path, _: usize) -> Option<io::Result<String>> {
    None
  }

  fn look(&self, _: &Path) -> Option<io::Result<Found>> {
    None
  }

  fn group_exists(&self, _: &str) -> Option<bool> {
    None
  }
}
