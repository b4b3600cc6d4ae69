//! Docker: the containers of both slots and the shared services, as the engine's `Runtime`.
//!
//! Finds containers by exact labels or names (`find`), reads them as they stand (`containers`), never
//! sends a signal through the API, and leaves creating containers to `adapters::compose`, pinned to
//! image IDs.

mod changes;
mod connection;
mod containers;
pub(crate) mod daemon;
mod events;
mod exec;
mod find;
mod images;
mod inspect;
mod keep;
mod lifecycle;
mod local;
mod log_decoder;
mod logs;
mod paced;
mod preflight;
mod shared;
mod shell;
mod start;
mod usage;
mod version;

use std::{collections::BTreeMap, fs::File, sync::Arc, time::Duration};

use crate::{
  adapters::compose::Compose,
  config::Site,
  engine::{
    log_pipe::LogReader,
    ports::{CommandOutput, LastExit, Notes, PortError, PortFuture, Runtime, Shared},
  },
  model::{
    Slot, VersionName,
    change::Change,
    container::{Container, ContainerId},
    evidence::{Pins, ServiceImage},
    finding::Finding,
    observation::RuntimeFacts,
    offer::LocalVersions,
    plan::ImageSource,
    shown::Shown,
    usage::Usage,
  },
};
use tokio::sync::mpsc;

use connection::Connection;

/// The container engine of one site. Making one does nothing; it connects on first use.
pub struct DockerRuntime {
  site: Arc<Site>,
  docker: Connection,
  compose: Compose,
  usage: usage::Sources,
}

impl DockerRuntime {
  pub fn new(site: Arc<Site>) -> Self {
    let docker = Connection::from_environment();
    Self {
      compose: Compose::new(site.clone(), docker.host().to_owned()),
      site,
      docker,
      usage: usage::Sources::default(),
    }
  }

  /// Children that change something keep this lock held while they live.
  #[must_use]
  pub fn with_lock(mut self, lock: File) -> Self {
    self.compose.hold(lock);
    self
  }

  async fn engine_facts(&self) -> Result<RuntimeFacts, PortError> {
    let engine = self
      .docker
      .ask("ask Docker for its version", |docker| async move {
        docker.version().await
      })
      .await?;
    let compose = match self.compose.tool().await {
      Ok(tool) => format!("{} {}", tool.command.join(" "), tool.version),
      Err(error) => format!("none: {}", error.detail),
    };
    Ok(RuntimeFacts {
      engine: Shown::line(&format!("Docker {}", engine.version.unwrap_or_default())),
      api: Shown::line(&engine.api_version.unwrap_or_default()),
      compose: Shown::line(&compose),
    })
  }
}

