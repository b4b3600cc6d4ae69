//! The exact command lines of Compose: what is run, and what a dry run shows.
//!
//! Every line names its project and its files; `up` names the slot's own services and the pins.

use std::path::{Path, PathBuf};

use super::{Compose, child::Line, pins::file_of as pins_file, project, tool::Generation};
use crate::{
  config::{Service, VersionKind},
  engine::ports::PortError,
  model::{Slot, VersionName, plan::ImageSource},
};

impl Compose {
  pub(super) fn up_line(
    &self,
    command: &[String],
    generation: Generation,
    slot: Slot,
    version: &VersionName,
  ) -> Result<Line, PortError> {
    let mut line = self.line(command, slot, Some(version))?;
    line
      .argv
      .extend(["-f".into(), shown(&pins_file(&self.site, slot))]);
    line
      .argv
      .extend(["up", "-d", "--no-deps", "--no-build"].map(str::to_owned));
    if generation == Generation::V2 {
      // A `pull_policy` of the base file must not ask a registry for an image ID.
      line.argv.extend(["--pull".into(), "never".into()]);
    }
    Ok(line)
  }

  pub(super) fn no_cache(&self, source: ImageSource) -> Option<String> {
    let always = matches!(
      &self.site.version.kind,
      VersionKind::Build { no_cache: true, .. }
    );
    (always || source == ImageSource::Rebuild).then(|| "--no-cache".to_owned())
  }

  pub(super) fn names(&self, slot: Slot, wanted: impl Fn(&Service) -> bool) -> Vec<String> {
    self
      .site
      .services
      .iter()
      .filter(|service| wanted(service))
      .map(|service| service.name[slot].clone())
      .collect()
  }

  /// The command up to its verb.
  pub(super) fn line(
    &self,
    command: &[String],
    slot: Slot,
    version: Option<&VersionName>,
  ) -> Result<Line, PortError> {
    let mut line = self.line_of(
      command,
      project::of_slot(&self.site, slot)?,
      &self.site.compose().files[slot],
    );
    if let Some(version) = version {
      line.environment.extend(self.variable(slot, version));
    }
    Ok(line)
  }

  pub(super) fn line_of(&self, command: &[String], project: String, files: &[PathBuf]) -> Line {
    let runtime = self.site.compose();
    let mut argv = command.to_vec();
    argv.extend(["--project-name".into(), project]);
    if let Some(file) = &runtime.env_file {
      argv.extend(["--env-file".into(), shown(file)]);
    }
    for profile in &runtime.profiles {
      argv.extend(["--profile".into(), profile.clone()]);
    }
    for file in files {
      argv.extend(["-f".into(), shown(file)]);
    }
    Line {
      argv,
      folder: files
        .first()
        .and_then(|file| file.parent())
        .map(Path::to_owned),
      environment: vec![
        ("COMPOSE_IGNORE_ORPHANS".to_owned(), "1".to_owned()),
        ("DOCKER_HOST".to_owned(), self.docker_host.clone()),
      ],
    }
  }

  /// The variable that chooses the slot's image, with its value for `version`.
  pub(super) fn variable(&self, slot: Slot, version: &VersionName) -> Option<(String, String)> {
    let (variable, tag) = match &self.site.version.kind {
      VersionKind::ImageVariable { variable, tag, .. } => (variable, tag),
      VersionKind::Build { variable, tag, .. } => (variable.as_ref()?, tag),
      VersionKind::Folder { .. } => return None,
    };
    let value = tag[slot].replace("{version}", version.as_str());
    Some((variable[slot].clone(), value))
  }

  /// What `prepare` and `start` run, for people. Before the first `tool` it shows the configured command.
  pub(crate) fn command_lines(
    &self,
    slot: Slot,
    version: &VersionName,
    source: ImageSource,
  ) -> Vec<String> {
    let (command, generation) = match self.known_tool() {
      Some(tool) => (tool.command.clone(), tool.generation),
      None if self.site.compose().command.is_empty() => {
        (vec!["docker".into(), "compose".into()], Generation::V2)
      }
      None => {
        let command = self.site.compose().command.clone();
        let second = command.last().is_some_and(|word| word == "compose");
        let generation = if second {
          Generation::V2
        } else {
          Generation::V1
        };
        (command, generation)
      }
    };
    let names = self.names(slot, |_| true);
    let variable = self
      .variable(slot, version)
      .map_or_else(String::new, |(name, value)| format!("{name}={value} "));
    let mut lines = Vec::new();
    let mut push = |line: Result<Line, PortError>, verb: &[String]| match line {
      Ok(line) => {
        let words = [line.argv.as_slice(), verb, &names].concat();
        lines.push(format!("{variable}{}", words.join(" ")));
      }
      Err(error) => lines.push(error.to_string()),
    };
    let base = || self.line(&command, slot, Some(version));
    match source {
      ImageSource::Pull => push(base(), &["pull".into(), "--quiet".into()]),
      ImageSource::Build | ImageSource::Rebuild => {
        let mut verb = vec!["build".to_owned()];
        verb.extend(self.no_cache(source));
        push(base(), &verb);
      }
      ImageSource::Recorded => {}
    }
    push(self.up_line(&command, generation, slot, version), &[]);
    lines
  }
}

fn shown(path: &Path) -> String {
  path.to_string_lossy().into_owned()
}
