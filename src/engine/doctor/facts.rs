//! What the checks read: everything that could be looked at, and the names of what could not.

use chrono::{DateTime, Utc};

use super::{compose::ComposeFile, nginx::NginxFile, shell::Script};
use crate::{
  config::Site,
  model::{
    Slot,
    event::BackupRecord,
    finding::{Finding, Unseen},
    observation::Observation,
    surroundings::{Effective, Files, Machine, TextKind},
  },
};

/// A site as it was looked at.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
  pub site: &'a Site,
  pub observation: &'a Observation,
  /// The configuration the proxy reads now.
  pub proxy: Option<&'a Effective>,
  /// Verified backups, newest first; `None` where there are none to list.
  pub backups: Option<&'a [BackupRecord]>,
}

/// Everything a diagnosis is made from. Without a configuration there is no site to have seen.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
  pub now: DateTime<Utc>,
  pub seen: Option<Seen<'a>>,
  pub files: &'a Files,
  pub machine: &'a Machine,
  /// What preflight and configuration said already.
  pub known: Vec<Finding>,
  pub unseen: Vec<Unseen>,
}

/// The texts of the folder, read once.
pub(super) struct Texts<'a> {
  pub(super) files: &'a Files,
  pub(super) scripts: Vec<Script>,
  pub(super) compose: Vec<ComposeFile>,
  pub(super) nginx: Vec<NginxFile>,
  /// The proxy's own view stands in for the files of the folder.
  pub(super) effective: bool,
  pub(super) unseen: Vec<Unseen>,
}

impl<'a> Texts<'a> {
  pub(super) fn read(facts: &Facts<'a>) -> Self {
    let files = facts.files;
    let mut unseen = Vec::new();
    let mut compose = Vec::new();
    for file in files.of(TextKind::Compose) {
      match ComposeFile::read(file) {
        Ok(file) => compose.push(file),
        Err(why) => unseen.push(Unseen::new(
          &file.path,
          format!("it is no YAML that can be read: {why}"),
        )),
      }
    }
    let effective = facts.seen.and_then(|seen| seen.proxy);
    let nginx = match effective {
      Some(effective) => effective.texts.iter().map(NginxFile::read).collect(),
      None => files.of(TextKind::Nginx).map(NginxFile::read).collect(),
    };
    Self {
      files,
      scripts: files
        .of(TextKind::Shell)
        .map(|file| Script::read(&file.path, &file.text))
        .collect(),
      compose,
      nginx,
      effective: effective.is_some(),
      unseen,
    }
  }

  /// Whether any service or container of the compose files answers to `name`.
  pub(super) fn knows(&self, name: &str) -> bool {
    self.compose.iter().any(|file| {
      file
        .services
        .values()
        .any(|service| service.names().any(|known| known == name))
    })
  }

  /// Names of the `upstream` blocks of the proxy.
  pub(super) fn is_upstream(&self, name: &str) -> bool {
    self.nginx.iter().any(|file| {
      file
        .named("upstream")
        .any(|upstream| upstream.value() == name)
    })
  }

  /// Services of a slot, with their files.
  pub(super) fn of_slot(
    &self,
    slot: Slot,
  ) -> impl Iterator<Item = (&ComposeFile, &super::compose::Service)> {
    self.compose.iter().flat_map(move |file| {
      file
        .services
        .values()
        .filter(move |service| file.slot(service) == Some(slot))
        .map(move |service| (file, service))
    })
  }

  /// Every proxy service, with its file.
  pub(super) fn proxies(&self) -> impl Iterator<Item = (&ComposeFile, &super::compose::Service)> {
    self.compose.iter().flat_map(|file| {
      file
        .services
        .values()
        .filter(|service| service.is_proxy())
        .map(move |service| (file, service))
    })
  }
}

impl Texts<'_> {
  /// The proxies a file may belong to: those whose compose file stands in a folder above it, or the
  /// only one there is. A folder may hold several sites.
  pub(super) fn proxies_near(&self, path: &str) -> Vec<(&ComposeFile, &super::compose::Service)> {
    let all: Vec<_> = self.proxies().collect();
    let near: Vec<_> = all
      .iter()
      .filter(|(file, _)| path.starts_with(file.folder()))
      .copied()
      .collect();
    if near.is_empty() && all.len() == 1 {
      all
    } else {
      near
    }
  }
}

/// `path` as seen from the site's folder, `.` and `..` resolved; absolute paths stay.
pub(super) fn joined(folder: &str, path: &str) -> String {
  let mut parts: Vec<&str> = Vec::new();
  let whole = if path.starts_with('/') || folder.is_empty() {
    path.to_owned()
  } else {
    format!("{folder}/{path}")
  };
  for part in whole.split('/') {
    match part {
      "" | "." => {}
      ".." if parts.last().is_some_and(|last| *last != "..") => {
        parts.pop();
      }
      part => parts.push(part),
    }
  }
  let lead = if whole.starts_with('/') { "/" } else { "" };
  format!("{lead}{}", parts.join("/"))
}
