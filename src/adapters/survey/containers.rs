//! Every container of this machine in one question: names, Compose's labels, ports, mounts.

use std::{collections::BTreeSet, path::PathBuf};

use bollard::{
  models::{ContainerSummary, ContainerSummaryStateEnum},
  query_parameters::ListContainersOptionsBuilder,
};

use crate::{
  adapters::{
    listed::{PROJECT, SERVICE},
    router::container::Containers,
  },
  config::detect::{Mount, Published, Seen},
  engine::ports::{PortError, PortErrorKind},
};

pub(super) async fn all(containers: &Containers) -> Result<Vec<Seen>, PortError> {
  let options = ListContainersOptionsBuilder::default().all(true).build();
  let all = containers
    .docker()
    .await?
    .list_containers(Some(options))
    .await
    .map_err(|error| {
      PortError::new(
        PortErrorKind::Unreachable,
        "listing the containers",
        error.to_string(),
      )
    })?;
  Ok(all.into_iter().map(seen).collect())
}

fn seen(raw: ContainerSummary) -> Seen {
  let labels = raw.labels.unwrap_or_default();
  let label = |name: &str| labels.get(name).filter(|value| !value.is_empty()).cloned();
  let names = raw.names.unwrap_or_default();
  let published: BTreeSet<Published> = raw
    .ports
    .into_iter()
    .flatten()
    .filter_map(|port| {
      Some(Published {
        address: port.ip.unwrap_or_default(),
        host: port.public_port?,
        inside: port.private_port,
      })
    })
    .collect();
  let networks = raw.network_settings.and_then(|settings| settings.networks);
  Seen {
    name: names
      .first()
      .map(|name| name.trim_start_matches('/').to_owned())
      .unwrap_or_default(),
    image: raw.image.unwrap_or_default(),
    running: raw.state == Some(ContainerSummaryStateEnum::RUNNING),
    project: label(PROJECT),
    service: label(SERVICE),
    folder: label("com.docker.compose.project.working_dir").map(|folder| {
      let folder = PathBuf::from(folder);
      folder.canonicalize().unwrap_or(folder)
    }),
    files: label("com.docker.compose.project.config_files")
      .map(|files| files.split(',').map(str::to_owned).collect())
      .unwrap_or_default(),
    version_label: label("org.opencontainers.image.version"),
    networks: networks.unwrap_or_default().into_keys().collect(),
    published: published.into_iter().collect(),
    mounts: raw
      .mounts
      .into_iter()
      .flatten()
      .filter_map(|mount| {
        Some(Mount {
          source: PathBuf::from(mount.source?),
          inside: mount.destination?,
        })
      })
      .collect(),
  }
}
