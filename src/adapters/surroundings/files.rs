//! The files of a site's folder and the texts among them, within fixed limits.

use std::{
  collections::{BTreeMap, BTreeSet},
  fs,
  io::{self, ErrorKind},
  os::unix::fs::PermissionsExt,
  path::Path,
  time::Duration,
};

use super::{
  super::{router::process, walk},
  embedded, kind,
};
use crate::model::{
  finding::Unseen,
  surroundings::{Entry, EntryKind, Files, TextFile, TextKind},
};

const MOST_ENTRIES: usize = 5_000;
const MOST_TEXTS: usize = 400;
const LARGEST: u64 = 256 * 1024;
const MOST_TRACKED: usize = 4 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn look(root: &Path, scripts: Option<&Path>) -> Files {
  let walked = Looked::through(root, root);
  let mut found = Files {
    root: root.display().to_string(),
    texts: walked.texts,
    entries: walked.entries,
    tracked: None,
    unseen: walked.unseen,
  };
  if let Some(folder) = scripts {
    let walked = Looked::through(folder, Path::new("/nowhere"));
    found.texts.extend(walked.texts);
    found.unseen.extend(walked.unseen);
  }
  found
}

struct Looked<'a> {
  /// What paths are shown below.
  root: &'a Path,
  texts: Vec<TextFile>,
  entries: BTreeMap<String, Entry>,
  unseen: Vec<Unseen>,
  full: bool,
}

impl walk::Visitor for Looked<'_> {
  const DEEPEST: usize = 6;
  const CLOSED: &'static [&'static str] = &[".svn", ".cache", ".terraform", "backups"];

  fn goes_on(&mut self) -> bool {
    let room = self.entries.len() < MOST_ENTRIES && self.texts.len() < MOST_TEXTS;
    if !room && !self.full {
      self.full = true;
      self.unseen(
        self.root,
        &format!("it holds more than {MOST_ENTRIES} files or {MOST_TEXTS} texts: name the folder of the scripts with --scripts DIR"),
      );
    }
    room
  }

  fn unreadable(&mut self, folder: &Path, error: &io::Error) {
    self.unseen(folder, &error.to_string());
  }

  fn visit(&mut self, found: &walk::Found) {
    let entry = Entry {
      kind: kind_of(found),
      mode: found.about.permissions().mode() & 0o7777,
    };
    self.entries.insert(self.shown(&found.path), entry);
    if found.about.is_file() {
      self.file(&found.path, &found.name, found.about.len());
    }
  }
}

impl<'a> Looked<'a> {
  fn through(folder: &Path, root: &'a Path) -> Self {
    let mut looked = Self {
      root,
      texts: Vec::new(),
      entries: BTreeMap::new(),
      unseen: Vec::new(),
      full: false,
    };
    walk::through(folder, &mut looked);
    looked
  }

  fn file(&mut self, path: &Path, name: &str, length: u64) {
    let by_name = kind::by_name(name);
    let holder = embedded::holder(&self.shown(path));
    let named = by_name.is_some() || holder.is_some();
    if !named && !kind::may_be_text(name) {
      return;
    }
    if length > LARGEST {
      if named {
        self.unseen(path, &format!("it is larger than {} kB", LARGEST / 1024));
      }
      return;
    }
    let text = match walk::text(path, LARGEST) {
      Ok(text) => text,
      Err(error) => {
        if named || error.kind() == ErrorKind::PermissionDenied {
          self.unseen(path, &error.to_string());
        }
        return;
      }
    };
    if let Some(holder) = holder {
      let path = self.shown(path);
      let scripts = embedded::scripts(holder, &text).into_iter();
      self.texts.extend(scripts.map(|text| TextFile {
        path: path.clone(),
        kind: TextKind::Shell,
        text,
      }));
    } else if let Some(kind) = by_name.or_else(|| kind::by_text(name, &text)) {
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

fn kind_of(found: &walk::Found) -> EntryKind {
  if found.about.is_symlink() {
    EntryKind::Link {
      target: fs::read_link(&found.path)
        .map(|target| target.display().to_string())
        .unwrap_or_default(),
    }
  } else if found.entered {
    EntryKind::Folder
  } else if found.about.is_dir() {
    EntryKind::Closed
  } else if found.about.is_file() {
    EntryKind::File
  } else {
    EntryKind::Other
  }
}

/// What git keeps of the folder, where it is a work tree.
pub(super) async fn tracked(root: &Path, files: &mut Files) {
  if walk::checkout(root).is_none() {
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
    fs::write(at("Makefile"), "up:\n\tdocker compose up -d\nall:\n").unwrap();
    fs::write(at("big.sh"), vec![b'#'; 300_000]).unwrap();
    fs::write(at(".env"), "JWT_SECRET=hunter2\n").unwrap();
    std::os::unix::fs::symlink("/etc/nowhere", at("active.conf")).unwrap();
    let found = look(folder.path(), None);
    let kinds: Vec<(&str, TextKind)> = found
      .texts
      .iter()
      .map(|text| (text.path.as_str(), text.kind))
      .collect();
    assert_eq!(
      kinds,
      [
        (".env", TextKind::EnvFile),
        ("Makefile", TextKind::Shell),
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
