//! What runs the services of both slots: containers of Docker, or processes of this host.

use std::{collections::BTreeMap, time::Duration};

use tokio::sync::mpsc;

use super::{CommandOutput, Notes, PortError, PortErrorKind, PortFuture};
use crate::{
  engine::log_pipe::LogReader,
  model::{
    Slot, VersionName,
    change::Change,
    container::{Container, ContainerId},
    evidence::{Pins, ServiceImage},
    finding::Finding,
    observation::RuntimeFacts,
    offer::LocalVersions,
    plan::ImageSource,
    usage::Usage,
  },
};

/// The containers of both slots and the shared services.
pub trait Runtime: Send + Sync {
  fn facts(&self) -> PortFuture<'_, RuntimeFacts>;
  /// Containers of the slot's services, also stopped ones. Missing services are simply absent.
  fn containers(&self, slot: Slot) -> PortFuture<'_, Vec<Container>>;
  fn shared(&self) -> PortFuture<'_, Vec<Container>>;
  /// The images the slot's services would use at `version`, which must be on this machine.
  fn images<'a>(
    &'a self,
    slot: Slot,
    version: &'a VersionName,
  ) -> PortFuture<'a, Vec<ServiceImage>>;
  /// Makes them be on this machine (pull or build), then resolves them.
  fn prepare<'a>(
    &'a self,
    slot: Slot,
    version: &'a VersionName,
    source: ImageSource,
    notes: Notes<'a>,
  ) -> PortFuture<'a, Vec<ServiceImage>>;
  /// Gives the images of `kept` (newest first) names of our own on this machine, so that cleaning
  /// up unnamed images leaves what a rollback needs, and drops such names of the slot's others.
  fn keep_images<'a>(&'a self, slot: Slot, kept: &'a [Pins]) -> PortFuture<'a, ()>;
  /// Creates and starts exactly the slot's services from the pinned images: `up -d --no-deps`.
  fn start<'a>(&'a self, pins: &'a Pins, notes: Notes<'a>) -> PortFuture<'a, ()>;
  /// Makes the services of `which` run, on networks that are made where they are missing; never
  /// recreates one that is there. `version` only completes the compose files. Returns their names.
  fn start_shared<'a>(
    &'a self,
    _which: Shared,
    _slot: Slot,
    _version: &'a VersionName,
    _notes: Notes<'a>,
  ) -> PortFuture<'a, Vec<String>> {
    Box::pin(async {
      Err(PortError::new(
        PortErrorKind::Misconfigured,
        "start the shared services",
        "cutover does not start them where the site runs like this",
      ))
    })
  }
  /// Starts existing containers; never creates any.
  fn wake<'a>(&'a self, containers: &'a [ContainerId]) -> PortFuture<'a, ()>;
  /// Stops these containers gracefully and keeps them; sets no restart policy.
  fn stop<'a>(&'a self, containers: &'a [ContainerId], grace: Duration) -> PortFuture<'a, ()>;
  /// Sets the restart policy (`no`, `unless-stopped`, …) so that an idle slot stays down.
  fn restart_policy<'a>(
    &'a self,
    containers: &'a [ContainerId],
    policy: &'a str,
  ) -> PortFuture<'a, ()>;
  /// The last `count` log lines, oldest first, each bounded to 8 KiB.
  fn log_tail<'a>(
    &'a self,
    container: &'a ContainerId,
    count: usize,
  ) -> PortFuture<'a, Vec<String>>;
  /// How a container that was started again last ended; `None` when Docker has forgotten.
  fn last_exit<'a>(&'a self, _container: &'a ContainerId) -> PortFuture<'a, Option<LastExit>> {
    Box::pin(async { Ok(None) })
  }
  /// The last `count` log lines and then each new one, stamped by the daemon, until the log ends
  /// or the reader is dropped. A slow reader loses the oldest and is told how many.
  fn follow_log<'a>(
    &'a self,
    container: &'a ContainerId,
    count: usize,
  ) -> PortFuture<'a, LogReader>;
  /// Exact command lines that `prepare` and `start` run, for the dry run.
  fn command_lines(&self, slot: Slot, version: &VersionName, source: ImageSource) -> Vec<String>;
  /// Runs a command in a running container and waits; output bounded to 64 KiB.
  fn exec<'a>(
    &'a self,
    container: &'a ContainerId,
    command: &'a [String],
    environment: &'a BTreeMap<String, String>,
    deadline: Duration,
    notes: Notes<'a>,
  ) -> PortFuture<'a, CommandOutput>;
  /// Whether an earlier `exec` still runs inside. `tag` is its whole command, joined by spaces;
  /// the daemon is asked for its own record, so this also finds one whose caller is gone.
  fn exec_running<'a>(&'a self, container: &'a ContainerId, tag: &'a str) -> PortFuture<'a, bool>;
  /// What a deploy to this slot would meet: disk, ports taken by others, images missing. What is
  /// red stops it.
  fn preflight<'a>(
    &'a self,
    slot: Slot,
    version: &'a VersionName,
    source: ImageSource,
  ) -> PortFuture<'a, Vec<Finding>>;
  /// What these containers use now, read cheaply enough for every second. Those that do not run
  /// are left out.
  fn usage<'a>(
    &'a self,
    containers: &'a [ContainerId],
  ) -> PortFuture<'a, Vec<(ContainerId, Usage)>>;
  /// What happens to the site's containers from now on. Closes when the engine goes away.
  fn changes(&self) -> PortFuture<'_, mpsc::Receiver<Change>>;
  /// An interactive shell in a running container, on this process's terminal, until it ends.
  fn shell<'a>(&'a self, container: &'a ContainerId) -> PortFuture<'a, ()>;
  /// The versions whose images are on this machine, by the tags of the services' repositories.
  fn local_versions(&self) -> PortFuture<'_, LocalVersions>;
}

/// What both slots share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
  /// Everything the slots need: database, caches.
  Behind,
  /// What stands between users and the slots.
  Proxy,
}

/// How a container that was started again last ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastExit {
  pub code: i64,
  pub out_of_memory: bool,
}
