//! Looks through a folder within fixed limits. Links are not followed, and folders that are never a
//! site's own are not entered.

use std::{
  collections::{BTreeMap, BTreeSet},
  fs,
  io::Read,
  os::unix::fs::PermissionsExt,
  path::Path,
  time::Duration,
};

use super::{super::router::process, kind};
use crate::model::{
  finding::Unseen,
  surroundings::{Entry, EntryKind, Files, TextFile, TextKind},
};

const DEEPEST: usize = 6;
const MOST_ENTRIES: usize = 5_000;
const MOST_TEXTS: usize = 400;
const LARGEST: u64 = 256 * 1024;
const MOST_TRACKED: usize = 4 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

const CLOSED: [&str; 13] = [
  ".git",
  ".cutover",
  ".svn",
  ".cache",
  ".venv",
  ".terraform",
  "node_modules",
  "target",
  "vendor",
  "venv",
  "__pycache__",
  "backups",
  "dist",
];

pub(super) fn files(root: &Path, scripts: Option<&Path>) -> Files {
  let mut walk = Walk {
    root,
    texts: Vec::new(),
    entries: BTreeMap::new(),
    unseen: Vec::new(),
    full: false,
  };
  walk.folder(root, 0);
  let mut found = Files {
    root: root.display().to_string(),
    texts: walk.texts,
    entries: walk.entries,
    tracked: None,
    unseen: walk.unseen,
  };
  if let Some(folder) = scripts {
    let mut walk = Walk {
      root: Path::new("/nowhere"),
      texts: Vec::new(),
      entries: BTreeMap::new(),
      unseen: Vec::new(),
      full: false,
    };
    walk.folder(folder, 0);
    found.texts.extend(walk.texts);
    found.unseen.extend(walk.unseen);
  }
  found
}

struct Walk<'a> {
  root: &'a Path,
  texts: Vec<TextFile>,
  entries: BTreeMap<String, Entry>,
  unseen: Vec<Unseen>,
  full: bool,
}

impl Walk<'_> {
  fn folder(&mut self, folder: &Path, depth: usize) {
    let listed = match fs::read_dir(folder) {
      Ok(listed) => listed,
      Err(error) => {
        self.unseen(folder, &error.to_string());
        return;
      }
    };
    let mut paths: Vec<_> = listed.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
      if self.entries.len() >= MOST_ENTRIES || self.texts.len() >= MOST_TEXTS {
        if !self.full {
          self.full = true;
          self.unseen(
            self.root,
            &format!("it holds more than {MOST_ENTRIES} files or {MOST_TEXTS} texts: name the folder of the scripts with --scripts DIR"),
          );
        }
        return;
      }
      self.entry(&path, depth);
    }
  }

  fn entry(&mut self, path: &Path, depth: usize) {
    let Ok(found) = fs::symlink_metadata(path) else {
      return;
    };
    let name = path
      .file_name()
      .unwrap_or_default()
      .to_string_lossy()
      .into_owned();
    let kind = if found.is_symlink() {
      EntryKind::Link {
        target: fs::read_link(path)
          .map(|target| target.display().to_string())
          .unwrap_or_default(),
      }
    } else if found.is_dir() && (depth >= DEEPEST || CLOSED.contains(&name.as_str())) {
      EntryKind::Closed
    } else if found.is_dir() {
      EntryKind::Folder
    } else if found.is_file() {
      EntryKind::File
    } else {
      EntryKind::Other
    };
    let entry = Entry {
      kind: kind.clone(),
      mode: found.permissions().mode() & 0o7777,
    };
    self.entries.insert(self.shown(path), entry);
    match kind {
      EntryKind::Folder => self.folder(path, depth + 1),
      EntryKind::File => self.file(path, &name, found.len()),
      EntryKind::Link { .. } | EntryKind::Closed | EntryKind::Other => {}
    }
  }

  fn file(&mut self, path: &Path, name: &str, length: u64) {
    let by_name = kind::by_name(name);
    if by_name.is_none() && !kind::may_be_text(name) {
      return;
    }
    if length > LARGEST {
      if by_name.is_some() {
        self.unseen(path, &format!("it is larger than {} kB", LARGEST / 1024));
      }
      return;
    }
    let text = match read(path) {
      Ok(text) => text,
      Err(error) => {
        if by_name.is_some() || error.kind() == std::io::ErrorKind::PermissionDenied {
          self.unseen(path, &error.to_string());
        }
        return;
      }
    };
    if let Some(kind) = by_name.or_else(|| kind::by_text(name, &text)) {
      let text = if kind == TextKind::EnvFile {
        kind::without_values(&text)
      } else {
        text
      };
      let path = self.shown(path);
      self.texts.push(TextFile { path, kind, text });
    }
  }

  fn shown(&self, path: &Path) -> String {
    path
      .strip_prefix(self.root)
      .unwrap_or(path)
      .display()
      .to_string()
  }

  fn unseen(&mut self, path: &Path, because: &str) {
    let what = if path == self.root {
      path.display().to_string()
    } else {
      self.shown(path)
    };
    self.unseen.push(Unseen::new(what, because));
  }
}

