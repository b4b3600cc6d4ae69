//! Which container is which: by exact Compose labels, or by exact name. Pure.
//!
//! Never a substring and never a prefix. Two candidates for one service, or one container in both
//! slots, is a fault that stops everything: acting on the wrong one would stop what users see.

use std::collections::HashMap;

use bollard::models::ContainerSummary;

use crate::{
  adapters::compose::project,
  config::{Place, Site},
  engine::ports::{PortError, PortErrorKind},
  model::{BySlot, Slot},
};

pub(super) const PROJECT: &str = "com.docker.compose.project";
pub(super) const SERVICE: &str = "com.docker.compose.service";
const ONE_OFF: &str = "com.docker.compose.oneoff";

/// One container as listed.
#[derive(Clone, Debug)]
pub(super) struct Listed {
  pub(super) id: String,
  pub(super) name: String,
  labels: HashMap<String, String>,
}

impl Listed {
  pub(super) fn from(summary: ContainerSummary) -> Option<Self> {
    let id = summary.id?;
    // Legacy links add names with a second slash.
    let name = summary
      .names?
      .into_iter()
      .find_map(|name| {
        name
          .strip_prefix('/')
          .filter(|rest| !rest.contains('/'))
          .map(str::to_owned)
      })
      .unwrap_or_else(|| id.clone());
    Some(Self {
      id,
      name,
      labels: summary.labels.unwrap_or_default(),
    })
  }

  /// As an event tells it: the labels are among the attributes.
  pub(super) fn of_event(id: &str, name: &str, attributes: &HashMap<String, String>) -> Self {
    Self {
      id: id.to_owned(),
      name: name.to_owned(),
      labels: attributes.clone(),
    }
  }

  fn label(&self, key: &str) -> Option<&str> {
    self.labels.get(key).map(String::as_str)
  }

  fn is_service(&self, project: &str, service: &str) -> bool {
    self.label(PROJECT) == Some(project)
      && self.label(SERVICE) == Some(service)
      && self.label(ONE_OFF) != Some("True")
  }
}

/// A container with the service it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
  pub(super) id: String,
  pub(super) service: String,
}

/// The containers of both slots.
pub(super) fn slots(site: &Site, listed: &[Listed]) -> Result<BySlot<Vec<Found>>, PortError> {
  let found = BySlot {
    blue: of_slot(site, listed, Slot::Blue)?,
    green: of_slot(site, listed, Slot::Green)?,
  };
  for blue in &found.blue {
    if let Some(green) = found.green.iter().find(|green| green.id == blue.id) {
      return Err(misconfigured(format!(
        "{} of BLUE and {} of GREEN are the same container {}: give the slots different names or projects under [services]",
        blue.service,
        green.service,
        name_of(listed, &blue.id)
      )));
    }
  }
  Ok(found)
}

fn of_slot(site: &Site, listed: &[Listed], slot: Slot) -> Result<Vec<Found>, PortError> {
  let project = project::of_slot(site, slot)?;
  let mut found = Vec::new();
  for service in &site.services {
    let matching = match &service.container[slot] {
      Some(name) => by_name(listed, name),
      None => one(listed, &project, &service.name[slot])?,
    };
    found.extend(matching.map(|container| Found {
      id: container.id.clone(),
      service: service.key.clone(),
    }));
  }
  Ok(found)
}

/// Shared services, the proxy and the database, as far as they are containers.
pub(super) fn shared(site: &Site, listed: &[Listed]) -> Result<Vec<Found>, PortError> {
  let projects = project::of_shared(site)?;
  let mut services: Vec<&str> = site.compose().shared.iter().map(String::as_str).collect();
  let mut containers = Vec::new();
  let places = std::iter::once(site.router.place()).chain(site.database.as_ref().map(|d| &d.place));
  for place in places {
    match place {
      Place::Service(name) if !services.contains(&name.as_str()) => services.push(name),
      Place::Container(name) => containers.extend(by_name(listed, name)),
      Place::Service(_) | Place::Host => {}
    }
  }
  for service in services {
    for project in &projects {
      if let Some(container) = one(listed, project, service)? {
        containers.push(container);
        break;
      }
    }
  }
  let mut found: Vec<Found> = Vec::new();
  for container in containers {
    if found.iter().all(|known| known.id != container.id) {
      found.push(Found {
        id: container.id.clone(),
        service: container
          .label(SERVICE)
          .unwrap_or(&container.name)
          .to_owned(),
      });
    }
  }
  Ok(found)
}

