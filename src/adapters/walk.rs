//! A walk through a site's folder: sorted, within a depth, never through a link, and never into
//! folders that hold a program's own files. What is kept of it, and when it is enough, is the
//! visitor's.

use std::{
  ffi::OsStr,
  fs::{self, Metadata},
  io::{self, Read},
  path::{Path, PathBuf},
};

/// Folders that are never a site's own.
const NO_SITES: [&str; 9] = [
  ".git",
  ".cutover",
  "node_modules",
  "vendor",
  "target",
  "dist",
  "venv",
  ".venv",
  "__pycache__",
];

/// Who looks at what a walk comes by.
pub(super) trait Visitor {
  /// How many folders below the first one are entered, one in the other.
  const DEEPEST: usize;
  /// More folders that are not entered.
  const CLOSED: &'static [&'static str];

  /// Asked before each entry: whether there is room for it.
  fn goes_on(&mut self) -> bool;
  fn unreadable(&mut self, folder: &Path, error: &io::Error);
  fn visit(&mut self, found: &Found);
}

/// One entry of a folder.
pub(super) struct Found {
  pub(super) path: PathBuf,
  pub(super) name: String,
  pub(super) about: Metadata,
  /// A folder whose entries come next.
  pub(super) entered: bool,
}

pub(super) fn through<V: Visitor>(folder: &Path, visitor: &mut V) {
  into(folder, 0, visitor);
}

fn into<V: Visitor>(folder: &Path, depth: usize, visitor: &mut V) {
  let listed = match fs::read_dir(folder) {
    Ok(listed) => listed,
    Err(error) => {
      visitor.unreadable(folder, &error);
      return;
    }
  };
  let mut paths: Vec<PathBuf> = listed.flatten().map(|entry| entry.path()).collect();
  paths.sort();
  for path in paths {
    if !visitor.goes_on() {
      return;
    }
    let Ok(about) = fs::symlink_metadata(&path) else {
      continue;
    };
    let name = path.file_name().map(OsStr::to_string_lossy);
    let name = name.unwrap_or_default().into_owned();
    let found = Found {
      entered: about.is_dir()
        && depth < V::DEEPEST
        && !NO_SITES.contains(&name.as_str())
        && !V::CLOSED.contains(&name.as_str()),
      path,
      name,
      about,
    };
    visitor.visit(&found);
    if found.entered {
      into(&found.path, depth + 1, visitor);
    }
  }
}

/// The text of a file, as far as `most` bytes and one more go; what is no UTF-8 is none.
pub(super) fn text(path: &Path, most: u64) -> io::Result<String> {
  let mut bytes = Vec::new();
  fs::File::open(path)?
    .take(most + 1)
    .read_to_end(&mut bytes)?;
  String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text"))
}

/// The git checkout the folder is in.
pub(super) fn checkout(folder: &Path) -> Option<&Path> {
  folder.ancestors().find(|above| above.join(".git").exists())
}
