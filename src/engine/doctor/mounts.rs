//! Files that are meant to reach a container: mounts of nothing, links that dangle inside, includes
//! that a mount hides.

mod baked;

use super::{
  compose::{ComposeFile, Mount, Service},
  facts::{Texts, joined},
};
use crate::model::{
  finding::{Finding, Hazard, Place},
  surroundings::EntryKind,
};

pub(super) fn findings(texts: &Texts<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  for file in &texts.compose {
    for service in file.services.values() {
      for mount in &service.mounts {
        found.extend(no_file(texts, file, service, mount));
        found.extend(links(texts, file, service, mount));
      }
    }
  }
  if !texts.effective {
    found.extend(includes(texts));
  }
  found.extend(baked::findings(texts));
  found
}

/// The path of a mount's source in the site's folder; `None` for volumes and other places.
pub(super) fn source(file: &ComposeFile, mount: &Mount) -> Option<String> {
  let path = &mount.source;
  (path.starts_with('.') || path.contains('/') && !path.starts_with(['/', '~', '$']))
    .then(|| joined(file.folder().trim_end_matches('/'), path))
}

/// Whether the mount is meant for one file.
pub(super) fn is_for_a_file(mount: &Mount) -> bool {
  let base = mount.target.rsplit('/').next().unwrap_or_default();
  base
    .rsplit_once('.')
    .is_some_and(|(stem, extension)| !stem.is_empty() && extension != "d")
}

fn no_file(
  texts: &Texts<'_>,
  file: &ComposeFile,
  service: &Service,
  mount: &Mount,
) -> Option<Finding> {
  let path = source(file, mount).filter(|_| is_for_a_file(mount))?;
  let what = match texts.files.entries.get(&path).map(|entry| &entry.kind) {
    Some(EntryKind::Folder | EntryKind::Closed) => {
      format!(
        "{path} is a folder, and {} mounts it as the file {}",
        service.name, mount.target
      )
    }
    None if texts.files.lacks(&path) => {
      format!("{} mounts {path}, which does not exist", service.name)
    }
    _ => return None,
  };
  Some(
    Finding::red(
      Hazard::Hz(28),
      what,
      "Docker makes an empty folder of that name, and the container does not start or runs without its file",
      format!("put the file {path} there (remove the folder first, if Docker made one), then recreate {}", service.name),
    )
    .at(service.saying(&mount.source)),
  )
}

/// Links with an absolute target point into this host, which does not exist in a container.
fn links(texts: &Texts<'_>, file: &ComposeFile, service: &Service, mount: &Mount) -> Vec<Finding> {
  let Some(folder) = source(file, mount).filter(|_| !is_for_a_file(mount)) else {
    return Vec::new();
  };
  texts
    .files
    .entries
    .iter()
    .filter(|(path, _)| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/')))
    .filter_map(|(path, entry)| match &entry.kind {
      EntryKind::Link { target } => Some((path, target)),
      _ => None,
    })
    .filter(|(_, target)| target.starts_with('/') && !target.starts_with(&mount.target))
    .map(|(path, target)| {
      Finding::red(
        Hazard::Hz(27),
        format!("{path} points to {target}, which does not exist inside {}", service.name),
        "the link is right on this host and dangles in the container, so the proxy cannot start or loads nothing",
        format!("ln -sfnr {target} {path}"),
      )
      .at(Place::file(path))
    })
    .collect()
}

/// A literal include of a file that the mounted folder does not have: nginx refuses to start.
fn includes(texts: &Texts<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  for nginx in &texts.nginx {
    for include in nginx.named("include") {
      let wanted = include.value();
      if wanted.contains(['*', '?', '$']) {
        continue;
      }
      let inside = if wanted.starts_with('/') {
        wanted.to_owned()
      } else {
        format!("/etc/nginx/{wanted}")
      };
      let missing = texts
        .proxies_near(&nginx.path)
        .into_iter()
        .find_map(|(file, service)| {
          let path = on_host(file, service, &inside)?;
          texts.files.lacks(&path).then_some((service, path))
        });
      if let Some((service, path)) = missing {
        found.push(
          Finding::red(
            Hazard::Hz(5),
            format!("{inside} is included, and {path}, which {} mounts there, does not exist", service.name),
            "nginx refuses to start or reload without a file that is included by name; one that the image brought along is hidden by the mount",
            format!("cp the file of the slot that is live to {path}"),
          )
          .at(Place::line(&nginx.path, include.line)),
        );
      }
    }
  }
  found
}

/// The file of the site's folder that a path inside the container is.
pub(super) fn on_host(file: &ComposeFile, service: &Service, inside: &str) -> Option<String> {
  let mount = covering(service, inside)?;
  let rest = inside.strip_prefix(mount.target.trim_end_matches('/'))?;
  Some(format!("{}{rest}", source(file, mount)?))
}

/// The mount a path inside the container lies in, the deepest first.
pub(super) fn covering<'a>(service: &'a Service, inside: &str) -> Option<&'a Mount> {
  service
    .mounts
    .iter()
    .filter(|mount| {
      inside
        .strip_prefix(mount.target.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
    .max_by_key(|mount| mount.target.len())
}