impl Runtime for DockerRuntime {
  fn facts(&self) -> PortFuture<'_, RuntimeFacts> {
    Box::pin(self.engine_facts())
  }

  fn containers(&self, slot: Slot) -> PortFuture<'_, Vec<Container>> {
    Box::pin(self.inspect_slot(slot))
  }

  fn shared(&self) -> PortFuture<'_, Vec<Container>> {
    Box::pin(async move {
      let found = find::shared(&self.site, &self.listed().await?)?;
      self.inspect(found, None).await
    })
  }

  fn images<'a>(
    &'a self,
    slot: Slot,
    version: &'a VersionName,
  ) -> PortFuture<'a, Vec<ServiceImage>> {
    Box::pin(self.resolve(slot, version))
  }

  fn prepare<'a>(
    &'a self,
    slot: Slot,
    version: &'a VersionName,
    source: ImageSource,
    notes: Notes<'a>,
  ) -> PortFuture<'a, Vec<ServiceImage>> {
    Box::pin(self.make_ready(slot, version, source, notes))
  }

  fn keep_images<'a>(&'a self, slot: Slot, kept: &'a [Pins]) -> PortFuture<'a, ()> {
    Box::pin(self.name_kept(slot, kept))
  }

  fn start<'a>(&'a self, pins: &'a Pins, notes: Notes<'a>) -> PortFuture<'a, ()> {
    Box::pin(self.start_pinned(pins, notes))
  }

  fn start_shared<'a>(
    &'a self,
    which: Shared,
    slot: Slot,
    version: &'a VersionName,
    notes: Notes<'a>,
  ) -> PortFuture<'a, Vec<String>> {
    Box::pin(self.make_shared_run(which, slot, version, notes))
  }

  fn wake<'a>(&'a self, containers: &'a [ContainerId]) -> PortFuture<'a, ()> {
    Box::pin(lifecycle::wake(&self.docker, containers))
  }

  fn stop<'a>(&'a self, containers: &'a [ContainerId], grace: Duration) -> PortFuture<'a, ()> {
    Box::pin(lifecycle::stop(&self.docker, containers, grace))
  }

  fn restart_policy<'a>(
    &'a self,
    containers: &'a [ContainerId],
    policy: &'a str,
  ) -> PortFuture<'a, ()> {
    Box::pin(lifecycle::restart_policy(&self.docker, containers, policy))
  }

  fn log_tail<'a>(
    &'a self,
    container: &'a ContainerId,
    count: usize,
  ) -> PortFuture<'a, Vec<String>> {
    Box::pin(logs::tail(&self.docker, container, count))
  }

  fn last_exit<'a>(&'a self, container: &'a ContainerId) -> PortFuture<'a, Option<LastExit>> {
    Box::pin(events::last_exit(&self.docker, container))
  }

  fn follow_log<'a>(
    &'a self,
    container: &'a ContainerId,
    count: usize,
  ) -> PortFuture<'a, LogReader> {
    Box::pin(logs::follow(&self.docker, container, count))
  }

  fn command_lines(&self, slot: Slot, version: &VersionName, source: ImageSource) -> Vec<String> {
    self.compose.command_lines(slot, version, source)
  }

  fn exec<'a>(
    &'a self,
    container: &'a ContainerId,
    command: &'a [String],
    environment: &'a BTreeMap<String, String>,
    deadline: Duration,
    notes: Notes<'a>,
  ) -> PortFuture<'a, CommandOutput> {
    Box::pin(exec::run(
      &self.docker,
      container,
      command,
      environment,
      deadline,
      notes,
    ))
  }

  fn exec_running<'a>(&'a self, container: &'a ContainerId, tag: &'a str) -> PortFuture<'a, bool> {
    Box::pin(exec::is_running(&self.docker, container, tag))
  }

  fn preflight<'a>(
    &'a self,
    slot: Slot,
    version: &'a VersionName,
    source: ImageSource,
  ) -> PortFuture<'a, Vec<Finding>> {
    Box::pin(self.faults(slot, version, source))
  }

  fn usage<'a>(
    &'a self,
    containers: &'a [ContainerId],
  ) -> PortFuture<'a, Vec<(ContainerId, Usage)>> {
    Box::pin(self.usage.read(&self.docker, containers))
  }

  fn changes(&self) -> PortFuture<'_, mpsc::Receiver<Change>> {
    Box::pin(changes::follow(&self.docker, self.site.clone()))
  }

  fn shell<'a>(&'a self, container: &'a ContainerId) -> PortFuture<'a, ()> {
    Box::pin(shell::open(&self.docker, container))
  }

  fn local_versions(&self) -> PortFuture<'_, LocalVersions> {
    Box::pin(self.versions_here())
  }
}

/// Every line of a log of these bytes, both ways of framing; the decoder as the fuzz target sees it.
#[cfg(feature = "fuzzing")]
pub fn decode_log(bytes: &[u8], mut each: impl FnMut(String)) {
  use log_decoder::{Framing, LogDecoder};
  for framing in [Framing::Raw, Framing::Frames] {
    let mut decoder = LogDecoder::new(framing);
    decoder.push(bytes, &mut each);
    decoder.finish(&mut each);
  }
}
