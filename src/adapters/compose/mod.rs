//! Docker Compose, either generation, run as a child process with argument lists.
//!
//! Owns the command lines, the resolved model of each slot and the pins override. Names only the
//! slot's own services, never `down`, `--remove-orphans` or a bare `up`. The containers themselves
//! are `adapters::docker`'s.

mod child;
mod commands;
mod config;
mod pins;
pub(crate) mod project;
mod remembered;
mod shared;
mod tool;

use std::{
  collections::{BTreeMap, HashMap},
  fs::File,
  sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest, Sha256};

use crate::{
  config::{Service, Site, VersionKind},
  engine::ports::{Notes, PortError, PortErrorKind},
  model::{Slot, VersionName, evidence::Pins, plan::ImageSource},
};

use child::Line;
pub(crate) use config::{ComposeService, Model, Published};
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

type Models = HashMap<(Slot, Option<String>), (Stamp, Arc<Model>)>;

/// What the files a model was made from say.
type Stamp = Vec<Option<[u8; 32]>>;

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

  /// What Compose makes of the slot's files at `version`; `None` = as the files stand now.
  pub(crate) async fn model(
    &self,
    slot: Slot,
    version: Option<&VersionName>,
  ) -> Result<Arc<Model>, PortError> {
    let key = (slot, version.map(|v| v.as_str().to_owned()));
    let stamp = self.stamp(slot, version);
    let known = self
      .models
      .lock()
      .unwrap_or_else(PoisonError::into_inner)
      .get(&key)
      .filter(|(made_from, _)| *made_from == stamp)
      .map(|(_, model)| model.clone());
    if let Some(model) = known {
      return Ok(model);
    }
    let tool = self.tool().await?;
    let text = self.config(&tool, slot, version).await?;
    let model = Arc::new(parsed(&tool, &text)?);
    self
      .models
      .lock()
      .unwrap_or_else(PoisonError::into_inner)
      .insert(key, (stamp, model.clone()));
    Ok(model)
  }

  async fn config(
    &self,
    tool: &Tool,
    slot: Slot,
    version: Option<&VersionName>,
  ) -> Result<String, PortError> {
    let mut line = self.line(&tool.command, slot, version)?;
    line.argv.push("config".into());
    if tool.generation == Generation::V1 {
      return line.ask().await;
    }
    line.argv.extend(["--format".into(), "json".into()]);
    let required = Line {
      argv: [
        line.argv.clone(),
        self.names(slot, |service| !service.optional),
      ]
      .concat(),
      ..line.clone()
    };
    // Naming services also switches on the profiles they are in; an optional one may be unknown.
    line.argv.extend(self.names(slot, |_| true));
    match line.ask().await {
      Err(error) if required.argv != line.argv && error.detail.contains("no such service") => {
        required.ask().await
      }
      answer => answer,
    }
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

  /// With an explicit version the value that is kept for it decides nothing: pinning a slot writes
  /// that value, and must not make Compose read everything again.
  fn stamp(&self, slot: Slot, version: Option<&VersionName>) -> Stamp {
    let runtime = self.site.compose();
    let dotenv = runtime.files[slot]
      .first()
      .and_then(|file| file.parent())
      .map(|folder| folder.join(".env"));
    let (kept, overridden) = match &self.site.version.kind {
      VersionKind::ImageVariable {
        keep_in, variable, ..
      } => (keep_in.as_ref(), version.map(|_| variable[slot].as_str())),
      VersionKind::Build { .. } | VersionKind::Folder { .. } => (None, None),
    };
    runtime.files[slot]
      .iter()
      .chain(&runtime.env_file)
      .chain(&dotenv)
      .chain(kept)
      .map(|file| Some(digest(&std::fs::read(file).ok()?, overridden)))
      .collect()
  }
}

fn parsed(tool: &Tool, text: &str) -> Result<Model, PortError> {
  match tool.generation {
    Generation::V1 => Model::from_yaml(text),
    Generation::V2 => Model::from_json(text),
  }
  .map_err(|error| {
    let doing = format!("read what '{} config' printed", tool.command.join(" "));
    PortError::new(PortErrorKind::Unexpected, doing, error)
  })
}

/// Of everything but the lines that give `without` a value.
fn digest(text: &[u8], without: Option<&str>) -> [u8; 32] {
  let mut digest = Sha256::new();
  for line in text.split_inclusive(|byte| *byte == b'\n') {
    let sets = without.is_some_and(|name| {
      let line = line.trim_ascii_start();
      line
        .strip_prefix(name.as_bytes())
        .is_some_and(|rest| rest.starts_with(b"="))
    });
    if !sets {
      digest.update(line);
    }
  }
  digest.finalize().into()
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
