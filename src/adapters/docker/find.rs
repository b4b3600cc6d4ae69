//! Which container is which: by exact Compose labels, or by exact name. Pure.
//!
//! Never a substring and never a prefix. Two candidates for one service, or one container in both
//! slots, is a fault that stops everything: acting on the wrong one would stop what users see.

use crate::{
  adapters::{
    compose::project,
    listed::{Listed, by_name, first_of},
  },
  config::{Place, Site},
  engine::ports::{PortError, PortErrorKind},
  model::{BySlot, Slot},
};

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
      None => one(listed, std::slice::from_ref(&project), &service.name[slot])?,
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
    containers.extend(one(listed, &projects, service)?);
  }
  let mut found: Vec<Found> = Vec::new();
  for container in containers {
    if found.iter().all(|known| known.id != container.id) {
      found.push(Found {
        id: container.id.clone(),
        service: container.service().unwrap_or(&container.name).to_owned(),
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

fn one<'a>(
  listed: &'a [Listed],
  projects: &[String],
  service: &str,
) -> Result<Option<&'a Listed>, PortError> {
  first_of(listed, projects, service).map_err(|several| {
    misconfigured(format!(
      "service '{service}' of project '{}' has {} containers: {}. Remove all but one with 'docker rm NAME', or scale it to 1",
      several.project,
      several.names.len(),
      several.names.join(", ")
    ))
  })
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
