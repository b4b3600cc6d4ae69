//! Durable files: each write is a temporary file, fsync, rename, fsync of the folder, so that a
//! reader finds the complete old or the complete new content after any crash.
//!
//! Also owns the modes of what we create, and the errors' words. `team_files` decides what is
//! written into the files that belong to the team.

use std::{
  fs::{self, DirBuilder, File, OpenOptions},
  io::{self, Read, Write},
  os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
  path::Path,
};

use nix::unistd::{Gid, Uid, chown, fchown};
use serde::{Serialize, de::DeserializeOwned};

use crate::engine::ports::{PortError, PortErrorKind};

/// Who may read and write what the site remembers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
  /// Under root, the owner of the site: what `sudo` writes stays theirs to read.
  pub(crate) owner: Option<Uid>,
  /// Shared with this group instead of private to the owner.
  pub(crate) group: Option<Gid>,
}

impl Access {
  pub(crate) fn file_mode(self) -> u32 {
    if self.group.is_some() { 0o660 } else { 0o600 }
  }

  pub(crate) fn folder_mode(self) -> u32 {
    if self.group.is_some() { 0o2770 } else { 0o700 }
  }

  /// Gives what we created at `path` to the site's owner and group.
  pub(crate) fn give(self, path: &Path) -> io::Result<()> {
    if self.owner.is_some() || self.group.is_some() {
      chown(path, self.owner, self.group)?;
    }
    Ok(())
  }

  fn adopt(self, file: &File) -> io::Result<()> {
    if self.owner.is_some() || self.group.is_some() {
      fchown(file, self.owner, self.group)?;
    }
    file.set_permissions(fs::Permissions::from_mode(self.file_mode()))
  }

  /// Creates the folder and those above it that are missing; leaves existing ones as they are.
  pub(crate) fn make_folder(self, folder: &Path) -> Result<(), PortError> {
    if folder.is_dir() {
      return Ok(());
    }
    if let Some(above) = folder.parent() {
      self.make_folder(above)?;
    }
    let doing = || format!("create the folder {}", folder.display());
    match DirBuilder::new()
      .mode(self.folder_mode() & 0o777)
      .create(folder)
    {
      Ok(()) => {}
      Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
      Err(error) => return Err(failed(doing(), &error)),
    }
    self.give(folder).map_err(|error| failed(doing(), &error))?;
    // After chown, which clears the setgid bit; and because the process's umask narrowed mkdir.
    fs::set_permissions(folder, fs::Permissions::from_mode(self.folder_mode()))
      .and_then(|()| folder.parent().map_or(Ok(()), sync_folder))
      .map_err(|error| failed(doing(), &error))
  }

  /// Replaces a file of ours.
  pub(crate) fn put(self, path: &Path, content: &[u8]) -> Result<(), PortError> {
    let folder = folder_of(path)?;
    self.make_folder(folder)?;
    replace(path, content, |file| self.adopt(file))
      .map_err(|error| failed(format!("write {}", path.display()), &error))
  }

  pub(crate) fn put_json<T: Serialize>(self, path: &Path, value: &T) -> Result<(), PortError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| {
      PortError::new(
        PortErrorKind::Unexpected,
        format!("write {}", path.display()),
        error.to_string(),
      )
    })?;
    text.push(b'\n');
    self.put(path, &text)
  }

  /// Opens a file of ours for appending, creating it with the right mode.
  pub(crate) fn open_append(self, path: &Path) -> Result<File, PortError> {
    let opening = || -> io::Result<File> {
      let mut options = OpenOptions::new();
      options.append(true).read(true);
      match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened,
      }
      let file = options.create_new(true).mode(self.file_mode()).open(path)?;
      self.adopt(&file)?;
      path.parent().map_or(Ok(()), sync_folder)?;
      Ok(file)
    };
    self.make_folder(folder_of(path)?)?;
    opening().map_err(|error| failed(format!("open {}", path.display()), &error))
  }
}

