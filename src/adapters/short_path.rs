//! A socket's path may have 107 bytes at most, and state folders can be deeper: both ends reach it
//! through an open descriptor of its folder.

use std::{
  fs::{self, File},
  io,
  os::{fd::AsRawFd, unix::fs::PermissionsExt},
  path::{Path, PathBuf},
};

use tokio::net::UnixListener;

use super::ledger::Access;

/// A short path to `socket` in `folder`, good while this lives.
pub(crate) struct ShortPath {
  _folder: File,
  path: PathBuf,
}

impl ShortPath {
  pub(crate) fn of(folder: &Path) -> io::Result<Self> {
    let opened = File::open(folder)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}/socket", opened.as_raw_fd()));
    Ok(Self {
      _folder: opened,
      path,
    })
  }

  pub(crate) fn path(&self) -> &Path {
    &self.path
  }
}

/// Listens at `socket` in `folder`. Whatever is there already must be known to be of a dead process.
pub(crate) fn listen(folder: &Path, access: Access) -> io::Result<UnixListener> {
  let path = folder.join("socket");
  match fs::remove_file(&path) {
    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
    _ => {}
  }
  let short = ShortPath::of(folder)?;
  let listener = UnixListener::bind(short.path())?;
  access.give(&path)?;
  fs::set_permissions(&path, fs::Permissions::from_mode(access.file_mode()))?;
  Ok(listener)
}
