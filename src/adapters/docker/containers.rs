//! The site's containers as they stand: found by `find`, read by `inspect`, each with the version
//! it is of.

use bollard::query_parameters::InspectContainerOptions;

use super::{
  DockerRuntime,
  find::{self, Found},
  inspect, version,
};
use crate::{
  adapters::{
    compose::read_pins,
    listed::{self, Listed},
  },
  config::VersionRead,
  engine::ports::{PortError, PortErrorKind},
  model::{BySlot, Slot, VersionName, container::Container},
};

impl DockerRuntime {
  pub(super) async fn listed(&self) -> Result<Vec<Listed>, PortError> {
    self
      .docker
      .ask("list containers", |docker| async move {
        listed::all(&docker).await
      })
      .await
  }

  pub(super) async fn found(&self) -> Result<BySlot<Vec<Found>>, PortError> {
    find::slots(&self.site, &self.listed().await?)
  }

  pub(super) async fn inspect_slot(&self, slot: Slot) -> Result<Vec<Container>, PortError> {
    let mut found = self.found().await?;
    self
      .inspect(std::mem::take(&mut found[slot]), Some(slot))
      .await
  }

  pub(super) async fn inspect(
    &self,
    found: Vec<Found>,
    slot: Option<Slot>,
  ) -> Result<Vec<Container>, PortError> {
    let mut containers = Vec::with_capacity(found.len());
    for Found { id, service } in found {
      let asked = self
        .docker
        .ask(&format!("inspect the container of {service}"), |docker| {
          let id = id.clone();
          async move {
            docker
              .inspect_container(&id, None::<InspectContainerOptions>)
              .await
          }
        })
        .await;
      let response = match asked {
        Ok(response) => response,
        // Removed between the list and now.
        Err(error)
          if error.kind == PortErrorKind::Refused && error.detail.contains("No such container") =>
        {
          continue;
        }
        Err(error) => return Err(error),
      };
      let (mut container, labels) = inspect::container(&service, response);
      container.version = match slot {
        Some(slot) => match version::from_label(&self.site.version.read, &labels) {
          None if matches!(self.site.version.read, VersionRead::ImageTag) => {
            self.version_by_tag(slot, &container).await
          }
          found => found,
        },
        None => None,
      };
      containers.push(container);
    }
    Ok(containers)
  }

  /// What cannot be found out stays unknown; it must not hide the container.
  async fn version_by_tag(&self, slot: Slot, container: &Container) -> Option<VersionName> {
    let source = &self.site.version;
    if !version::is_id(&container.image) {
      return version::from_reference(source, slot, &container.image);
    }
    let service = self.site.service(&container.service)?;
    let pinned = read_pins(&self.site, slot)
      .and_then(|pinned| version::from_pins(&pinned, &service.name[slot], &container.image_id.0));
    if pinned.is_some() {
      return pinned;
    }
    let model = self.compose.model(slot, None).await.ok()?;
    let repository =
      version::repository_of(model.services.get(&service.name[slot])?.image.as_deref()?).to_owned();
    let tags = self.image(&container.image_id.0).await.ok()??.repo_tags?;
    version::from_reference(source, slot, version::best_tag(&tags, &repository)?)
  }
}
