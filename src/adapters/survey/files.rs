//! The text files of a site's folder, as far as a configuration goes: small, few, not too deep.

use std::{
  collections::{BTreeMap, BTreeSet},
  fs,
  io::{self, Write},
  os::unix::fs::PermissionsExt,
  path::{Path, PathBuf},
};

use crate::{adapters::walk, config::detect::FileFact};

const MOST_FILES: usize = 2_000;
const MOST_KEPT: u32 = 1_000;
const MOST_BYTES: u64 = 128 * 1024;

#[derive(Default)]
pub(super) struct Found {
  pub(super) files: BTreeMap<PathBuf, FileFact>,
  pub(super) folders: BTreeSet<PathBuf>,
}

pub(super) fn look(folder: &Path) -> Found {
  let mut found = Found::default();
  found.folders.insert(folder.to_owned());
  walk::through(folder, &mut found);
  found
}

impl walk::Visitor for Found {
  const DEEPEST: usize = 4;
  const CLOSED: &'static [&'static str] = &["data"];

  fn goes_on(&mut self) -> bool {
    self.files.len() < MOST_FILES
  }

  /// What may not be read says nothing about the site.
  fn unreadable(&mut self, _folder: &Path, _error: &io::Error) {}

  fn visit(&mut self, found: &walk::Found) {
    if found.entered {
      self.folders.insert(found.path.clone());
    } else if !found.about.is_dir() {
      let fact = read(&found.path);
      if fact.text.is_some() || fact.link.is_some() {
        self.files.insert(found.path.clone(), fact);
      }
    }
  }
}

/// A file or a link; nothing of what is neither.
pub(super) fn read(path: &Path) -> FileFact {
  let link = fs::read_link(path)
    .ok()
    .map(|target| target.to_string_lossy().into_owned());
  let small = fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= MOST_BYTES);
  FileFact {
    text: small
      .then(|| walk::text(path, MOST_BYTES).ok())
      .flatten()
      .filter(|text| !text.contains('\0')),
    link,
  }
}

/// Keeps what stands there beside it, then puts the text in its place as a whole.
pub(super) fn write(file: &Path, text: &str) -> io::Result<Option<PathBuf>> {
  let folder = file.parent().unwrap_or(Path::new("/"));
  let kept = if file.exists() {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let kept = (1..MOST_KEPT)
      .map(|number| folder.join(format!("{name}.before-{number}")))
      .find(|path| !path.exists())
      .ok_or_else(|| io::Error::other("too many former files are kept beside it"))?;
    fs::copy(file, &kept)?;
    Some(kept)
  } else {
    None
  };
  let mut new = tempfile::NamedTempFile::new_in(folder)?;
  new.write_all(text.as_bytes())?;
  new
    .as_file()
    .set_permissions(fs::Permissions::from_mode(0o644))?;
  new.as_file().sync_all()?;
  new.persist(file).map_err(|error| error.error)?;
  Ok(kept)
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn the_walk_finds_text_and_links_and_passes_over_what_is_no_sites() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("nginx/conf.d")).unwrap();
    fs::create_dir_all(root.join("node_modules")).unwrap();
    fs::write(root.join("nginx/conf.d/a.conf"), "server a:1;").unwrap();
    fs::write(root.join("node_modules/x.yml"), "x").unwrap();
    fs::write(root.join("binary"), b"a\0b").unwrap();
    std::os::unix::fs::symlink("blue.conf", root.join("gone.conf")).unwrap();
    let found = look(root);
    let names: Vec<_> = found
      .files
      .keys()
      .map(|path| path.strip_prefix(root).unwrap().display().to_string())
      .collect();
    assert_eq!(names, ["gone.conf", "nginx/conf.d/a.conf"]);
    assert!(found.folders.contains(&root.join("nginx")));
  }

  #[test]
  fn what_stood_there_is_kept_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cutover.toml");
    assert_eq!(write(&file, "1").unwrap(), None);
    let kept = write(&file, "2").unwrap().unwrap();
    assert_eq!(fs::read_to_string(kept).unwrap(), "1");
    let kept = write(&file, "3").unwrap().unwrap();
    assert!(kept.ends_with("cutover.toml.before-2"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "3");
  }
}
