//! The fake containers: what each version does once it was started, and what is seen of it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use cutover::model::{
  Slot,
  container::{Container, ContainerId, ContainerState, DockerHealth, ImageId},
  evidence::{Pins, ServiceImage},
};
use tokio::time::Instant;

use super::fake::{Behavior, FakeContainer, State};

/// As `docker inspect` would show it now.
pub fn seen(found: &FakeContainer, now: Instant) -> Container {
  let mut container = found.container.clone();
  if container.is_running() {
    let age = now - found.started;
    match found.behavior {
      Behavior::Crash if age >= Duration::from_secs(2) => {
        container.state = ContainerState::Exited;
        container.exit_code = Some(1);
      }
      Behavior::OutOfMemory if age >= Duration::from_secs(2) => {
        container.state = ContainerState::Exited;
        container.exit_code = Some(137);
        container.oom_killed = true;
      }
      _ => {}
    }
  }
  container
}

/// Runs, and would answer its health check with 200.
pub fn answers(found: &FakeContainer, now: Instant) -> bool {
  let age = now - found.started;
  seen(found, now).is_running()
    && match found.behavior {
      Behavior::NeverHealthy => false,
      Behavior::SlowStart => age >= Duration::from_secs(20),
      Behavior::Good | Behavior::Crash | Behavior::OutOfMemory | Behavior::SmokeFails => true,
    }
}

/// Starts what is there.
pub fn run(found: &mut FakeContainer, at: DateTime<Utc>) {
  found.container.state = ContainerState::Running;
  found.container.exit_code = None;
  found.container.started_at = Some(at);
  found.started = Instant::now();
}

pub fn image(service: &str, version: &str) -> ImageId {
  ImageId(format!(
    "sha256:{}",
    super::fake::hash(&format!("{service}:{version}")).0
  ))
}

impl State {
  /// Every service of the slot is created anew.
  pub fn create(&mut self, slot: Slot, version: &str, at: DateTime<Utc>) {
    let behavior = self
      .versions
      .get(version)
      .copied()
      .unwrap_or(Behavior::Good);
    let services = self.site.services.clone();
    for former in std::mem::take(&mut self.slots[slot]) {
      self.ends_log(&former.container.id);
    }
    for service in &services {
      let number = self.serial();
      let name = service.container[slot]
        .clone()
        .unwrap_or_else(|| service.name[slot].clone());
      self.slots[slot].push(FakeContainer {
        behavior,
        started: Instant::now(),
        container: Container {
          id: ContainerId(super::fake::hash(&format!("container {number}")).0),
          name,
          service: service.key.clone(),
          state: ContainerState::Running,
          health: DockerHealth::None,
          health_output: None,
          restarts: 0,
          exit_code: None,
          oom_killed: false,
          started_at: Some(at),
          finished_at: None,
          image_id: image(&service.key, version),
          image: format!("{}:{version}", service.key),
          version: version.parse().ok(),
          restart_policy: "unless-stopped".into(),
          addresses: Vec::new(),
          aliases: Vec::new(),
          tty: false,
        },
      });
    }
  }

  /// Whoever follows the log of what has ended comes to its end.
  pub fn ends_log(&mut self, id: &ContainerId) {
    if let Some(log) = self.logs.get_mut(id) {
      log.follower = None;
    }
  }

  /// `up -d`: what runs from these images already stays as it is, what ended is started again.
  pub fn up(&mut self, pins: &Pins, at: DateTime<Utc>) {
    let there = &self.slots[pins.slot];
    let same = there.len() == pins.images.len()
      && there.iter().all(|found| {
        let container = &found.container;
        let same = |image: &ServiceImage| {
          (&image.service, &image.id) == (&container.service, &container.image_id)
        };
        pins.images.iter().any(same)
      });
    if !same {
      return self.create(pins.slot, pins.version.as_str(), at);
    }
    let now = Instant::now();
    for found in &mut self.slots[pins.slot] {
      "unless-stopped".clone_into(&mut found.container.restart_policy);
      if !seen(found, now).is_running() {
        run(found, at);
      }
    }
  }

  fn owner(&self, id: &ContainerId) -> Option<Slot> {
    Slot::BOTH
      .into_iter()
      .find(|slot| self.slots[*slot].iter().any(|c| c.container.id == *id))
  }

  pub fn named(&mut self, ids: &[ContainerId]) {
    for slot in Slot::BOTH {
      if ids.iter().any(|id| self.owner(id) == Some(slot)) {
        self.mutates(slot, ids.to_vec());
      }
    }
  }

  pub fn each(&mut self, ids: &[ContainerId], mut change: impl FnMut(&mut FakeContainer)) {
    for slot in Slot::BOTH {
      for found in &mut self.slots[slot] {
        if ids.contains(&found.container.id) {
          change(found);
        }
      }
    }
  }
}
