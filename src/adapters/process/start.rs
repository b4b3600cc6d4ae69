//! Starts a slot's processes from its pins: what runs from the very same release stays, anything
//! else is stopped and replaced.

use std::{collections::BTreeMap, time::Duration};

use chrono::Utc;
use sha2::{Digest, Sha256};

use super::{
  ProcessRuntime,
  inspect::standing,
  place::{Place, Spec, UNLESS_STOPPED},
};
use crate::{
  config::Service,
  engine::ports::{Notes, PortError, PortErrorKind},
  model::{
    Slot, VersionName,
    container::{ContainerId, ContainerState},
    evidence::Pins,
  },
};

/// What a process of the slot that is replaced may take to end.
const GRACE: Duration = Duration::from_secs(10);

impl ProcessRuntime {
  pub(super) async fn start_pinned(&self, pins: &Pins, notes: Notes<'_>) -> Result<(), PortError> {
    let slot = pins.slot;
    let doing = format!("start {} at {}", slot.shout(), pins.version);
    let refused = |detail: String| Err(PortError::new(PortErrorKind::Refused, &doing, detail));
    let here = self.releases.image(&pins.version)?;
    let before = self.of_slot(slot)?;
    for service in &self.site.services {
      let Some(image) = pins
        .images
        .iter()
        .find(|image| image.service == service.key)
      else {
        return refused(format!(
          "service '{}' has no pinned image: deploy again",
          service.key
        ));
      };
      if image.id != here {
        return refused(format!(
          "{} is no longer what was pinned ({}, now {}): deploy the version again",
          self.releases.folder(&pins.version).display(),
          image.id.short(),
          here.short()
        ));
      }
      let old = before
        .iter()
        .find(|place| place.spec.service == service.key);
      let place = self.place_for(service, pins, old).await?;
      place.put_policy(UNLESS_STOPPED, self.access)?;
      if standing(place.state().as_ref()) != ContainerState::Running {
        self.run(&place).await?;
      }
      notes(&format!("{} runs {}", place.spec.name, place.spec.version));
    }
    Ok(())
  }

  /// The process that is there, or a new one in its place.
  async fn place_for(
    &self,
    service: &Service,
    pins: &Pins,
    old: Option<&Place>,
  ) -> Result<Place, PortError> {
    let spec = self.spec(service, pins)?;
    if let Some(old) = old {
      let same = Spec {
        id: old.spec.id.clone(),
        created: old.spec.created,
        ..spec.clone()
      };
      if same == old.spec {
        return Ok(old.clone());
      }
      self.end(old, GRACE).await?;
      old.remove()?;
    }
    Place::create(&self.site, spec, self.access)
  }

  fn spec(&self, service: &Service, pins: &Pins) -> Result<Spec, PortError> {
    let slot = pins.slot;
    let created = Utc::now();
    let seed = format!(
      "{} {slot} {} {created:?} {}",
      self.site.state.display(),
      service.key,
      std::process::id()
    );
    let id = Sha256::digest(seed.as_bytes());
    let id = id.iter().fold(String::new(), |mut out, byte| {
      use std::fmt::Write as _;
      // Writing to a String cannot fail.
      let _ = write!(out, "{byte:02x}");
      out
    });
    Ok(Spec {
      id: ContainerId(id),
      slot,
      service: service.key.clone(),
      name: service.name[slot].clone(),
      version: pins.version.clone(),
      image: self.releases.image(&pins.version)?,
      command: service.run[slot].clone(),
      folder: self.releases.folder(&pins.version),
      environment: self.environment(service, slot, &pins.version),
      created,
    })
  }

  fn environment(
    &self,
    service: &Service,
    slot: Slot,
    version: &VersionName,
  ) -> BTreeMap<String, String> {
    let config = &self.site.slots[slot];
    let port = config.port.map(|port| ("PORT", port.to_string()));
    [
      ("HOST", config.host.clone()),
      ("SITE", self.site.name.clone()),
      ("SLOT", slot.name().to_owned()),
      ("SERVICE", service.key.clone()),
      ("VERSION", version.as_str().to_owned()),
    ]
    .into_iter()
    .chain(port)
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
  }

  /// How each service would be started by hand.
  pub(super) fn lines(&self, slot: Slot, version: &VersionName) -> Vec<String> {
    let folder = self.releases.folder(version);
    let line = |service: &Service| {
      let environment = self.environment(service, slot, version);
      let set: Vec<String> = environment
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
      format!(
        "cd {} && {} {}",
        folder.display(),
        set.join(" "),
        service.run[slot].join(" ")
      )
    };
    self.site.services.iter().map(line).collect()
  }
}