/// The slot (`None` for a shared service) and the service of one container; `None` when it is not
/// of this site.
pub(super) fn whose(site: &Site, listed: Listed) -> Option<(Option<Slot>, String)> {
  let one = [listed];
  let service = |found: Vec<Found>| found.into_iter().next().map(|found| found.service);
  for slot in Slot::BOTH {
    if let Some(service) = of_slot(site, &one, slot).ok().and_then(service) {
      return Some((Some(slot), service));
    }
  }
  let service = shared(site, &one).ok().and_then(service)?;
  Some((None, service))
}

fn by_name<'a>(listed: &'a [Listed], name: &str) -> Option<&'a Listed> {
  listed.iter().find(|container| container.name == name)
}

fn one<'a>(
  listed: &'a [Listed],
  project: &str,
  service: &str,
) -> Result<Option<&'a Listed>, PortError> {
  let matching: Vec<&Listed> = listed
    .iter()
    .filter(|container| container.is_service(project, service))
    .collect();
  if matching.len() > 1 {
    let names: Vec<&str> = matching
      .iter()
      .map(|container| container.name.as_str())
      .collect();
    return Err(misconfigured(format!(
      "service '{service}' of project '{project}' has {} containers: {}. Remove all but one with 'docker rm NAME', or scale it to 1",
      names.len(),
      names.join(", ")
    )));
  }
  Ok(matching.first().copied())
}

fn name_of<'a>(listed: &'a [Listed], id: &'a str) -> &'a str {
  listed
    .iter()
    .find(|container| container.id == id)
    .map_or(id, |container| &container.name)
}

fn misconfigured(detail: String) -> PortError {
  PortError::new(
    PortErrorKind::Misconfigured,
    "find the site's containers",
    detail,
  )
}

#[cfg(test)]
mod tests {
  use super::*;

  fn listed(id: &str, name: &str, project: &str, service: &str) -> Listed {
    let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    Listed {
      id: id.into(),
      name: name.into(),
      labels: [label(PROJECT, project), label(SERVICE, service)].into(),
    }
  }

  #[test]
  fn a_service_is_found_by_both_labels_exactly() {
    let all = [
      listed("1", "shop-api-blue-1", "shop", "api-blue"),
      listed("2", "shop-api-blue-old", "shop", "api-blue-old"),
      listed("3", "shop2-api-blue-1", "shop2", "api-blue"),
    ];
    assert_eq!(one(&all, "shop", "api-blue").unwrap().unwrap().id, "1");
    assert!(one(&all, "shop", "api").unwrap().is_none());
    assert!(one(&all, "sho", "api-blue").unwrap().is_none());
  }

  #[test]
  fn two_containers_of_one_service_are_named_and_refused() {
    let all = [
      listed("1", "shop-api-blue-1", "shop", "api-blue"),
      listed("2", "shop-api-blue-2", "shop", "api-blue"),
    ];
    let error = one(&all, "shop", "api-blue").unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Misconfigured);
    assert!(
      error.detail.contains("shop-api-blue-1, shop-api-blue-2"),
      "{error}"
    );
  }

  #[test]
  fn a_one_off_container_is_not_the_service() {
    let mut once = listed("2", "shop_api-blue_run_1", "shop", "api-blue");
    once.labels.insert(ONE_OFF.into(), "True".into());
    let all = [once, listed("1", "shop_api-blue_1", "shop", "api-blue")];
    assert_eq!(one(&all, "shop", "api-blue").unwrap().unwrap().id, "1");
  }

  #[test]
  fn a_name_matches_whole_or_not_at_all() {
    let all = [
      listed("api-blue", "other", "x", "y"),
      listed("2", "old-api-blue", "x", "y"),
    ];
    assert!(by_name(&all, "api-blue").is_none());
    assert_eq!(by_name(&all, "old-api-blue").unwrap().id, "2");
  }
}
