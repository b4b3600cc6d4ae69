//! The backup folder: names, side-cars, leftovers of interrupted runs, modes and free space.
//!
//! A dump counts only with its side-car. A file whose name we did not give is never touched.

use std::{
  fs::{self, DirBuilder, File, OpenOptions, Permissions},
  io::{self, Write},
  os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
  path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use super::dump_name::{dump_name, is_dump, partial_of, side_car_of};
use crate::model::event::BackupRecord;

/// Whether the folder itself may be shared with the state group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
  No,
  WithGroup,
}

pub(super) struct Folder<'a>(pub(super) &'a Path);

impl Folder<'_> {
  /// Makes the folder when it is missing and refuses one that others may write into (the dumps themselves are 0600).
  pub(super) fn open(&self, shared: Shared) -> io::Result<()> {
    if !self.0.exists() {
      let mode = if shared == Shared::WithGroup {
        0o770
      } else {
        0o700
      };
      DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(self.0)?;
      // The mask may have taken bits that a group needs.
      fs::set_permissions(self.0, Permissions::from_mode(mode))?;
    }
    match self.too_open(shared)? {
      None => Ok(()),
      Some((mode, fix)) => Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!("mode {mode:04o} lets others in: {fix}"),
      )),
    }
  }

  /// The mode and its remedy, when others than the owner (and the group) have rights.
  pub(super) fn too_open(&self, shared: Shared) -> io::Result<Option<(u32, String)>> {
    let mode = fs::metadata(self.0)?.permissions().mode() & 0o7777;
    let (denied, fix) = match shared {
      Shared::No => (0o022, "700"),
      Shared::WithGroup => (0o002, "2770"),
    };
    Ok((mode & denied != 0).then(|| (mode, format!("chmod {fix} {}", self.0.display()))))
  }

  pub(super) fn free_bytes(&self) -> io::Result<u64> {
    // A folder that is still to be made lies on the file system of its nearest ancestor.
    let there = self
      .0
      .ancestors()
      .find(|path| path.exists())
      .unwrap_or(self.0);
    let stat = nix::sys::statvfs::statvfs(there)?;
    #[allow(
      clippy::useless_conversion,
      reason = "these are 32 bits wide on some machines"
    )]
    Ok(u64::from(stat.blocks_available()) * u64::from(stat.fragment_size()))
  }

  /// Verified backups, newest first: side-car readable, dump there, size the same.
  pub(super) fn backups(&self) -> io::Result<Vec<BackupRecord>> {
    let entries = match fs::read_dir(self.0) {
      Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
      other => other?,
    };
    let mut found = Vec::new();
    for entry in entries {
      let path = entry?.path();
      if !path
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(is_dump)
      {
        continue;
      }
      if let Ok(Some(record)) = side_car(&path)
        && fs::symlink_metadata(&path)
          .is_ok_and(|seen| seen.is_file() && seen.len() == record.bytes)
      {
        found.push(record);
      }
    }
    found.sort_by(|a, b| (b.at, &b.file).cmp(&(a.at, &a.file)));
    Ok(found)
  }

  /// Removes what an interrupted run of ours left; returns the names.
  pub(super) fn remove_leftovers(&self) -> io::Result<Vec<String>> {
    let mut removed = Vec::new();
    for entry in fs::read_dir(self.0)? {
      let entry = entry?;
      let name = entry.file_name().to_string_lossy().into_owned();
      let ours = name
        .strip_suffix(".partial")
        .is_some_and(|whole| is_dump(whole.strip_suffix(".json").unwrap_or(whole)));
      if ours && entry.file_type()?.is_file() {
        fs::remove_file(entry.path())?;
        removed.push(name);
      }
    }
    Ok(removed)
  }

  /// Reserves a name nobody has, by creating its partial file.
  pub(super) fn begin(&self, at: DateTime<Utc>) -> io::Result<(PathBuf, File)> {
    for number in 1..1000 {
      let path = self.0.join(dump_name(at, number));
      if path.exists() || side_car_of(&path).exists() {
        continue;
      }
      match private().open(partial_of(&path)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        opened => return opened.map(|file| (path, file)),
      }
    }
    Err(io::Error::other("a thousand backups within one second"))
  }

  /// Writes the side-car, then gives the dump its name; both are durable when this returns.
  pub(super) fn finish(&self, path: &Path, record: &BackupRecord) -> io::Result<()> {
    let side_car = side_car_of(path);
    let partial = partial_of(&side_car);
    let mut file = private().open(&partial)?;
    serde_json::to_writer_pretty(&mut file, record)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&partial, &side_car)?;
    fs::rename(partial_of(path), path)?;
    File::open(self.0)?.sync_all()
  }

  /// Removes a dump, then its side-car: cut in between, the rest counts as nothing.
  pub(super) fn remove(&self, file: &str) -> io::Result<()> {
    let path = Path::new(file);
    fs::remove_file(path)?;
    fs::remove_file(side_car_of(path))?;
    File::open(self.0)?.sync_all()
  }
}

