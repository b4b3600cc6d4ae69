//! Processes of this host as the engine's `Runtime`: what a container is to Docker, a supervised
//! process is here. No root, nothing installed, nothing between the service and the kernel.
//!
//! A version is a folder of `version.releases`, its hash the image's ID (`releases`). Each process
//! has a folder in the state folder (`place`): what it is, how it stands, its log. It is run by a
//! supervisor of its own (`supervisor`), so that it outlives whoever started it.

mod exec;
mod inspect;
mod lifecycle;
mod logs;
mod place;
mod preflight;
mod releases;
mod start;
mod supervisor;
mod usage;
mod watch;

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::mpsc;

pub use self::supervisor::supervise;
use self::{place::Place, releases::Releases};
use super::ledger::{Access, FileLedger};
use crate::{
  config::{Site, VersionKind},
  engine::{
    log_pipe::LogReader,
    ports::{CommandOutput, LastExit, Notes, PortError, PortErrorKind, PortFuture, Runtime},
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

pub struct ProcessRuntime {
  site: Arc<Site>,
  access: Access,
  releases: Releases,
  /// What supervisors are started with; `supervise --config FILE ID` is added.
  program: Vec<OsString>,
}

impl ProcessRuntime {
  /// Supervisors are this same program, also when its file was replaced since it started.
  pub fn new(site: Arc<Site>) -> Result<Self, PortError> {
    Self::started_by(site, vec!["/proc/self/exe".into()])
  }

  pub fn started_by(site: Arc<Site>, program: Vec<OsString>) -> Result<Self, PortError> {
    let folder = match &site.version.kind {
      VersionKind::Folder { releases } => releases.clone(),
      VersionKind::ImageVariable { .. } | VersionKind::Build { .. } => PathBuf::new(),
    };
    Ok(Self {
      access: FileLedger::open(Arc::clone(&site))?.access(),
      releases: Releases::of(folder),
      site,
      program,
    })
  }

  fn places(&self) -> Result<Vec<Place>, PortError> {
    place::all(&self.site)
  }

  fn find(&self, id: &ContainerId, doing: &str) -> Result<Place, PortError> {
    let all = self.places()?;
    all
      .into_iter()
      .find(|place| place.spec.id == *id)
      .ok_or_else(|| {
        PortError::new(
          PortErrorKind::Refused,
          doing,
          format!("there is no process {}", id.short()),
        )
      })
  }

  /// The newest process of each service of the slot.
  fn of_slot(&self, slot: Slot) -> Result<Vec<Place>, PortError> {
    let mut all = self.places()?;
    all.retain(|place| place.spec.slot == slot);
    Ok(
      self
        .site
        .services
        .iter()
        .filter_map(|service| {
          let of_it = all.iter().filter(|place| place.spec.service == service.key);
          of_it.max_by_key(|place| place.spec.created).cloned()
        })
        .collect(),
    )
  }

  fn images_of(&self, version: &VersionName) -> Result<Vec<ServiceImage>, PortError> {
    let id = self.releases.image(version)?;
    let image = |key: &String| ServiceImage {
      service: key.clone(),
      reference: format!("{key}:{version}"),
      id: id.clone(),
    };
    Ok(
      self
        .site
        .services
        .iter()
        .map(|service| image(&service.key))
        .collect(),
    )
  }
}

impl Runtime for ProcessRuntime {
  fn facts(&self) -> PortFuture<'_, RuntimeFacts> {
    Box::pin(async {
      Ok(RuntimeFacts {
        engine: Shown::line("processes of this host"),
        api: Shown::default(),
        compose: Shown::default(),
      })
    })
  }

  fn containers(&self, slot: Slot) -> PortFuture<'_, Vec<Container>> {
    Box::pin(async move { Ok(self.of_slot(slot)?.iter().map(inspect::container).collect()) })
  }

  /// The proxy is the router's to tell of.
  fn shared(&self) -> PortFuture<'_, Vec<Container>> {
    Box::pin(async { Ok(Vec::new()) })
  }

  fn images<'a>(
    &'a self,
    _slot: Slot,
    version: &'a VersionName,
  ) -> PortFuture<'a, Vec<ServiceImage>> {
    Box::pin(async { self.images_of(version) })
  }

  fn prepare<'a>(
    &'a self,
    _slot: Slot,
    version: &'a VersionName,
    _source: ImageSource,
    notes: Notes<'a>,
  ) -> PortFuture<'a, Vec<ServiceImage>> {
    Box::pin(async move {
      let images = self.images_of(version)?;
      if let Some(image) = images.first() {
        let folder = self.releases.folder(version);
        notes(&format!("{} is {}", folder.display(), image.id.short()));
      }
      Ok(images)
    })
  }

  /// Releases are the owner's: none is ever removed here.
  fn keep_images<'a>(&'a self, _slot: Slot, _kept: &'a [Pins]) -> PortFuture<'a, ()> {
    Box::pin(async { Ok(()) })
  }

  fn start<'a>(&'a self, pins: &'a Pins, notes: Notes<'a>) -> PortFuture<'a, ()> {
    Box::pin(self.start_pinned(pins, notes))
  }

  fn wake<'a>(&'a self, containers: &'a [ContainerId]) -> PortFuture<'a, ()> {
    Box::pin(self.wake_all(containers))
  }

  fn stop<'a>(&'a self, containers: &'a [ContainerId], grace: Duration) -> PortFuture<'a, ()> {
    Box::pin(self.stop_all(containers, grace))
  }

  fn restart_policy<'a>(
    &'a self,
    containers: &'a [ContainerId],
    policy: &'a str,
  ) -> PortFuture<'a, ()> {
    Box::pin(async move {
      for id in containers {
        let place = self.find(id, "set a restart policy")?;
        place.put_policy(policy, self.access)?;
      }
      Ok(())
    })
  }

  fn log_tail<'a>(
    &'a self,
    container: &'a ContainerId,
    count: usize,
  ) -> PortFuture<'a, Vec<String>> {
    Box::pin(async move {
      let place = self.find(container, "read a process's log")?;
      logs::tail(&place.log(), count)
    })
  }

  fn last_exit<'a>(&'a self, container: &'a ContainerId) -> PortFuture<'a, Option<LastExit>> {
    Box::pin(async move {
      let place = self.find(container, "ask how a process ended")?;
      Ok(
        place
          .state()
          .and_then(|state| state.exit_code)
          .map(|code| LastExit {
            code,
            out_of_memory: false,
          }),
      )
    })
  }

  fn follow_log<'a>(
    &'a self,
    container: &'a ContainerId,
    count: usize,
  ) -> PortFuture<'a, LogReader> {
    Box::pin(async move { logs::follow(self.find(container, "follow a process's log")?, count) })
  }

  fn command_lines(&self, slot: Slot, version: &VersionName, _source: ImageSource) -> Vec<String> {
    self.lines(slot, version)
  }

  fn exec<'a>(
    &'a self,
    container: &'a ContainerId,
    command: &'a [String],
    environment: &'a BTreeMap<String, String>,
    deadline: Duration,
    notes: Notes<'a>,
  ) -> PortFuture<'a, CommandOutput> {
    Box::pin(async move {
      let place = self.find(container, "run a command beside a process")?;
      exec::run(&place, command, environment, deadline, notes).await
    })
  }

  fn exec_running<'a>(&'a self, container: &'a ContainerId, tag: &'a str) -> PortFuture<'a, bool> {
    Box::pin(async move {
      let place = self.find(container, "look for a command beside a process")?;
      Ok(exec::is_running(&place, tag))
    })
  }

  fn preflight<'a>(
    &'a self,
    slot: Slot,
    version: &'a VersionName,
    source: ImageSource,
  ) -> PortFuture<'a, Vec<Finding>> {
    Box::pin(async move { self.faults(slot, version, source) })
  }

  fn usage<'a>(
    &'a self,
    containers: &'a [ContainerId],
  ) -> PortFuture<'a, Vec<(ContainerId, Usage)>> {
    Box::pin(async move {
      let all = self.places()?;
      let asked = all
        .iter()
        .filter(|place| containers.contains(&place.spec.id));
      Ok(
        asked
          .filter_map(|place| Some((place.spec.id.clone(), usage::read(place)?)))
          .collect(),
      )
    })
  }

  fn changes(&self) -> PortFuture<'_, mpsc::Receiver<Change>> {
    Box::pin(async { watch::follow(Arc::clone(&self.site)) })
  }

  fn shell<'a>(&'a self, container: &'a ContainerId) -> PortFuture<'a, ()> {
    Box::pin(async move { exec::shell(&self.find(container, "open a shell")?).await })
  }

  fn local_versions(&self) -> PortFuture<'_, LocalVersions> {
    Box::pin(async { self.releases.all() })
  }
}
