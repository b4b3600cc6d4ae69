//! What is around a site and never told by an observation: the files of its folder, this machine,
//! its Docker, this terminal. Gathered for the doctor, which alone reads it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{
  finding::{Place, Unseen},
  shown::Shown,
};

/// What a text is, as told by its name and its first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextKind {
  Shell,
  Compose,
  Nginx,
  Dockerfile,
  /// Names only: its values are never read into a finding.
  EnvFile,
}

/// A file that was read. `path` is as an operator in the site's folder would name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFile {
  pub path: String,
  pub kind: TextKind,
  pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
  File,
  Folder,
  Link {
    target: String,
  },
  /// A folder that was not looked into: not ours, or too deep.
  Closed,
  Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
  pub kind: EntryKind,
  pub mode: u32,
}

/// The site's folder, looked through within limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
  /// Absolute.
  pub root: String,
  pub texts: Vec<TextFile>,
  /// Everything seen, by path below `root`.
  pub entries: BTreeMap<String, Entry>,
  /// What git keeps; `None` where it could not be asked or keeps nothing.
  pub tracked: Option<BTreeSet<String>>,
  /// What was there and could not be read, or was too much.
  pub unseen: Vec<Unseen>,
}

impl Files {
  pub fn of(&self, kind: TextKind) -> impl Iterator<Item = &TextFile> {
    self.texts.iter().filter(move |text| text.kind == kind)
  }

  pub fn has(&self, path: &str) -> bool {
    self.entries.contains_key(path)
  }

  /// It is certainly not there: the folder it would be in was looked through.
  pub fn lacks(&self, path: &str) -> bool {
    let walked = match path.rsplit_once('/') {
      Some((parent, _)) => {
        matches!(self.entries.get(parent), Some(entry) if entry.kind == EntryKind::Folder)
      }
      None => !self.entries.is_empty(),
    };
    walked && !path.starts_with("..") && !path.starts_with('/') && !self.has(path)
  }

  pub fn is_tracked(&self, path: &str) -> bool {
    self
      .tracked
      .as_ref()
      .is_some_and(|tracked| tracked.contains(path))
  }
}

/// The Docker daemon beyond what an observation says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
  pub live_restore: Option<bool>,
  pub log_driver: Option<Shown>,
  /// Its own clock, and ours at the same moment.
  pub clocks: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// The machine this runs on. What could not be asked is in `unseen`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
  pub docker: Option<Daemon>,
  /// Docker's socket and its mode, where it is a file of this machine.
  pub socket: Option<(String, u32)>,
  /// Whether the clock is kept by NTP.
  pub synchronized: Option<bool>,
  /// Where logind is told to end what a user left running.
  pub kills_leftovers: Option<Place>,
  pub terminal: Terminal,
  pub unseen: Vec<Unseen>,
}

/// The terminal the console would use, as the environment describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
  pub term: Option<String>,
  pub locale: Option<String>,
  pub inside_tmux: bool,
  /// Columns and rows; `None` when there is no terminal.
  pub size: Option<(u16, u16)>,
}

/// The proxy's own view of its configuration, `nginx -T`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effective {
  pub texts: Vec<TextFile>,
  /// What runs as the first process of its container.
  pub first_process: Option<Shown>,
}