/// The text of a regular file; what is no UTF-8 is none.
fn read(path: &Path) -> std::io::Result<String> {
  let mut bytes = Vec::new();
  fs::File::open(path)?
    .take(LARGEST + 1)
    .read_to_end(&mut bytes)?;
  String::from_utf8(bytes).map_err(|_| std::io::Error::other("it is not UTF-8 text"))
}

/// What git keeps of the folder, where it is a work tree.
pub(super) async fn tracked(root: &Path, files: &mut Files) {
  if !root.ancestors().any(|folder| folder.join(".git").exists()) {
    return;
  }
  let command: Vec<String> = ["git", "-C", &root.display().to_string(), "ls-files", "-z"]
    .into_iter()
    .map(ToOwned::to_owned)
    .collect();
  let asked = process::run(&command, &BTreeMap::new(), PATIENCE, MOST_TRACKED).await;
  match asked {
    Ok(ran) if ran.code == 0 && !ran.cut => {
      let names: BTreeSet<String> = String::from_utf8_lossy(&ran.out)
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(ToOwned::to_owned)
        .collect();
      files.tracked = Some(names);
    }
    Ok(ran) => files
      .unseen
      .push(Unseen::new("which files git keeps", ran.last_words(1))),
    Err(error) => files
      .unseen
      .push(Unseen::new("which files git keeps", error.to_string())),
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn what_is_there_is_read_within_limits_and_the_rest_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    fs::create_dir_all(at("scripts")).unwrap();
    fs::create_dir_all(at("node_modules/x")).unwrap();
    fs::write(at("scripts/switch.sh"), "#!/bin/sh\n").unwrap();
    fs::write(at("node_modules/x/a.sh"), "#!/bin/sh\n").unwrap();
    fs::write(at("docker-compose.yml"), "services: {}\n").unwrap();
    fs::write(at("big.sh"), vec![b'#'; 300_000]).unwrap();
    fs::write(at(".env"), "JWT_SECRET=hunter2\n").unwrap();
    std::os::unix::fs::symlink("/etc/nowhere", at("active.conf")).unwrap();
    let found = files(folder.path(), None);
    let kinds: Vec<(&str, TextKind)> = found
      .texts
      .iter()
      .map(|text| (text.path.as_str(), text.kind))
      .collect();
    assert_eq!(
      kinds,
      [
        (".env", TextKind::EnvFile),
        ("docker-compose.yml", TextKind::Compose),
        ("scripts/switch.sh", TextKind::Shell),
      ]
    );
    assert!(!format!("{found:?}").contains("hunter2"));
    assert_eq!(found.entries["node_modules"].kind, EntryKind::Closed);
    assert_eq!(
      found.entries["active.conf"].kind,
      EntryKind::Link {
        target: "/etc/nowhere".into()
      }
    );
    assert!(found.lacks("scripts/gone.sh") && !found.lacks("node_modules/gone"));
    assert_eq!(found.unseen.len(), 1, "{:?}", found.unseen);
  }
}
