//! Which container is meant: by exact compose labels or by exact name, never by a part of a name.

use std::path::Path;

use crate::{
  adapters::compose::project::normalized,
  config::{Compose, Place, Site},
  model::Slot,
};

/// Which container is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
  Name(String),
  Service {
    service: String,
    projects: Vec<String>,
  },
}

impl Wanted {
  pub(crate) fn of(place: &Place, runtime: &Compose) -> Option<Self> {
    match place {
      Place::Host => None,
      Place::Container(name) => Some(Self::Name(name.clone())),
      Place::Service(service) => Some(Self::Service {
        service: service.clone(),
        projects: shared_projects(runtime),
      }),
    }
  }

  /// A service's container in `slot`.
  pub(crate) fn in_slot(site: &Site, slot: Slot) -> Vec<Self> {
    let projects: Vec<String> = slot_project(site.compose(), slot).into_iter().collect();
    site
      .services
      .iter()
      .map(|service| match &service.container[slot] {
        Some(name) => Self::Name(name.clone()),
        None => Self::Service {
          service: service.name[slot].clone(),
          projects: projects.clone(),
        },
      })
      .collect()
  }

  pub(crate) fn words(&self) -> String {
    match self {
      Self::Name(name) => format!("container {name}"),
      Self::Service { service, projects } => format!(
        "service {service} of compose project {}",
        projects.join(" or ")
      ),
    }
  }
}

/// The projects a shared service may belong to: that of the shared files, else those of the slots.
fn shared_projects(runtime: &Compose) -> Vec<String> {
  let both = Slot::BOTH.map(|slot| slot_project(runtime, slot));
  let shared = runtime
    .shared_files
    .first()
    .and_then(|file| default_project(file));
  let mut projects: Vec<String> = match (&runtime.project.blue, &runtime.project.green, shared) {
    (Some(blue), Some(green), _) if blue == green => vec![blue.clone()],
    (_, _, Some(shared)) => vec![shared],
    _ => both.into_iter().flatten().collect(),
  };
  projects.dedup();
  projects
}

fn slot_project(runtime: &Compose, slot: Slot) -> Option<String> {
  runtime.project[slot].clone().or_else(|| {
    runtime.files[slot]
      .first()
      .and_then(|file| default_project(file))
  })
}

/// Compose's own default: the folder's name, as far as a project's may go.
fn default_project(file: &Path) -> Option<String> {
  Some(normalized(&file.parent()?.file_name()?.to_string_lossy()))
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn the_default_project_is_composes_own() {
    assert_eq!(
      default_project(Path::new("/srv/My App.v2/docker-compose.yml")).as_deref(),
      Some("myappv2")
    );
  }
}
