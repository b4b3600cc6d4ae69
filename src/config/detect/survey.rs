//! What was found on a machine, as data: files, containers, proxies, and the answers to what the
//! detection still wants to know. Nothing here looks anywhere: `adapters::survey` does.
//!
//! Detection is run again and again: what it asks for and is not known yet is kept in `wants`, the
//! adapter answers, and the last run finds everything known.

use std::{
  cell::RefCell,
  collections::{BTreeMap, BTreeSet},
  path::{Path, PathBuf},
};

/// A file as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFact {
  /// None when it is not there, is larger than a configuration, or is not text.
  pub text: Option<String>,
  /// Where it points, when it is a link.
  pub link: Option<String>,
}

/// A port a container publishes on this host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Published {
  pub address: String,
  pub host: u16,
  pub inside: u16,
}

/// A path of this host and where it is inside a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
  pub source: PathBuf,
  pub inside: String,
}

/// A container, running or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
  pub name: String,
  pub image: String,
  pub running: bool,
  /// Compose's own labels.
  pub project: Option<String>,
  pub service: Option<String>,
  pub folder: Option<PathBuf>,
  pub files: Vec<String>,
  /// `org.opencontainers.image.version`.
  pub version_label: Option<String>,
  pub networks: Vec<String>,
  pub published: Vec<Published>,
  pub mounts: Vec<Mount>,
}

/// Who is asked for the proxy's own view of its configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nginx {
  Container(String),
  /// How its commands begin: `["nginx"]`, or with `-p` and `-c`.
  Host(Vec<String>),
}

/// Something the detection needs to know and cannot find in what it has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
  /// What Compose makes of these files of one folder.
  Model {
    folder: PathBuf,
    files: Vec<String>,
    profiles: Vec<String>,
  },
  /// What `nginx -T` prints.
  Loaded(Nginx),
  File(PathBuf),
  /// A GET request; `to` is the container whose own address is used instead of the URL's host.
  Answer {
    url: String,
    to: Option<String>,
  },
  /// Which of these containers log a request for `url` that carries a word of its own.
  Trace {
    url: String,
    containers: Vec<String>,
  },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
  /// To `Model` and `Loaded`.
  Text(Result<String, String>),
  /// To `File`.
  File(FileFact),
  /// To `Answer`.
  Reply(Result<Reply, String>),
  /// To `Trace`.
  Names(Result<Vec<String>, String>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
  pub status: u16,
  pub headers: Vec<(String, String)>,
  pub body: String,
}

/// Everything known so far.
#[derive(Clone, Debug, Default)]
pub struct Survey {
  /// The folder that was asked about.
  pub folder: PathBuf,
  /// Text files in it and a few folders down, by absolute path.
  pub files: BTreeMap<PathBuf, FileFact>,
  pub folders: BTreeSet<PathBuf>,
  /// The git checkout the folder is in.
  pub git: Option<PathBuf>,
  /// How Compose is called here; none without it.
  pub compose: Option<Vec<String>>,
  pub containers: Vec<Seen>,
  /// Why Docker could not be asked.
  pub no_docker: Option<String>,
  /// How each nginx master of this host was started.
  pub masters: Vec<Vec<String>>,
  /// Names of other proxies that run on this host, such as `caddy`.
  pub others: BTreeSet<String>,
  /// The operator's answers, by the key of the question.
  pub answers: BTreeMap<String, String>,
  pub facts: BTreeMap<Want, Fact>,
  wants: RefCell<BTreeSet<Want>>,
}

impl Survey {
  /// Whether a container that Compose made from `folder` runs.
  pub fn runs(&self, folder: &Path) -> bool {
    self.containers.iter().any(|container| {
      let made_there = container.folder.as_deref();
      container.running && made_there.is_some_and(|made| made.starts_with(folder))
    })
  }

  /// What is still wanted; empty when everything that could be known is.
  pub fn wants(&self) -> BTreeSet<Want> {
    self.wants.take()
  }

  pub fn learn(&mut self, want: Want, fact: Fact) {
    self.facts.insert(want, fact);
  }

  fn ask(&self, want: Want) -> Option<&Fact> {
    let known = self.facts.get(&want);
    if known.is_none() {
      self.wants.borrow_mut().insert(want);
    }
    known
  }

  /// Compose's resolved model; `None` while it is not known.
  pub(super) fn model(
    &self,
    folder: &Path,
    files: &[String],
    profiles: &[String],
  ) -> Option<Result<&str, &str>> {
    let want = Want::Model {
      folder: folder.to_owned(),
      files: files.to_vec(),
      profiles: profiles.to_vec(),
    };
    self.text(want)
  }

  pub(super) fn loaded(&self, nginx: &Nginx) -> Option<Result<&str, &str>> {
    self.text(Want::Loaded(nginx.clone()))
  }

  fn text(&self, want: Want) -> Option<Result<&str, &str>> {
    match self.ask(want)? {
      Fact::Text(text) => Some(text.as_deref().map_err(String::as_str)),
      _ => Some(Err("it was not answered")),
    }
  }

  /// The file at an absolute path, found already or asked for.
  pub(super) fn file(&self, path: &Path) -> Option<&FileFact> {
    if let Some(known) = self.files.get(path) {
      return Some(known);
    }
    if path.starts_with(&self.folder) && self.folders.contains(path.parent()?) {
      return None;
    }
    match self.ask(Want::File(path.to_owned()))? {
      Fact::File(file) if file.text.is_some() || file.link.is_some() => Some(file),
      _ => None,
    }
  }

  pub(super) fn read(&self, path: &Path) -> Option<&str> {
    self.file(path)?.text.as_deref()
  }

  /// A whole answer below 400.
  pub(super) fn answer(&self, url: &str, to: Option<&str>) -> Option<&Reply> {
    let want = Want::Answer {
      url: url.to_owned(),
      to: to.map(str::to_owned),
    };
    match self.ask(want)? {
      Fact::Reply(Ok(reply)) if (200..400).contains(&reply.status) => Some(reply),
      _ => None,
    }
  }

  pub(super) fn trace(&self, url: &str, containers: &[String]) -> Option<&[String]> {
    let want = Want::Trace {
      url: url.to_owned(),
      containers: containers.to_vec(),
    };
    match self.ask(want)? {
      Fact::Names(Ok(names)) => Some(names),
      _ => None,
    }
  }

  /// A path as it is written in the site's file: from `root` when it is in there.
  pub(super) fn shown(root: &Path, path: &Path) -> String {
    path
      .strip_prefix(root)
      .unwrap_or(path)
      .display()
      .to_string()
  }
}
