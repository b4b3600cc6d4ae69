//! The folder of releases: one folder for each version, named as the version is typed. What a folder
//! holds is hashed, name by name and byte by byte; that hash is what a slot is pinned to.

use std::{
  collections::HashMap,
  fs, io,
  os::unix::fs::{MetadataExt, PermissionsExt},
  path::{Path, PathBuf},
  sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::{
  engine::ports::{PortError, PortErrorKind},
  model::{
    VersionName,
    container::ImageId,
    offer::{LocalVersion, LocalVersions},
  },
};

/// Deeper is a link that leads back, or a mistake.
const DEEPEST: usize = 32;

pub(super) struct Releases {
  folder: PathBuf,
  /// Hashes that were worked out, with what the files looked like then.
  known: Mutex<HashMap<PathBuf, (Vec<u8>, ImageId)>>,
}

impl Releases {
  pub(super) fn of(folder: PathBuf) -> Self {
    Self {
      folder,
      known: Mutex::default(),
    }
  }

  pub(super) fn root(&self) -> &Path {
    &self.folder
  }

  pub(super) fn folder(&self, version: &VersionName) -> PathBuf {
    self.folder.join(version.as_str())
  }

  /// The hash of what the version's folder holds now.
  pub(super) fn image(&self, version: &VersionName) -> Result<ImageId, PortError> {
    let folder = self.folder(version);
    self.hash(&folder).map_err(|error| {
      let detail = match error.kind() {
        io::ErrorKind::NotFound => {
          format!("there is no {}: put the release there", folder.display())
        }
        _ => format!("{}: {error}", folder.display()),
      };
      PortError::new(
        PortErrorKind::Misconfigured,
        format!("find version {version}"),
        detail,
      )
    })
  }

  pub(super) fn all(&self) -> Result<LocalVersions, PortError> {
    let entries = fs::read_dir(&self.folder).map_err(|error| {
      PortError::new(
        PortErrorKind::Misconfigured,
        "list the releases",
        format!("{}: {error}", self.folder.display()),
      )
    })?;
    let mut found = LocalVersions::default();
    for entry in entries.flatten() {
      let name = entry.file_name();
      let version = name.to_str().and_then(|name| name.parse().ok());
      let (Some(version), true) = (version, entry.path().is_dir()) else {
        continue;
      };
      found.images.extend(self.hash(&entry.path()).ok());
      found.versions.push(LocalVersion {
        version,
        created: entry
          .metadata()
          .and_then(|facts| facts.modified())
          .ok()
          .map(DateTime::<Utc>::from),
        lacking: Vec::new(),
      });
    }
    Ok(found)
  }

  fn hash(&self, folder: &Path) -> io::Result<ImageId> {
    let mut files = Vec::new();
    list(folder, Path::new(""), 0, &mut files)?;
    files.sort();
    let looks = looks(folder, &files)?;
    let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((before, id)) = known.get(folder)
      && *before == looks
    {
      return Ok(id.clone());
    }
    let id = contents(folder, &files)?;
    known.insert(folder.to_owned(), (looks, id.clone()));
    Ok(id)
  }
}

/// Every file below, relative.
fn list(root: &Path, below: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
  if depth > DEEPEST {
    return Err(io::Error::other("it has folders without end"));
  }
  for entry in fs::read_dir(root.join(below))? {
    let entry = entry?;
    let path = below.join(entry.file_name());
    if entry.path().is_dir() {
      list(root, &path, depth + 1, found)?;
    } else {
      found.push(path);
    }
  }
  Ok(())
}

/// Changes whenever a file was written or replaced, and costs no reading.
fn looks(root: &Path, files: &[PathBuf]) -> io::Result<Vec<u8>> {
  let mut digest = Sha256::new();
  for file in files {
    let facts = fs::metadata(root.join(file))?;
    digest.update(file.as_os_str().as_encoded_bytes());
    for number in [
      i128::from(facts.ino()),
      i128::from(facts.size()),
      i128::from(facts.mtime()),
      i128::from(facts.mtime_nsec()),
      i128::from(facts.ctime()),
      i128::from(facts.ctime_nsec()),
    ] {
      digest.update(number.to_le_bytes());
    }
  }
  Ok(digest.finalize().to_vec())
}

fn contents(root: &Path, files: &[PathBuf]) -> io::Result<ImageId> {
  use std::fmt::Write as _;
  let mut digest = Sha256::new();
  for file in files {
    let mut opened = fs::File::open(root.join(file))?;
    let facts = opened.metadata()?;
    let name = file.as_os_str().as_encoded_bytes();
    let executable = facts.permissions().mode() & 0o100 != 0;
    digest.update((name.len() as u64).to_le_bytes());
    digest.update(name);
    digest.update([u8::from(executable)]);
    digest.update(facts.len().to_le_bytes());
    io::copy(&mut opened, &mut Hasher(&mut digest))?;
  }
  let hex = digest
    .finalize()
    .iter()
    .fold(String::new(), |mut out, byte| {
      // Writing to a String cannot fail.
      let _ = write!(out, "{byte:02x}");
      out
    });
  Ok(ImageId(format!("sha256:{hex}")))
}

struct Hasher<'a>(&'a mut Sha256);

impl io::Write for Hasher<'_> {
  fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
    self.0.update(bytes);
    Ok(bytes.len())
  }

  fn flush(&mut self) -> io::Result<()> {
    Ok(())
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_release_is_what_its_files_hold_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let release = folder.path().join("1.0.0");
    fs::create_dir_all(release.join("etc")).unwrap();
    fs::write(release.join("server"), "one").unwrap();
    fs::write(release.join("etc/x"), "two").unwrap();
    let releases = Releases::of(folder.path().to_owned());
    let version: VersionName = "1.0.0".parse().unwrap();
    let first = releases.image(&version).unwrap();
    assert_eq!(releases.image(&version).unwrap(), first);
    fs::write(release.join("etc/x"), "twO").unwrap();
    let second = releases.image(&version).unwrap();
    fs::rename(release.join("etc/x"), release.join("etc/y")).unwrap();
    let third = releases.image(&version).unwrap();
    assert!(first != second && second != third);
    let all = releases.all().unwrap();
    assert_eq!((all.versions.len(), all.images), (1, vec![third]));
    let missing = releases.image(&"2.0.0".parse().unwrap()).unwrap_err();
    assert!(
      missing.detail.contains("put the release there"),
      "{missing}"
    );
  }
}