/// Replaces a file of somebody else's: same mode, same owner, through links to the real file.
/// A file that is not there yet is created with the ledger's own mode.
pub(crate) fn put_in_place(path: &Path, content: &[u8], access: Access) -> Result<(), PortError> {
  let doing = || format!("write {}", path.display());
  let real = match fs::canonicalize(path) {
    Ok(real) => real,
    Err(error) if error.kind() == io::ErrorKind::NotFound => return access.put(path, content),
    Err(error) => return Err(failed(doing(), &error)),
  };
  let before = fs::metadata(&real).map_err(|error| failed(doing(), &error))?;
  replace(&real, content, |file| {
    let ours = file.metadata()?;
    if (ours.uid(), ours.gid()) != (before.uid(), before.gid()) {
      fchown(
        file,
        Some(Uid::from_raw(before.uid())),
        Some(Gid::from_raw(before.gid())),
      )?;
    }
    file.set_permissions(fs::Permissions::from_mode(before.mode() & 0o7777))
  })
  .map_err(|error| match error.kind() {
    io::ErrorKind::PermissionDenied => PortError::new(
      PortErrorKind::Misconfigured,
      doing(),
      format!(
        "{error}; its folder must be writable and its owner stay uid {}: run cutover as that user or as root",
        before.uid()
      ),
    ),
    _ => failed(doing(), &error),
  })
}

fn replace(
  path: &Path,
  content: &[u8],
  prepare: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<()> {
  let folder = path
    .parent()
    .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
  let mut temporary = tempfile::Builder::new()
    .prefix(".cutover-")
    .tempfile_in(folder)?;
  temporary.write_all(content)?;
  prepare(temporary.as_file())?;
  temporary.as_file().sync_all()?;
  temporary.persist(path).map_err(|failed| failed.error)?;
  sync_folder(folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
  File::open(folder)?.sync_all()
}

/// The whole file, or `None` when there is none. More than `most` bytes is a fault.
pub(crate) fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>, PortError> {
  let doing = || format!("read {}", path.display());
  let file = match File::open(path) {
    Ok(file) => file,
    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
    Err(error) => return Err(failed(doing(), &error)),
  };
  let mut content = Vec::new();
  file
    .take(most + 1)
    .read_to_end(&mut content)
    .map_err(|error| failed(doing(), &error))?;
  if content.len() as u64 > most {
    return Err(PortError::new(
      PortErrorKind::Misconfigured,
      doing(),
      format!("it is larger than {most} bytes, which nothing of ours writes: move it away"),
    ));
  }
  Ok(Some(content))
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, PortError> {
  let Some(content) = read(path, 16 << 20)? else {
    return Ok(None);
  };
  serde_json::from_slice(&content).map(Some).map_err(|error| {
    PortError::new(
      PortErrorKind::Unexpected,
      format!("read {}", path.display()),
      format!(
        "it is damaged or of another version ({error}); look at it, then move it away: mv {0} {0}.damaged",
        path.display()
      ),
    )
  })
}

/// An I/O error in the operator's words.
pub(crate) fn failed(doing: String, error: &io::Error) -> PortError {
  let (kind, advice) = match error.kind() {
    io::ErrorKind::PermissionDenied => (
      PortErrorKind::Misconfigured,
      "; run as the user who owns it, or share it with a group (state_group)",
    ),
    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
      (PortErrorKind::Refused, "; free some space (df -h)")
    }
    io::ErrorKind::ReadOnlyFilesystem => (
      PortErrorKind::Misconfigured,
      "; remount it writable (mount -o remount,rw)",
    ),
    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => (PortErrorKind::Misconfigured, ""),
    _ => (PortErrorKind::Unexpected, ""),
  };
  PortError::new(kind, doing, format!("{error}{advice}"))
}

fn folder_of(path: &Path) -> Result<&Path, PortError> {
  path.parent().ok_or_else(|| {
    PortError::new(
      PortErrorKind::Misconfigured,
      format!("write {}", path.display()),
      "it is not inside a folder",
    )
  })
}
