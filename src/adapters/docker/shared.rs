//! Starts what both slots share: the networks Compose expects to find, then the services that do
//! not run. What runs is left alone.

use bollard::{models::NetworkCreateRequest, query_parameters::ListNetworksOptions};

use super::DockerRuntime;
use crate::{
  engine::ports::{Notes, PortError, Shared},
  model::{Slot, VersionName, container::Container},
};

impl DockerRuntime {
  pub(super) async fn make_shared_run(
    &self,
    which: Shared,
    slot: Slot,
    version: &VersionName,
    notes: Notes<'_>,
  ) -> Result<Vec<String>, PortError> {
    let model = self.compose.shared_model(slot, version).await?;
    let names = self.compose.shared_names(which, &model)?;
    self
      .make_networks(&model.external_networks(), notes)
      .await?;
    let running = super::find::shared(&self.site, &self.listed().await?)?;
    let running: Vec<Container> = self.inspect(running, None).await?;
    let down: Vec<String> = names
      .iter()
      .filter(|name| {
        !running
          .iter()
          .any(|it| it.service == **name && it.is_running())
      })
      .cloned()
      .collect();
    if !down.is_empty() {
      self.compose.up_shared(&down, slot, version, notes).await?;
    }
    // The slot's own files may expect a network that none of the shared ones makes.
    let slots = self.compose.model(slot, Some(version)).await?;
    self
      .make_networks(&slots.external_networks(), notes)
      .await?;
    Ok(names)
  }

  async fn make_networks(&self, wanted: &[String], notes: Notes<'_>) -> Result<(), PortError> {
    if wanted.is_empty() {
      return Ok(());
    }
    let there = self
      .docker
      .ask("list networks", |docker| async move {
        docker.list_networks(None::<ListNetworksOptions>).await
      })
      .await?;
    for name in wanted {
      if there
        .iter()
        .any(|network| network.name.as_ref() == Some(name))
      {
        continue;
      }
      let request = NetworkCreateRequest {
        name: name.clone(),
        ..NetworkCreateRequest::default()
      };
      self
        .docker
        .ask(&format!("create network {name}"), |docker| async move {
          docker.create_network(request).await
        })
        .await?;
      notes(&format!("network {name} created"));
    }
    Ok(())
  }
}
