//! The site's one lock: `flock` on a file that is never removed, renamed or written to.
//!
//! The kernel decides who holds it. The lock belongs to the *open file*, and mutating children
//! get that open file as their stdin (it is empty, so they read an end of file): while one of
//! them lives the lock stays taken, even when the runner was killed. So nothing here ever unlocks:
//! the last descriptor to close does. `holder` is the record beside it, for showing only.

use std::{
  fs::{self, File, OpenOptions, TryLockError},
  io,
  os::{
    fd::AsFd,
    unix::fs::{MetadataExt, OpenOptionsExt},
  },
  path::{Path, PathBuf},
};

use super::files::failed;
use crate::{
  adapters::processes,
  engine::ports::{PortError, PortErrorKind},
};

/// The lock, held. Dropping it lets go of this process's descriptor only.
#[derive(Debug)]
pub struct SiteLock {
  file: File,
  path: PathBuf,
}

impl SiteLock {
  /// `None` when somebody holds it. A reader's probe takes it for an instant, so a caller that
  /// wants to be sure tries again for a moment.
  pub fn try_take(state: &Path) -> Result<Option<Self>, PortError> {
    let path = state.join("lock");
    let file = open_or_create(&path)?;
    match file.try_lock() {
      Ok(()) => {}
      Err(TryLockError::WouldBlock) => return Ok(None),
      Err(TryLockError::Error(error)) => {
        return Err(failed(format!("lock {}", path.display()), &error));
      }
    }
    let lock = Self { file, path };
    lock.check()?;
    Ok(Some(lock))
  }

  /// The lock as handed over by a front end: stdin is the lock file, already locked. Stdin becomes
  /// `/dev/null`, so that only children that are meant to hold the lock inherit it.
  pub fn inherited_from_stdin(state: &Path) -> Result<Self, PortError> {
    let path = state.join("lock");
    let refused = |detail: &str| {
      PortError::new(
        PortErrorKind::Refused,
        format!("take over the lock {}", path.display()),
        format!("{detail}; operations are started by commands such as cutover deploy, not by hand"),
      )
    };
    let file = io::stdin()
      .as_fd()
      .try_clone_to_owned()
      .map(File::from)
      .map_err(|error| refused(&format!("standard input is closed ({error})")))?;
    let lock = Self {
      file,
      path: path.clone(),
    };
    if !lock.is_the_file()? {
      return Err(refused("standard input is not the lock file"));
    }
    // A no-op on an open file that holds the lock already, and refused when another one does.
    if lock.file.try_lock().is_err() {
      return Err(refused("somebody else holds the lock"));
    }
    lock.check()?;
    let null = File::open("/dev/null").map_err(|error| failed("open /dev/null".into(), &error))?;
    nix::unistd::dup2_stdin(null)
      .map_err(|errno| failed("put /dev/null in place of the lock".into(), &errno.into()))?;
    Ok(lock)
  }

  /// What a child that changes something gets as its stdin, so that the lock outlives us with it.
  pub fn child_stdin(&self) -> Result<File, PortError> {
    self
      .file
      .try_clone()
      .map_err(|error| failed(format!("hand on the lock {}", self.path.display()), &error))
  }

  /// A lock on a file that has been replaced protects nothing, and children must not find input.
  fn check(&self) -> Result<(), PortError> {
    let doing = || format!("lock {}", self.path.display());
    if !self.is_the_file()? {
      return Err(PortError::new(
        PortErrorKind::Misconfigured,
        doing(),
        "the file was removed or replaced while it was in use; never delete it: wait until no cutover runs here, then try again",
      ));
    }
    let found = self
      .file
      .metadata()
      .map_err(|error| failed(doing(), &error))?;
    if !found.is_file() || found.len() != 0 {
      return Err(PortError::new(
        PortErrorKind::Misconfigured,
        doing(),
        format!(
          "it must be an empty file, because commands get it as their input: truncate -s 0 {}",
          self.path.display()
        ),
      ));
    }
    Ok(())
  }

  fn is_the_file(&self) -> Result<bool, PortError> {
    let identity = |found: &fs::Metadata| (found.dev(), found.ino());
    let ours = self
      .file
      .metadata()
      .map_err(|error| failed(format!("look at {}", self.path.display()), &error))?;
    match fs::symlink_metadata(&self.path) {
      Ok(there) => Ok(identity(&there) == identity(&ours)),
      Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
      Err(error) => Err(failed(format!("look at {}", self.path.display()), &error)),
    }
  }
}

/// Whether anybody holds the lock, asked of the kernel. Takes a shared lock for an instant, so
/// that readers do not see each other; never creates the file.
pub fn is_held(state: &Path) -> Result<bool, PortError> {
  let path = state.join("lock");
  let file = match open(&path) {
    Ok(file) => file,
    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
    Err(error) => {
      return Err(failed(
        format!("look at the lock {}", path.display()),
        &error,
      ));
    }
  };
  match file.try_lock_shared() {
    Ok(()) => Ok(false),
    Err(TryLockError::WouldBlock) => Ok(true),
    Err(TryLockError::Error(error)) => Err(failed(
      format!("look at the lock {}", path.display()),
      &error,
    )),
  }
}

/// Processes other than this one that have the lock file as their stdin, as far as we may see.
pub(super) fn children(state: &Path) -> Vec<u32> {
  let Ok(lock) = fs::metadata(state.join("lock")) else {
    return Vec::new();
  };
  processes::all()
    .filter(|pid| *pid != std::process::id())
    .filter(|pid| {
      fs::metadata(format!("/proc/{pid}/fd/0"))
        .is_ok_and(|stdin| (stdin.dev(), stdin.ino()) == (lock.dev(), lock.ino()))
    })
    .collect()
}

/// Read-only, so that no child can write to it; a link in its place is not followed.
fn open(path: &Path) -> io::Result<File> {
  OpenOptions::new()
    .read(true)
    .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
    .open(path)
}

fn open_or_create(path: &Path) -> Result<File, PortError> {
  let opened = match open(path) {
    Err(error) if error.kind() == io::ErrorKind::NotFound => {
      match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
      {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => open(path),
      }
    }
    opened => opened,
  };
  opened.map_err(|error| failed(format!("open the lock {}", path.display()), &error))
}
