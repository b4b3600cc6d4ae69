//! What would stop a deploy to a slot, found before anything is changed.

use std::{
  io::ErrorKind,
  net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
  path::{Path, PathBuf},
};

use bollard::{
  models::{ContainerSummary, PortSummary, PortSummaryTypeEnum},
  query_parameters::ListContainersOptionsBuilder,
};

use super::{DockerRuntime, images::Wanted};
use crate::{
  adapters::compose::{Published, aliases_of},
  engine::ports::PortError,
  model::{
    Slot, VersionName,
    finding::{Finding, Hazard},
    plan::ImageSource,
  },
};

const LEAST_FREE: u64 = 2 * 1024 * 1024 * 1024;
const PORT: &str = "the new container could not start beside what users have";
const ALIAS: &str = "while both slots run, requests to that name reach either: users meet the version that was not tested yet";

impl DockerRuntime {
  pub(super) async fn faults(
    &self,
    slot: Slot,
    version: &VersionName,
    source: ImageSource,
  ) -> Result<Vec<Finding>, PortError> {
    let mut faults = Vec::new();
    let own: Vec<String> = match self.found().await {
      Ok(found) => found[slot]
        .iter()
        .map(|container| container.id.clone())
        .collect(),
      Err(error) if error.kind == crate::engine::ports::PortErrorKind::Misconfigured => {
        return Ok(vec![Finding::red(
          Hazard::Hz(17),
          &error.detail,
          "the slot's containers must be known exactly, or the wrong ones are stopped",
          "then check again with 'cutover doctor'",
        )]);
      }
      Err(error) => return Err(error),
    };
    let wanted = match self.wanted(slot, version).await {
      Ok(wanted) => wanted,
      Err(error) => {
        faults.push(Finding::red(
          Hazard::Hz(5),
          error.to_string(),
          "nothing can be started from files that Compose does not accept",
          "correct the compose files until 'config' of the same command passes",
        ));
        return Ok(faults);
      }
    };
    image_faults(&wanted, slot, source, &mut faults);
    self.disk(&wanted, source, &mut faults).await?;
    self.ports(&wanted, &own, &mut faults).await?;
    self.shared_aliases(slot, version, &mut faults).await?;
    Ok(faults)
  }

