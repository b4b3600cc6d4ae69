//! Images: from the references Compose would use to the IDs that are on this machine, and how
//! missing ones come here.

use bollard::models::ImageInspect;

use super::{DockerRuntime, version::is_id};
use crate::{
  adapters::compose::ComposeService,
  config::Service,
  engine::ports::{Notes, PortError, PortErrorKind},
  model::{Slot, VersionName, container::ImageId, evidence::ServiceImage, plan::ImageSource},
};

/// One service with its image, as far as it is here.
pub(super) struct Wanted<'a> {
  pub(super) service: &'a Service,
  pub(super) composed: ComposeService,
  pub(super) reference: String,
  pub(super) here: Option<ImageInspect>,
}

impl DockerRuntime {
  /// `None` when it is not on this machine.
  pub(super) async fn image(&self, reference: &str) -> Result<Option<ImageInspect>, PortError> {
    let doing = format!("look up image {reference}");
    let asked = self
      .docker
      .ask(&doing, |docker| async move {
        docker.inspect_image(reference).await
      })
      .await;
    match asked {
      Ok(image) => Ok(Some(image)),
      Err(error) if error.kind == PortErrorKind::Refused && is_absent(&error.detail) => Ok(None),
      Err(error) => Err(error),
    }
  }

  pub(super) async fn wanted(
    &self,
    slot: Slot,
    version: &VersionName,
  ) -> Result<Vec<Wanted<'_>>, PortError> {
    let mut all = Vec::new();
    for (service, composed) in self.compose.services(slot, Some(version)).await? {
      let reference = self.compose.reference(slot, service, &composed).await?;
      let here = self.image(&reference).await?;
      all.push(Wanted {
        service,
        composed,
        reference,
        here,
      });
    }
    Ok(all)
  }

  pub(super) async fn resolve(
    &self,
    slot: Slot,
    version: &VersionName,
  ) -> Result<Vec<ServiceImage>, PortError> {
    let mut images = Vec::new();
    let mut missing: Vec<String> = Vec::new();
    for wanted in self.wanted(slot, version).await? {
      match wanted.here.and_then(|image| image.id) {
        Some(id) => images.push(ServiceImage {
          service: wanted.service.key.clone(),
          reference: wanted.reference,
          id: ImageId(id),
        }),
        None if missing.contains(&wanted.reference) => {}
        None => missing.push(wanted.reference),
      }
    }
    if missing.is_empty() {
      return Ok(images);
    }
    let pulls: Vec<String> = missing
      .iter()
      .map(|image| format!("'docker pull {image}'"))
      .collect();
    Err(PortError::new(
      PortErrorKind::Refused,
      format!("resolve the images of {version} for {}", slot.shout()),
      format!(
        "not on this machine: {}. Type {}, or load them with 'docker load -i FILE'",
        missing.join(", "),
        pulls.join(" and ")
      ),
    ))
  }

  pub(super) async fn make_ready(
    &self,
    slot: Slot,
    version: &VersionName,
    source: ImageSource,
    notes: Notes<'_>,
  ) -> Result<Vec<ServiceImage>, PortError> {
    let wanted = self.wanted(slot, version).await?;
    let names = |of: &dyn Fn(&Wanted<'_>) -> bool| -> Vec<String> {
      wanted
        .iter()
        .filter(|w| of(w))
        .map(|w| w.service.name[slot].clone())
        .collect()
    };
    match source {
      ImageSource::Recorded => {
        return Err(PortError::new(
          PortErrorKind::Refused,
          format!("prepare {version}"),
          "recorded images are started from their pins and not prepared",
        ));
      }
      ImageSource::Pull => {
        let missing = names(&|w| w.here.is_none());
        if missing.is_empty() {
          notes(&format!(
            "the images of all {} services are already on this machine: nothing to pull",
            wanted.len()
          ));
        } else {
          self.compose.pull(slot, version, &missing, notes).await?;
        }
      }
      ImageSource::Build | ImageSource::Rebuild => {
        let built = names(&|w| w.composed.is_built());
        if built.is_empty() {
          return Err(PortError::new(
            PortErrorKind::Misconfigured,
            format!("build {version} for {}", slot.shout()),
            "no service of the slot has a build: section in the compose files; use an image instead: set kind = \"image-variable\" under [version]",
          ));
        }
        self
          .compose
          .build(slot, version, source, &built, notes)
          .await?;
      }
    }
    self.resolve(slot, version).await
  }

  /// Which of these image IDs are no longer here.
  pub(super) async fn gone<'a>(
    &self,
    images: &'a [ServiceImage],
  ) -> Result<Vec<&'a ServiceImage>, PortError> {
    let mut gone = Vec::new();
    for image in images {
      if !is_id(&image.id.0) || self.image(&image.id.0).await?.is_none() {
        gone.push(image);
      }
    }
    Ok(gone)
  }
}

fn is_absent(detail: &str) -> bool {
  detail.to_ascii_lowercase().contains("no such image")
}
