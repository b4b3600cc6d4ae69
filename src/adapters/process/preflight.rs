//! What would stop a deploy to a slot, found before anything is changed.

use std::{io::ErrorKind, net::TcpListener};

use super::{ProcessRuntime, inspect::standing};
use crate::{
  engine::ports::PortError,
  model::{
    Slot, VersionName,
    container::ContainerState,
    plan::{Fault, ImageSource},
  },
};

impl ProcessRuntime {
  pub(super) fn faults(
    &self,
    slot: Slot,
    version: &VersionName,
    source: ImageSource,
  ) -> Result<Vec<Fault>, PortError> {
    let mut faults = Vec::new();
    if let Err(error) = self.releases.image(version) {
      faults.push(Fault::new(
        error.to_string(),
        format!("see which there are: ls {}", self.releases.root().display()),
      ));
    }
    if matches!(source, ImageSource::Build | ImageSource::Rebuild) {
      faults.push(Fault::new(
        "nothing is built here: a version is a folder",
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
        faults.push(Fault::new(
          format!(
            "port {port} of {} is in use by another process",
            slot.shout()
          ),
          format!("see who with 'ss -lntp sport = :{port}'"),
        ));
      }
    }
    Ok(faults)
  }
}