  async fn disk(
    &self,
    wanted: &[Wanted<'_>],
    source: ImageSource,
    faults: &mut Vec<Finding>,
  ) -> Result<(), PortError> {
    let info = self
      .docker
      .ask("ask Docker for its data folder", |docker| async move {
        docker.info().await
      })
      .await?;
    let Some(root) = info.docker_root_dir.filter(|_| self.docker.is_local()) else {
      return Ok(());
    };
    let builds = matches!(source, ImageSource::Build | ImageSource::Rebuild);
    let size: u64 = wanted
      .iter()
      .filter(|_| builds)
      .filter_map(|w| u64::try_from(w.here.as_ref()?.size?).ok())
      .max()
      .unwrap_or(0);
    let needed = LEAST_FREE.max(size);
    if let Some(free) = free_below(Path::new(&root)).filter(|free| *free < needed) {
      faults.push(Finding::red(
        Hazard::H(16),
        format!(
          "only {} free under {root}, {} needed",
          megabytes(free),
          megabytes(needed)
        ),
        "a disk that fills up in the middle of a deploy stops the database of both slots",
        "free space: see 'docker system df'; 'docker builder prune' removes only build cache",
      ));
    }
    Ok(())
  }

  async fn ports(
    &self,
    wanted: &[Wanted<'_>],
    own: &[String],
    faults: &mut Vec<Finding>,
  ) -> Result<(), PortError> {
    let running = self
      .docker
      .ask("list running containers", |docker| async move {
        docker
          .list_containers(Some(ListContainersOptionsBuilder::default().build()))
          .await
      })
      .await?;
    for service in wanted {
      for port in service.composed.published() {
        let holder = running.iter().find(|container| holds(container, &port));
        match holder {
          Some(container) if container.id.as_ref().is_some_and(|id| own.contains(id)) => {}
          Some(container) => {
            let name = container
              .names
              .as_ref()
              .and_then(|names| names.first())
              .map_or("?", |name| name.trim_start_matches('/'));
            faults.push(Finding::red(
              Hazard::Setup,
              format!(
                "port {} of {} is published by container {name}",
                port.port, service.reference
              ),
              PORT,
              format!("give one of them another port, or stop it with 'docker stop {name}'"),
            ));
          }
          None if self.docker.is_local() && is_taken(&port) => faults.push(Finding::red(
            Hazard::Setup,
            format!(
              "port {} of {} is in use by another process",
              port.port, service.reference
            ),
            PORT,
            format!("see who with 'sudo ss -lnp sport = :{}'", port.port),
          )),
          None => {}
        }
      }
    }
    Ok(())
  }

  /// A name both slots answer to lets one slot's requests reach the other's containers.
  async fn shared_aliases(
    &self,
    slot: Slot,
    version: &VersionName,
    faults: &mut Vec<Finding>,
  ) -> Result<(), PortError> {
    let ours = self.compose.model(slot, Some(version)).await?;
    let theirs = self.compose.model(slot.other(), None).await?;
    let theirs = aliases_of(&self.site, slot.other(), &theirs);
    for ((network, alias), service) in aliases_of(&self.site, slot, &ours) {
      if let Some(other) = theirs.get(&(network.clone(), alias.clone())) {
        faults.push(Finding::red(
          Hazard::Hz(25),
          format!("{service} and {other} both answer to '{alias}' on network {network}"),
          ALIAS,
          "give each slot its own alias in the compose files",
        ));
      }
    }
    Ok(())
  }
}

fn image_faults(wanted: &[Wanted<'_>], slot: Slot, source: ImageSource, faults: &mut Vec<Finding>) {
  if !matches!(source, ImageSource::Build | ImageSource::Rebuild) {
    return;
  }
  for missing in wanted
    .iter()
    .filter(|w| w.here.is_none() && !w.composed.is_built())
  {
    faults.push(Finding::red(
      Hazard::Setup,
      format!(
        "{} uses {}, which is not on this machine and has no build: section",
        missing.service.name[slot], missing.reference
      ),
      "a deploy that builds can only start what is here",
      format!("type 'docker pull {}'", missing.reference),
    ));
  }
}

fn holds(container: &ContainerSummary, wanted: &Published) -> bool {
  let overlaps = |port: &PortSummary| {
    let ip = port.ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok());
    let everywhere = |ip: Option<IpAddr>| ip.is_none_or(|ip| ip.is_unspecified());
    port.public_port == Some(wanted.port)
      && (port.typ == Some(PortSummaryTypeEnum::UDP)) == wanted.udp
      && (everywhere(ip) || everywhere(wanted.host) || ip == wanted.host)
  };
  container.ports.iter().flatten().any(overlaps)
}

/// Whether a socket of this host already listens there. Ports we may not bind tell nothing.
fn is_taken(port: &Published) -> bool {
  let address = SocketAddr::new(
    port.host.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
    port.port,
  );
  let bound = if port.udp {
    UdpSocket::bind(address).map(drop)
  } else {
    TcpListener::bind(address).map(drop)
  };
  bound.is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

/// Free bytes on the file system of `folder`, or of its nearest parent that can be looked at.
fn free_below(folder: &Path) -> Option<u64> {
  let mut at = PathBuf::from(folder);
  loop {
    if let Ok(stat) = nix::sys::statvfs::statvfs(&at) {
      return Some(stat.blocks_available().saturating_mul(stat.fragment_size()));
    }
    if !at.pop() {
      return None;
    }
  }
}

fn megabytes(bytes: u64) -> String {
  format!("{} MB", bytes / 1_000_000)
}

#[cfg(test)]
mod tests {
  use super::*;

  fn published(host: Option<&str>, port: u16) -> Published {
    Published {
      host: host.map(|host| host.parse().unwrap()),
      port,
      udp: false,
    }
  }

  #[test]
  fn a_listening_socket_takes_its_port_and_a_free_one_does_not() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = published(Some("127.0.0.1"), listener.local_addr().unwrap().port());
    assert!(is_taken(&port));
    drop(listener);
    assert!(!is_taken(&port));
  }

  #[test]
  fn addresses_overlap_when_equal_or_when_one_is_everywhere() {
    let container: ContainerSummary = serde_json::from_value(serde_json::json!({
      "Id": "a", "Ports": [{"IP": "127.0.0.1", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}]
    }))
    .unwrap();
    assert!(holds(&container, &published(Some("127.0.0.1"), 8080)));
    assert!(holds(&container, &published(None, 8080)));
    assert!(!holds(&container, &published(Some("127.0.0.2"), 8080)));
    assert!(!holds(&container, &published(Some("127.0.0.1"), 8081)));
  }

  #[test]
  fn free_space_is_found_even_where_the_folder_is_missing() {
    assert!(free_below(Path::new("/nonexistent/docker")).is_some());
  }
}
