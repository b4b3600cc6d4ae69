//! The only code that changes the managed file: rename over it, write it in place, or re-link it.
//! Durable when it returns; a failure leaves the old file, and the temporary name is removed.

use std::{
  fs::{self, File, OpenOptions},
  io::{self, Read, Write},
  os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink},
  path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, Gid, Uid, access, fchown};
use sha2::{Digest, Sha256};

use crate::model::router::{FileContent, FileHash, Mount};

/// Far above any real switch file; a larger one is a mistake in the configuration.
const MOST_BYTES: u64 = 1024 * 1024;

pub(in crate::adapters::router) fn read(path: &Path) -> io::Result<Vec<u8>> {
  let mut bytes = Vec::new();
  File::open(path)?
    .take(MOST_BYTES + 1)
    .read_to_end(&mut bytes)?;
  if bytes.len() as u64 > MOST_BYTES {
    return Err(io::Error::other("it is larger than 1 MiB"));
  }
  Ok(bytes)
}

pub(in crate::adapters::router) fn hash(bytes: &[u8]) -> FileHash {
  FileHash(hex(&Sha256::digest(bytes)))
}

/// A link's hash covers where it points and what stands there, so that either change is seen.
pub(in crate::adapters::router) fn link_hash(target: &str, bytes: &[u8]) -> FileHash {
  let mut all = Sha256::new();
  all.update(format!("link:{target}\n"));
  all.update(bytes);
  FileHash(hex(&all.finalize()))
}

fn hex(bytes: &[u8]) -> String {
  use std::fmt::Write as _;
  bytes.iter().fold(String::new(), |mut out, byte| {
    // Writing to a String cannot fail.
    let _ = write!(out, "{byte:02x}");
    out
  })
}

/// Puts `content` at `path` the way its mount needs it.
pub(super) fn put(path: &Path, mount: Mount, content: &FileContent) -> io::Result<()> {
  match (content, mount) {
    (FileContent::Text(text), Mount::SingleFile) => overwrite(path, text.as_bytes()),
    (FileContent::Text(text), _) => replace(path, text.as_bytes()),
    (FileContent::Link(target), _) => relink(path, target),
    (FileContent::Absent, _) => remove(path),
  }
}

/// Whether `put` may work; changes nothing.
pub(super) fn writable(path: &Path, mount: Mount) -> bool {
  let folder = path.parent().unwrap_or(Path::new("/"));
  match mount {
    Mount::SingleFile => access(path, AccessFlags::W_OK).is_ok(),
    _ => access(folder, AccessFlags::W_OK | AccessFlags::X_OK).is_ok(),
  }
}

/// A dot file in the same folder: no include pattern of the proxy matches it, and a rename from
/// it is atomic.
fn beside(path: &Path) -> io::Result<(PathBuf, PathBuf)> {
  let folder = path
    .parent()
    .ok_or_else(|| io::Error::other("it has no folder"))?;
  let name = path
    .file_name()
    .ok_or_else(|| io::Error::other("it has no name"))?;
  let temporary = folder.join(format!(".{}.cutover", name.to_string_lossy()));
  match fs::remove_file(&temporary) {
    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
    _ => Ok((folder.to_owned(), temporary)),
  }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
  let (folder, temporary) = beside(path)?;
  let written = (|| {
    let mut file = OpenOptions::new()
      .write(true)
      .create_new(true)
      .mode(0o600)
      .open(&temporary)?;
    let mut mode = 0o644;
    if let Ok(old) = fs::metadata(path) {
      mode = old.mode() & 0o7777;
      // Only root may give a file away; for anyone else the group alone may still work.
      if fchown(
        &file,
        Some(Uid::from_raw(old.uid())),
        Some(Gid::from_raw(old.gid())),
      )
      .is_err()
      {
        let _ = fchown(&file, None, Some(Gid::from_raw(old.gid())));
      }
    }
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
  })();
  settle(&folder, &temporary, written)
}

fn remove(path: &Path) -> io::Result<()> {
  match fs::remove_file(path) {
    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
    _ => File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all(),
  }
}

fn relink(path: &Path, target: &str) -> io::Result<()> {
  let (folder, temporary) = beside(path)?;
  let written = symlink(target, &temporary).and_then(|()| fs::rename(&temporary, path));
  settle(&folder, &temporary, written)
}

fn settle(folder: &Path, temporary: &Path, written: io::Result<()>) -> io::Result<()> {
  if let Err(error) = written {
    // What matters is the first error; a leftover dot file is removed by the next write.
    let _ = fs::remove_file(temporary);
    return Err(error);
  }
  File::open(folder)?.sync_all()
}

/// The same inode keeps its place behind the mount. Not atomic: the engine has the old bytes in
/// its journal before this is called.
fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
  let mut file = OpenOptions::new()
    .write(true)
    .create(true)
    .truncate(false)
    .open(path)?;
  file.write_all(bytes)?;
  file.set_len(bytes.len() as u64)?;
  file.sync_all()
}

#[cfg(test)]
mod tests {
  use super::*;

  fn text(text: &str) -> FileContent {
    FileContent::Text(text.to_owned())
  }

  #[test]
  fn a_replaced_file_keeps_its_mode_and_leaves_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("active.conf");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(folder.path().join(".active.conf.cutover"), "left over").unwrap();
    let before = fs::metadata(&path).unwrap();
    put(&path, Mount::Directory, &text("new")).unwrap();
    let after = fs::metadata(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(after.mode(), before.mode());
    assert_ne!(after.ino(), before.ino());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
  }

  #[test]
  fn a_file_written_in_place_keeps_its_inode_and_loses_its_old_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("active.conf");
    fs::write(&path, "a much longer text").unwrap();
    let before = fs::metadata(&path).unwrap().ino();
    put(&path, Mount::SingleFile, &text("short")).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "short");
    assert_eq!(fs::metadata(&path).unwrap().ino(), before);
  }

  #[test]
  fn a_link_is_replaced_in_one_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("active.conf");
    symlink("blue.conf", &path).unwrap();
    put(
      &path,
      Mount::Directory,
      &FileContent::Link("green.conf".to_owned()),
    )
    .unwrap();
    assert_eq!(fs::read_link(&path).unwrap(), Path::new("green.conf"));
  }

  #[test]
  fn putting_back_that_there_was_none_removes_it_and_may_be_done_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("active.conf");
    for mount in [Mount::Host, Mount::Directory, Mount::SingleFile] {
      put(&path, mount, &text("first")).unwrap();
      assert_eq!(fs::read_to_string(&path).unwrap(), "first");
      put(&path, mount, &FileContent::Absent).unwrap();
      put(&path, mount, &FileContent::Absent).unwrap();
      assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
  }

  #[test]
  fn a_missing_folder_is_not_writable_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gone/active.conf");
    assert!(!writable(&path, Mount::Host));
    assert!(put(&path, Mount::Host, &text("new")).is_err());
    assert!(writable(&folder.path().join("new.conf"), Mount::Host));
  }

  #[test]
  fn a_link_and_its_target_both_count_for_the_hash() {
    assert_ne!(link_hash("a", b"x"), link_hash("b", b"x"));
    assert_ne!(link_hash("a", b"x"), link_hash("a", b"y"));
    assert_eq!(hash(b"").short(), "e3b0c44298fc");
  }
}
