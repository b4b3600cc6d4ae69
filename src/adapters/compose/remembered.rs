//! Which Compose answered last, kept beside the site's state: asking the first generation takes
//! half a second of Python, and nobody rolling back has that to spare.
//!
//! Believed only while the program is the very file that answered. Only a runner writes it down;
//! what cannot be read or written is simply asked again.

use std::{
  fs, io,
  io::Write,
  os::unix::fs::{MetadataExt, PermissionsExt},
  path::{Path, PathBuf},
};

use nix::unistd::{Gid, Uid, chown};
use serde::{Deserialize, Serialize};

use crate::config::Site;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Remembered {
  program: Program,
  version: String,
}

/// One file of the disk: another one, or the same one written anew, is another program.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Program {
  path: PathBuf,
  inode: u64,
  length: u64,
  changed: (i64, i64),
}

impl Program {
  /// A plug-in (`docker compose`) is not the program that is named, and answers at once anyway.
  fn of(command: &[String]) -> Option<Self> {
    let [name] = command else {
      return None;
    };
    let found = if name.contains('/') {
      PathBuf::from(name)
    } else {
      std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())?
    };
    let path = found.canonicalize().ok()?;
    let meta = fs::metadata(&path).ok()?;
    Some(Self {
      path,
      inode: meta.ino(),
      length: meta.len(),
      changed: (meta.ctime(), meta.ctime_nsec()),
    })
  }
}

fn file(site: &Site) -> PathBuf {
  site.state.join("compose.json")
}

/// The version this command answered with, when it is still the same program.
pub(super) fn version(site: &Site, command: &[String]) -> Option<String> {
  let known: Remembered = serde_json::from_slice(&fs::read(file(site)).ok()?).ok()?;
  (Program::of(command)? == known.program).then_some(known.version)
}

/// Keeps the answer for the next command.
pub(super) fn keep(site: &Site, command: &[String], version: &str) {
  let Some(program) = Program::of(command) else {
    return;
  };
  let known = Remembered {
    program,
    version: version.to_owned(),
  };
  if let Err(error) = write(&site.state, &file(site), &known) {
    tracing::debug!(%error, "which Compose answered could not be kept");
  }
}

/// With the owner and the modes of the state folder, so that whoever shares it can read this too.
fn write(folder: &Path, path: &Path, known: &Remembered) -> io::Result<()> {
  let meta = fs::metadata(folder)?;
  let mut new = tempfile::NamedTempFile::new_in(folder)?;
  new.write_all(&serde_json::to_vec(known)?)?;
  let mode = fs::Permissions::from_mode(meta.mode() & 0o660);
  new.as_file().set_permissions(mode)?;
  let (owner, group) = (Uid::from_raw(meta.uid()), Gid::from_raw(meta.gid()));
  chown(new.path(), Some(owner), Some(group))?;
  new.persist(path)?;
  Ok(())
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn an_answer_is_believed_only_from_the_very_file_that_gave_it() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("docker-compose");
    fs::write(&program, "one").unwrap();
    let command = vec![program.display().to_string()];
    let place = folder.path().join("compose.json");
    let known = |command: &[String]| {
      let known: Remembered = serde_json::from_slice(&fs::read(&place).unwrap()).unwrap();
      Program::of(command) == Some(known.program)
    };
    let remembered = Remembered {
      program: Program::of(&command).unwrap(),
      version: "1.29.2".into(),
    };
    write(folder.path(), &place, &remembered).unwrap();
    assert!(known(&command));
    fs::write(&program, "two").unwrap();
    assert!(!known(&command), "it was written anew");
    fs::remove_file(&program).unwrap();
    assert!(!known(&command), "it is gone");
    let plugin = ["docker".to_owned(), "compose".to_owned()];
    assert_eq!(Program::of(&plugin), None);
  }
}