fn private() -> OpenOptions {
  let mut options = OpenOptions::new();
  options.write(true).create_new(true).mode(0o600);
  options
}

/// What was recorded of a dump; `None` when it has no side-car.
pub(super) fn side_car(dump: &Path) -> io::Result<Option<BackupRecord>> {
  let text = match fs::read(side_car_of(dump)) {
    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
    other => other?,
  };
  let mut record: BackupRecord = serde_json::from_slice(&text)?;
  record.file = dump.display().to_string();
  Ok(Some(record))
}

#[cfg(test)]
mod tests {
  use super::*;

  fn record(path: &Path, bytes: u64, at: DateTime<Utc>) -> BackupRecord {
    BackupRecord {
      file: path.display().to_string(),
      sha256: "00".into(),
      bytes,
      entries: 3,
      server: "PostgreSQL 15.18".into(),
      database: "ala".into(),
      schema_head: Some("42".into()),
      live_version: Some("1.0.0".into()),
      at,
    }
  }

  #[test]
  fn names_stay_unique_within_one_second_and_are_recognized() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder(dir.path());
    let at = DateTime::UNIX_EPOCH;
    let mut names = Vec::new();
    for number in 0..3 {
      let (path, mut file) = folder.begin(at).unwrap();
      file.write_all(b"abc").unwrap();
      if number != 1 {
        folder.finish(&path, &record(&path, 3, at)).unwrap();
      }
      names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    assert_eq!(
      names,
      [
        "db-backup-19700101-000000.dump",
        "db-backup-19700101-000000-2.dump",
        "db-backup-19700101-000000-3.dump"
      ]
    );
    assert!(names.iter().all(|name| is_dump(name)));
    assert_eq!(
      folder.backups().unwrap().len(),
      2,
      "the unfinished one does not count"
    );
  }

  #[test]
  fn files_we_did_not_name_are_neither_listed_nor_removed() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder(dir.path());
    let foreign = [
      "db-backup-20250101-000000.sql",
      "db-backup-20250101-000000.sql.partial",
      "mine.dump",
      "mine.dump.partial",
      "db-backup-2025-000000.dump.partial",
    ];
    let ours = [
      "db-backup-20250101-000000.dump.partial",
      "db-backup-20250101-000000-2.dump.partial",
      "db-backup-20250101-000000.dump.json.partial",
    ];
    for name in foreign.iter().chain(&ours) {
      fs::write(dir.path().join(name), b"x").unwrap();
    }
    let mut removed = folder.remove_leftovers().unwrap();
    removed.sort();
    let mut wanted = ours;
    wanted.sort_unstable();
    assert_eq!(removed, wanted);
    assert!(foreign.iter().all(|name| dir.path().join(name).exists()));
    assert!(folder.backups().unwrap().is_empty());
  }

  #[test]
  fn a_dump_counts_only_with_its_side_car_and_its_size() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder(dir.path());
    let (path, mut file) = folder.begin(Utc::now()).unwrap();
    file.write_all(b"abc").unwrap();
    folder.finish(&path, &record(&path, 3, Utc::now())).unwrap();
    assert_eq!(
      folder.backups().unwrap()[0].file,
      path.display().to_string()
    );
    for name in [&path, &side_car_of(&path)] {
      assert_eq!(
        fs::metadata(name).unwrap().permissions().mode() & 0o777,
        0o600
      );
    }
    file.write_all(b"more").unwrap();
    assert!(folder.backups().unwrap().is_empty(), "another size");
    file.set_len(3).unwrap();
    assert_eq!(folder.backups().unwrap().len(), 1);
    fs::write(side_car_of(&path), b"{").unwrap();
    assert!(folder.backups().unwrap().is_empty(), "a torn side-car");
  }

  #[test]
  fn a_new_folder_is_private_and_one_that_others_may_write_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a/b");
    let folder = Folder(&path);
    folder.open(Shared::No).unwrap();
    assert_eq!(
      fs::metadata(&path).unwrap().permissions().mode() & 0o777,
      0o700
    );
    for (mode, alone, grouped) in [
      (0o777, false, false),
      (0o770, false, true),
      (0o755, true, true),
      (0o700, true, true),
    ] {
      fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
      assert_eq!(folder.open(Shared::No).is_ok(), alone, "{mode:o}");
      assert_eq!(folder.open(Shared::WithGroup).is_ok(), grouped, "{mode:o}");
    }
  }
}
