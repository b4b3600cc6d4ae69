//! Every nginx that may send users to a slot, with its configuration: asked for its own view, or,
//! where it does not run, read from what is mounted into it.

use std::path::Path;

use super::{At, Proxy, kind, service_kind, tidy};
use crate::{
  config::detect::{
    layout::Layout,
    nginx::{self, File},
    stack::Service,
    survey::{Mount, Nginx, Seen, Survey},
  },
  model::Slot,
};

pub(super) fn views(survey: &Survey, layout: &Layout) -> Vec<Proxy> {
  let mut all = Vec::new();
  let networks: Vec<&String> = layout
    .roles
    .iter()
    .flat_map(|role| {
      Slot::BOTH
        .into_iter()
        .filter_map(|slot| layout.container(survey, role, slot))
    })
    .flat_map(|seen| &seen.networks)
    .collect();
  let others = layout.others();
  let ours = |seen: &Seen| seen.folder.as_deref() == Some(&*layout.folder);
  let is_nginx = |seen: &Seen| {
    let service = seen
      .service
      .as_deref()
      .filter(|_| ours(seen))
      .and_then(|name| others.get(name));
    kind(&seen.image).or_else(|| service_kind(survey, &layout.folder, service?)) == Some("nginx")
  };
  let slots = |seen: &Seen| {
    layout.roles.iter().any(|role| {
      Slot::BOTH.into_iter().any(|slot| {
        layout
          .container(survey, role, slot)
          .is_some_and(|mine| mine.name == seen.name)
      })
    })
  };
  for seen in survey
    .containers
    .iter()
    .filter(|seen| seen.running && is_nginx(seen) && !slots(seen))
  {
    let near = ours(seen)
      || seen
        .networks
        .iter()
        .any(|network| networks.contains(&network));
    if !near {
      continue;
    }
    let at = match &seen.service {
      Some(service) if ours(seen) && others.contains_key(service.as_str()) => {
        At::Service(service.clone())
      }
      _ => At::Container(seen.name.clone()),
    };
    all.extend(asked(
      survey,
      &Nginx::Container(seen.name.clone()),
      at,
      seen,
    ));
  }
  for command in &survey.masters {
    let nginx = Nginx::Host(command.clone());
    all.extend(asked(
      survey,
      &nginx,
      At::Host(command.clone()),
      &Seen::default(),
    ));
  }
  for (name, service) in &others {
    let known = all
      .iter()
      .any(|proxy| proxy.at == At::Service((*name).to_owned()));
    if !known && service_kind(survey, &layout.folder, service) == Some("nginx") {
      all.push(on_disk(survey, layout, name, service));
    }
  }
  all
}

/// What it says itself. Files that it names through a mount are read on this host.
pub(super) fn asked(survey: &Survey, nginx: &Nginx, at: At, seen: &Seen) -> Option<Proxy> {
  let dump = survey.loaded(nginx)?.ok()?;
  Some(Proxy {
    at,
    files: nginx::files(dump),
    asked: true,
    mounts: seen.mounts.clone(),
    published: seen.published.clone(),
  })
}

/// What is mounted into it, as far as it was found.
pub(super) fn on_disk(survey: &Survey, layout: &Layout, name: &str, service: &Service) -> Proxy {
  let mounts: Vec<Mount> = service
    .mounts
    .iter()
    .map(|(source, inside)| Mount {
      source: tidy(&layout.folder.join(source)),
      inside: inside.trim_end_matches('/').to_owned(),
    })
    .collect();
  let mut files = Vec::new();
  for mount in &mounts {
    for (path, file) in &survey.files {
      let Ok(rest) = path.strip_prefix(&mount.source) else {
        continue;
      };
      let Some(text) = &file.text else { continue };
      let inside = Path::new(&mount.inside).join(rest);
      let path = inside.to_string_lossy().trim_end_matches('/').to_owned();
      if !files.iter().any(|known: &File| known.path == path) {
        files.push(File {
          path,
          text: text.clone(),
        });
      }
    }
  }
  Proxy {
    at: At::Service(name.to_owned()),
    files,
    asked: false,
    mounts,
    published: service.published.clone(),
  }
}
