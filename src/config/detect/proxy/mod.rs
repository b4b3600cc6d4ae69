//! Which proxy sends users to a slot. nginx, in a container or on this host, is asked for its own
//! view; where it cannot be, its files on disk are read. Any other proxy is named and not driven.
//! Rules D9 and D10.

mod views;

use std::path::{Path, PathBuf};

use super::{
  layout::Layout,
  names::Names,
  nginx::File,
  proposal::{Choice, Proposal, Question},
  stack::Service,
  survey::{Mount, Published, Survey},
};
use crate::model::Slot;

/// Proxies known by name, and whether this version drives them.
const KINDS: [(&str, &str); 9] = [
  ("openresty", "nginx"),
  ("nginx", "nginx"),
  ("caddy", "Caddy"),
  ("traefik", "Traefik"),
  ("haproxy", "HAProxy"),
  ("envoy", "Envoy"),
  ("httpd", "Apache"),
  ("apache2", "Apache"),
  ("kong", "Kong"),
];

/// Where the proxy is, as the site's file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
  Service(String),
  Container(String),
  Host(Vec<String>),
}

/// A proxy with its configuration.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
  pub(super) at: At,
  pub(super) files: Vec<File>,
  /// It was asked itself; else these are files on disk that it may or may not load.
  pub(super) asked: bool,
  pub(super) mounts: Vec<Mount>,
  pub(super) published: Vec<Published>,
}

impl Proxy {
  /// How questions and comments name it.
  pub(super) fn label(&self) -> String {
    match &self.at {
      At::Service(name) => format!("service {name}"),
      At::Container(name) => format!("container {name}"),
      At::Host(_) => "nginx on this host".to_owned(),
    }
  }

  /// A file of its configuration as this host has it.
  pub(super) fn on_host(&self, path: &str) -> Option<PathBuf> {
    if matches!(self.at, At::Host(_)) {
      return Some(PathBuf::from(path));
    }
    let mount = self
      .mounts
      .iter()
      .filter(|mount| Path::new(path).starts_with(&mount.inside))
      .max_by_key(|mount| mount.inside.len())?;
    let rest = Path::new(path).strip_prefix(&mount.inside).ok()?;
    Some(if rest.as_os_str().is_empty() {
      mount.source.clone()
    } else {
      mount.source.join(rest)
    })
  }
}

pub(super) fn kind(image: &str) -> Option<&'static str> {
  let image = image.split('@').next().unwrap_or(image);
  let name = image.rsplit('/').take(2).collect::<Vec<_>>().join("/");
  KINDS
    .iter()
    .find(|(word, _)| name.contains(word))
    .map(|(_, kind)| *kind)
}

/// The kind of a service by its image, or by what its Dockerfile builds on.
pub(super) fn service_kind(
  survey: &Survey,
  folder: &Path,
  service: &Service,
) -> Option<&'static str> {
  let built_on = || {
    let context = folder.join(service.build.as_deref()?);
    let file = context.join(service.dockerfile.as_deref().unwrap_or("Dockerfile"));
    let text = survey.files.get(&file)?.text.as_deref()?;
    let from = text
      .lines()
      .filter_map(|line| line.trim().strip_prefix("FROM "))
      .next_back()?;
    kind(
      from
        .split_whitespace()
        .find(|word| !word.starts_with("--"))?,
    )
  };
  service.image.as_deref().and_then(kind).or_else(built_on)
}

/// The proxy of the site; none when there is none to drive, or a question is open.
pub(super) fn choose(survey: &Survey, layout: &Layout, out: &mut Proposal) -> Option<Proxy> {
  let mut all = views::views(survey, layout);
  let names = Names::of(survey, layout);
  let speaks = |proxy: &Proxy| {
    let names = names.clone().with_upstreams(&proxy.files);
    proxy.files.iter().any(|file| {
      let found = names.found_in(&file.text);
      found.blue || found.green
    })
  };
  all.retain(speaks);
  if all.iter().any(|proxy| proxy.asked) {
    all.retain(|proxy| proxy.asked);
  }
  let foreign = foreign(survey, layout, &names);
  let mut choices: Vec<Choice> = all
    .iter()
    .map(|proxy| Choice {
      value: proxy.label(),
      why: "nginx, and its configuration names a slot".to_owned(),
    })
    .collect();
  choices.extend(foreign.iter().map(|(kind, place)| Choice {
    value: format!("{kind} ({place})"),
    why: "this version does not drive it".to_owned(),
  }));
  if let Some(answer) = survey.answers.get("router") {
    all.retain(|proxy| proxy.label() == *answer);
  } else if choices.len() > 1 && !all.is_empty() {
    out.questions.push(Question {
      key: "router".to_owned(),
      text: "more than one proxy may send users to a slot: which one does?".to_owned(),
      choices,
    });
    return None;
  }
  if all.is_empty() {
    refuse(&foreign, out);
  }
  all.pop()
}

fn refuse(foreign: &[(String, String)], out: &mut Proposal) {
  if let Some((kind, place)) = foreign.first() {
    out.refuse(
      format!("{kind} ({place}) sends users to a slot, and this version drives nginx only"),
      "keep your own scripts for the switch; nothing was written",
    );
  } else {
    out.refuse(
      "no proxy was found whose configuration names a slot",
      "put nginx in front of both slots (docs/runbook.md shows how), start it, and run init again",
    );
  }
}

/// The path without `.` and `..`.
pub(super) fn tidy(path: &Path) -> PathBuf {
  let mut out = PathBuf::new();
  for part in path.components() {
    match part {
      std::path::Component::CurDir => {}
      std::path::Component::ParentDir => {
        out.pop();
      }
      part => out.push(part),
    }
  }
  out
}

/// Proxies of other kinds that may send users to a slot, with where each was seen.
fn foreign(survey: &Survey, layout: &Layout, names: &Names) -> Vec<(String, String)> {
  let mut found: Vec<(String, String)> = Vec::new();
  let mut add = |kind: &str, place: String| {
    if kind != "nginx" && !found.iter().any(|(known, _)| known == kind) {
      found.push((kind.to_owned(), place));
    }
  };
  for (name, service) in layout.others() {
    if let Some(kind) = service_kind(survey, &layout.folder, service) {
      add(kind, format!("service {name}"));
    }
  }
  for seen in survey.containers.iter().filter(|seen| seen.running) {
    let near = seen.folder.as_deref() == Some(&*layout.folder);
    if let Some(kind) = kind(&seen.image).filter(|_| near) {
      add(kind, format!("container {}", seen.name));
    }
  }
  // Only one that is told of a slot: a machine may run others for other sites.
  for (path, file) in &survey.files {
    let name = path
      .file_name()
      .unwrap_or_default()
      .to_string_lossy()
      .to_lowercase();
    let Some(text) = &file.text else { continue };
    let about = KINDS.iter().find(|(word, kind)| {
      *kind != "nginx" && (name.contains(word) || text.contains(&format!("reload {word}")))
    });
    if let Some((word, kind)) = about {
      let speaks = Slot::BOTH.into_iter().all(|slot| {
        names.words[slot]
          .iter()
          .any(|word| text.contains(word.as_str()))
          || names.ports[slot]
            .iter()
            .any(|port| text.contains(&port.to_string()))
          || text.contains(slot.name())
      });
      if speaks || survey.others.contains(*word) {
        add(kind, Survey::shown(&layout.folder, path));
      }
    }
  }
  found
}
