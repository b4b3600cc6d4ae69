//! What would stop a deploy to a slot, found before anything is changed.

use std::{io::ErrorKind, net::TcpListener};

use super::{ProcessRuntime, inspect::standing};
use crate::{
  engine::ports::PortError,
  model::{
    Slot, VersionName,
    container::ContainerState,
    finding::{Finding, Hazard},
    plan::ImageSource,
  },
};

impl ProcessRuntime {
  pub(super) fn faults(
    &self,
    slot: Slot,
    version: &VersionName,
    source: ImageSource,
  ) -> Result<Vec<Finding>, PortError> {
    let mut faults = Vec::new();
    if let Err(error) = self.releases.image(version) {
      faults.push(Finding::red(
        Hazard::Setup,
        error.to_string(),
        "there is nothing to start",
        format!("see which there are: ls {}", self.releases.root().display()),
      ));
    }
    if matches!(source, ImageSource::Build | ImageSource::Rebuild) {
      faults.push(Finding::red(
        Hazard::Setup,
        "nothing is built here: a version is a folder",
        "a build that was asked for and did not happen would be taken for one that did",
        "take --build out",
      ));
    }
    let own = self.of_slot(slot)?;
    let runs = own
      .iter()
      .any(|place| standing(place.state().as_ref()) == ContainerState::Running);
    let config = &self.site.slots[slot];
    if let Some(port) = config.port.filter(|_| !runs) {
      let bound = TcpListener::bind((config.host.as_str(), port)).map(drop);
      if bound.is_err_and(|error| error.kind() == ErrorKind::AddrInUse) {
        faults.push(Finding::red(
          Hazard::Setup,
          format!(
            "port {port} of {} is in use by another process",
            slot.shout()
          ),
          "the slot's own process cannot listen there",
          format!("see who with 'ss -lntp sport = :{port}'"),
        ));
      }
    }
    Ok(faults)
  }
}
