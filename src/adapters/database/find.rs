//! Which container is the database: by exact compose labels or by exact name, never by a part of
//! a name.

use bollard::{Docker, query_parameters::InspectContainerOptions};

use super::{exec, server::Where};
use crate::{
  adapters::{compose::project::normalized, listed},
  config::Compose,
  engine::ports::{PortError, PortErrorKind},
  model::Slot,
};

pub(super) async fn by_service(
  docker: &Docker,
  compose: &Compose,
  service: &str,
) -> Result<String, PortError> {
  let doing = format!("find the container of compose service {service}");
  let there = listed::of_service(docker, service)
    .await
    .map_err(|error| exec::said(&doing, &error))?;
  let projects = projects(compose);
  let why = match listed::first_of(&there, &projects, service) {
    Ok(Some(found)) => return Ok(found.id.clone()),
    Ok(None) => format!(
      "none in project {}: start it with docker compose up -d {service}, or name it with container in [database]",
      projects.join(" or ")
    ),
    Err(several) => format!(
      "project {} has several: name one with container in [database]",
      several.project
    ),
  };
  Err(PortError::new(PortErrorKind::Misconfigured, doing, why))
}

/// Compose projects a shared service may belong to, likeliest first: the configured one, then
/// Compose's own default, the folder of the first file.
fn projects(compose: &Compose) -> Vec<String> {
  let shared = compose.shared_files.first();
  let mut names = Vec::new();
  let configured = &compose.project;
  if shared.is_some() && configured[Slot::Blue] != configured[Slot::Green] {
    names.extend(shared.and_then(|file| default_project(file)));
  }
  for slot in [Slot::Blue, Slot::Green] {
    names.extend(
      configured[slot]
        .clone()
        .or_else(|| default_project(shared.or_else(|| compose.files[slot].first())?)),
    );
  }
  let mut seen = Vec::new();
  names.retain(|name| {
    let new = !seen.contains(name);
    seen.push(name.clone());
    new
  });
  names
}

fn default_project(file: &std::path::Path) -> Option<String> {
  let name = normalized(&file.parent()?.file_name()?.to_string_lossy());
  let name = name.trim_start_matches(['_', '-']);
  (!name.is_empty()).then(|| name.to_owned())
}

/// The container when it runs, with the user and database that its environment names.
pub(super) async fn inspect(
  docker: Docker,
  wanted: &str,
) -> Result<(Where, Option<String>, Option<String>), PortError> {
  let doing = format!("look at the database container {wanted}");
  let found = docker
    .inspect_container(wanted, None::<InspectContainerOptions>)
    .await
    .map_err(|error| exec::said(&doing, &error))?;
  let name = found
    .name
    .unwrap_or_default()
    .trim_start_matches('/')
    .to_owned();
  let id = found.id.unwrap_or_default();
  // Docker also answers to the beginning of an ID; only the exact name or ID is meant here.
  if wanted != name && wanted != id {
    return Err(PortError::new(
      PortErrorKind::Misconfigured,
      doing,
      format!("Docker answered with container {name}: write its exact name in [database]"),
    ));
  }
  let running = found.state.as_ref().and_then(|state| state.running);
  if running != Some(true) {
    return Err(PortError::new(
      PortErrorKind::Unreachable,
      doing,
      format!("it is not running: start it with docker start {name}"),
    ));
  }
  let environment = found
    .config
    .and_then(|config| config.env)
    .unwrap_or_default();
  let named = |key: &str| {
    environment
      .iter()
      .find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
      .filter(|value| !value.is_empty())
      .map(str::to_owned)
  };
  let (user, database) = (named("POSTGRES_USER"), named("POSTGRES_DB"));
  Ok((Where::Container { docker, id, name }, user, database))
}

#[cfg(test)]
mod tests {
  use std::path::PathBuf;

  use super::*;
  use crate::model::BySlot;

  fn compose(shared: &[&str], blue: Option<&str>, green: Option<&str>) -> Compose {
    let file = |path: &str| vec![PathBuf::from(path)];
    Compose {
      command: Vec::new(),
      files: BySlot::from_fn(|slot| match slot {
        Slot::Blue => file("/srv/Blue.Slot/compose.yml"),
        Slot::Green => file("/srv/green/compose.yml"),
      }),
      shared_files: shared.iter().map(PathBuf::from).collect(),
      project: BySlot::from_fn(|slot| match slot {
        Slot::Blue => blue.map(str::to_owned),
        Slot::Green => green.map(str::to_owned),
      }),
      profiles: Vec::new(),
      env_file: None,
      shared: Vec::new(),
      networks: Vec::new(),
    }
  }

  #[test]
  fn the_project_of_a_shared_service_is_configured_or_named_after_its_folder() {
    assert_eq!(
      projects(&compose(&["/srv/My App/c.yml"], None, None)),
      ["myapp"]
    );
    assert_eq!(
      projects(&compose(&["/srv/x/c.yml"], Some("ala"), Some("ala"))),
      ["ala"]
    );
    assert_eq!(
      projects(&compose(
        &["/srv/x/c.yml"],
        Some("ala-blue"),
        Some("ala-green")
      )),
      ["x", "ala-blue", "ala-green"]
    );
    assert_eq!(projects(&compose(&[], None, None)), ["blueslot", "green"]);
  }
}
