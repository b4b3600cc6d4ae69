//! Creates and starts a slot's containers from its pins, with the other slot watched: its
//! containers must be the same before and after.

use std::{collections::BTreeMap, net::IpAddr};

use super::{DockerRuntime, lifecycle};
use crate::{
  adapters::compose::{expected_pins, pins_file, read_pins},
  engine::ports::{Notes, PortError, PortErrorKind},
  model::{Slot, container::ContainerId, evidence::Pins},
};

/// What must not change about the other slot: which containers, running, and at which addresses
/// (the proxy may have resolved their names long ago).
type Snapshot = BTreeMap<ContainerId, (bool, Vec<IpAddr>)>;

fn words(snapshot: &Snapshot) -> String {
  if snapshot.is_empty() {
    return "none".to_owned();
  }
  let one = |(id, (running, addresses)): (&ContainerId, &(bool, Vec<IpAddr>))| {
    let addresses: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    let state = if *running { "running" } else { "stopped" };
    format!("{} {state} at {}", id.short(), addresses.join(" "))
  };
  snapshot.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl DockerRuntime {
  pub(super) async fn start_pinned(&self, pins: &Pins, notes: Notes<'_>) -> Result<(), PortError> {
    let slot = pins.slot;
    let doing = format!("start {} at {}", slot.shout(), pins.version);
    let services = self.pinned_services(&doing, pins).await?;
    let before = self.snapshot(slot.other()).await?;
    let ran = self.compose.up(pins, &services, notes).await;
    // Looked at first: a changed live container is worse than a failed start.
    let after = self.snapshot(slot.other()).await?;
    if before != after {
      return Err(PortError::new(
        PortErrorKind::Unexpected,
        doing,
        format!(
          "starting {} CHANGED THE CONTAINERS OF {}: before {}, now {}. Check what users see, and look for services both slots share in the compose files",
          slot.shout(),
          slot.other().shout(),
          words(&before),
          words(&after)
        ),
      ));
    }
    ran?;
    self.restore_policies(slot, pins).await
  }

  /// The compose services to start, once everything about the pins is as it should be.
  async fn pinned_services(&self, doing: &str, pins: &Pins) -> Result<Vec<String>, PortError> {
    let slot = pins.slot;
    let refused = |kind, detail: String| Err(PortError::new(kind, doing, detail));
    let file = pins_file(&self.site, slot);
    let written = read_pins(&self.site, slot);
    if written.is_none() || written != expected_pins(&self.site, pins) {
      return refused(
        PortErrorKind::Misconfigured,
        format!(
          "{} does not hold the pins of this deploy: deploy again",
          file.display()
        ),
      );
    }
    let mut names = Vec::new();
    for (service, _) in self.compose.services(slot, Some(&pins.version)).await? {
      if pins.images.iter().all(|image| image.service != service.key) {
        return refused(
          PortErrorKind::Refused,
          format!(
            "service '{}' has no pinned image: deploy again",
            service.key
          ),
        );
      }
      names.push(service.name[slot].clone());
    }
    let gone = self.gone(&pins.images).await?;
    if !gone.is_empty() {
      let words: Vec<String> = gone
        .iter()
        .map(|image| format!("{} ({})", image.reference, image.id.short()))
        .collect();
      return refused(
        PortErrorKind::Refused,
        format!(
          "pinned images are no longer on this machine: {}. Deploy the version again to pull or build them",
          words.join(", ")
        ),
      );
    }
    Ok(names)
  }

  async fn snapshot(&self, slot: Slot) -> Result<Snapshot, PortError> {
    let containers = self.inspect_slot(slot).await?;
    Ok(
      containers
        .into_iter()
        .map(|container| {
          let running = container.is_running();
          (container.id, (running, container.addresses))
        })
        .collect(),
    )
  }

  /// An idle slot was set to `no`, and Compose leaves an unchanged container as it is.
  async fn restore_policies(&self, slot: Slot, pins: &Pins) -> Result<(), PortError> {
    let composed = self.compose.services(slot, Some(&pins.version)).await?;
    for container in self.inspect_slot(slot).await? {
      let wanted = composed
        .iter()
        .find(|(service, _)| service.key == container.service)
        .and_then(|(_, composed)| composed.restart_policy());
      if let Some(wanted) = wanted.filter(|wanted| *wanted != container.restart_policy) {
        let ids: [ContainerId; 1] = [container.id];
        lifecycle::restart_policy(&self.docker, &ids, &wanted).await?;
      }
    }
    Ok(())
  }
}
