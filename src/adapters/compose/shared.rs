//! What both slots share: which compose services that is, and the one command that starts them.

use super::{Compose, Line, Model, Tool, models::parsed, project, tool::Generation};
use crate::{
  config::Place,
  engine::ports::{Notes, PortError, PortErrorKind, Shared},
  model::{Slot, VersionName},
};

impl Compose {
  /// What Compose makes of the files that have the shared services.
  pub(crate) async fn shared_model(
    &self,
    slot: Slot,
    version: &VersionName,
  ) -> Result<Model, PortError> {
    let tool = self.tool().await?;
    let mut line = self.shared_line(&tool, slot, version)?;
    line.argv.push("config".into());
    if tool.generation == Generation::V2 {
      line.argv.extend(["--format".into(), "json".into()]);
    }
    parsed(&tool, &line.ask().await?)
  }

  /// Compose names of the services of `which`, each of which the files must have.
  pub(crate) fn shared_names(
    &self,
    which: Shared,
    model: &Model,
  ) -> Result<Vec<String>, PortError> {
    let proxy = named(self.site.router.place(), model)?;
    if which == Shared::Proxy {
      return Ok(proxy.into_iter().collect());
    }
    let mut names = self.site.compose().shared.clone();
    if let Some(database) = &self.site.database {
      names.extend(named(&database.place, model)?);
    }
    names.retain(|name| proxy.as_ref() != Some(name));
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    match names
      .iter()
      .find(|name| !model.services.contains_key(*name))
    {
      None => Ok(names),
      Some(missing) => Err(unknown(&format!("service '{missing}'"), model)),
    }
  }

  /// Creates or starts these, and touches nothing else; one that is there is never recreated.
  pub(crate) async fn up_shared(
    &self,
    services: &[String],
    slot: Slot,
    version: &VersionName,
    notes: Notes<'_>,
  ) -> Result<(), PortError> {
    let tool = self.tool().await?;
    let mut line = self.shared_line(&tool, slot, version)?;
    line
      .argv
      .extend(["up", "-d", "--no-deps", "--no-recreate"].map(str::to_owned));
    line.argv.extend_from_slice(services);
    line.act(self.lock.as_ref(), notes).await
  }

  fn shared_line(&self, tool: &Tool, slot: Slot, version: &VersionName) -> Result<Line, PortError> {
    let files = &self.site.compose().shared_files;
    if files.is_empty() {
      return self.line(&tool.command, slot, Some(version));
    }
    Ok(self.line_of(&tool.command, project::of_shared_files(&self.site)?, files))
  }
}

/// The compose service that stands at `place`; none on this host.
fn named(place: &Place, model: &Model) -> Result<Option<String>, PortError> {
  match place {
    Place::Host => Ok(None),
    Place::Service(name) if model.services.contains_key(name) => Ok(Some(name.clone())),
    Place::Service(name) => Err(unknown(&format!("service '{name}'"), model)),
    Place::Container(name) => {
      let mut services = model.services.iter();
      let found = services.find(|(_, it)| it.container_name.as_ref() == Some(name));
      found
        .map(|(service, _)| Some(service.clone()))
        .ok_or_else(|| unknown(&format!("service with container_name {name}"), model))
    }
  }
}

fn unknown(what: &str, model: &Model) -> PortError {
  let there: Vec<&str> = model.services.keys().map(String::as_str).collect();
  PortError::new(
    PortErrorKind::Misconfigured,
    "find the shared services",
    format!(
      "the compose files have no {what}; they have: {}. Correct shared or shared_files under [runtime]",
      there.join(", ")
    ),
  )
}
