//! Docker Compose, either generation, run as a child process with argument lists.
//!
//! Owns the command lines, the resolved model of each slot and the pins override. Names only the
//! slot's own services, never `down`, `--remove-orphans` or a bare `up`. The containers themselves
//! are `adapters::docker`'s.

mod child;
mod commands;
mod config;
mod models;
mod pins;
pub(crate) mod project;
mod remembered;
mod shared;
mod tool;

use std::{
  collections::BTreeMap,
  fs::File,
  sync::{Arc, Mutex, PoisonError},
};

use crate::{
  config::{Service, Site},
  engine::ports::{Notes, PortError, PortErrorKind},
  model::{Slot, VersionName, evidence::Pins, plan::ImageSource},
};

use child::Line;
pub(crate) use config::{ComposeService, Model, Published};
use models::Models;
pub(crate) use pins::Pinned;
pub use pins::pins_override;
pub(crate) use pins::{expected as expected_pins, file_of as pins_file, read as read_pins};
pub(crate) use tool::{Generation, Tool};

pub(crate) struct Compose {
  site: Arc<Site>,
  lock: Option<File>,
  /// Passed to every child, so that Compose and the API client speak to the same daemon.
  docker_host: String,
  tool: Mutex<Option<Arc<Tool>>>,
  /// By slot and version, as of the files' stamp.
  models: Mutex<Models>,
}

impl Compose {
  pub(crate) fn new(site: Arc<Site>, docker_host: String) -> Self {
    Self {
      site,
      lock: None,
      docker_host,
      tool: Mutex::default(),
      models: Mutex::default(),
    }
  }

  pub(crate) fn hold(&mut self, lock: File) {
    self.lock = Some(lock);
  }

  /// The Compose of this machine, asked once.
  pub(crate) async fn tool(&self) -> Result<Arc<Tool>, PortError> {
    if let Some(tool) = self.known_tool() {
      return Ok(tool);
    }
    let known = |command: &[String]| remembered::version(&self.site, command);
    let tool = Arc::new(Tool::find(&self.site.compose().command, known).await?);
    if self.lock.is_some() {
      remembered::keep(&self.site, &tool.command, &tool.version);
    }
    *self.tool.lock().unwrap_or_else(PoisonError::into_inner) = Some(tool.clone());
    Ok(tool)
  }

  fn known_tool(&self) -> Option<Arc<Tool>> {
    self
      .tool
      .lock()
      .unwrap_or_else(PoisonError::into_inner)
      .clone()
  }

  /// The slot's services that Compose knows; a missing one is an error unless it is optional.
  pub(crate) async fn services(
    &self,
    slot: Slot,
    version: Option<&VersionName>,
  ) -> Result<Vec<(&Service, ComposeService)>, PortError> {
    let model = self.model(slot, version).await?;
    let mut found = Vec::new();
    for service in &self.site.services {
      match model.services.get(&service.name[slot]) {
        Some(composed) => found.push((service, composed.clone())),
        None if service.optional => {}
        None => {
          let there: Vec<&str> = model.services.keys().map(String::as_str).collect();
          return Err(PortError::new(
            PortErrorKind::Misconfigured,
            format!("find the services of {}", slot.shout()),
            format!(
              "the compose files have no service '{}'; they have: {}. Correct name = under [services.{}]",
              service.name[slot],
              there.join(", "),
              service.key
            ),
          ));
        }
      }
    }
    Ok(found)
  }

  /// The reference a service's image goes by: configured, or the name Compose gives what it builds.
  pub(crate) async fn reference(
    &self,
    slot: Slot,
    service: &Service,
    composed: &ComposeService,
  ) -> Result<String, PortError> {
    if let Some(image) = &composed.image {
      return Ok(image.clone());
    }
    let compatible = std::env::var("COMPOSE_COMPATIBILITY").is_ok_and(|v| v == "1" || v == "true");
    let between = match self.tool().await?.generation {
      Generation::V2 if !compatible => '-',
      _ => '_',
    };
    let project = project::of_slot(&self.site, slot)?;
    Ok(format!("{project}{between}{}", service.name[slot]))
  }

  pub(crate) async fn pull(
    &self,
    slot: Slot,
    version: &VersionName,
    services: &[String],
    notes: Notes<'_>,
  ) -> Result<(), PortError> {
    let tool = self.tool().await?;
    let mut line = self.line(&tool.command, slot, Some(version))?;
    line.argv.extend(["pull".into(), "--quiet".into()]);
    line.argv.extend_from_slice(services);
    line.act(self.lock.as_ref(), notes).await
  }

  pub(crate) async fn build(
    &self,
    slot: Slot,
    version: &VersionName,
    source: ImageSource,
    services: &[String],
    notes: Notes<'_>,
  ) -> Result<(), PortError> {
    let tool = self.tool().await?;
    let mut line = self.line(&tool.command, slot, Some(version))?;
    line.argv.push("build".into());
    line.argv.extend(self.no_cache(source));
    line.argv.extend_from_slice(services);
    line.act(self.lock.as_ref(), notes).await
  }

  /// Creates and starts `services` from the slot's pins, and touches nothing else.
  pub(crate) async fn up(
    &self,
    pins: &Pins,
    services: &[String],
    notes: Notes<'_>,
  ) -> Result<(), PortError> {
    let tool = self.tool().await?;
    let mut line = self.up_line(&tool.command, tool.generation, pins.slot, &pins.version)?;
    line.argv.extend_from_slice(services);
    line.act(self.lock.as_ref(), notes).await
  }
}

/// What Compose makes of files that belong to no site yet, as YAML.
pub(crate) async fn resolve(
  folder: &std::path::Path,
  files: &[String],
  profiles: &[String],
) -> Result<String, PortError> {
  let mut argv = Tool::find(&[], |_| None).await?.command;
  for profile in profiles {
    argv.extend(["--profile".into(), profile.clone()]);
  }
  for file in files {
    argv.extend(["-f".into(), file.clone()]);
  }
  argv.push("config".into());
  let line = Line {
    argv,
    folder: Some(folder.to_owned()),
    environment: vec![("COMPOSE_IGNORE_ORPHANS".to_owned(), "1".to_owned())],
  };
  line.ask().await
}

/// Network name and alias of every service of a slot, with the service that has it.
pub(crate) fn aliases_of(
  site: &Site,
  slot: Slot,
  model: &Model,
) -> BTreeMap<(String, String), String> {
  let Ok(project) = project::of_slot(site, slot) else {
    return BTreeMap::new();
  };
  site
    .services
    .iter()
    .flat_map(|service| {
      let name = &service.name[slot];
      model
        .aliases(&project, name)
        .into_iter()
        .map(|alias| (alias, name.clone()))
        .collect::<Vec<_>>()
    })
    .collect()
}
