//! What Docker's description of a container says that the proxy and the probes need. Pure.

use std::net::IpAddr;

use bollard::models::ContainerInspectResponse;
use chrono::{DateTime, Utc};

/// A container as inspected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
  pub(crate) id: String,
  pub(crate) name: String,
  pub(crate) running: bool,
  pub(crate) started_at: Option<DateTime<Utc>>,
  pub(crate) mounts: Vec<Mounted>,
  pub(crate) addresses: Vec<IpAddr>,
}

/// One mount: a path of this host and where it is inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mounted {
  pub(crate) source: String,
  pub(crate) destination: String,
}

pub(super) fn found(raw: ContainerInspectResponse) -> Found {
  let state = raw.state.unwrap_or_default();
  Found {
    id: raw.id.unwrap_or_default(),
    name: raw
      .name
      .unwrap_or_default()
      .trim_start_matches('/')
      .to_owned(),
    // Between two tries of a crashing container Docker calls it both running and restarting.
    running: state.running.unwrap_or_default() && !state.restarting.unwrap_or_default(),
    started_at: state
      .started_at
      .and_then(|at| DateTime::parse_from_rfc3339(&at).ok())
      .map(|at| at.to_utc()),
    addresses: raw
      .network_settings
      .and_then(|settings| settings.networks)
      .unwrap_or_default()
      .into_values()
      .filter_map(|network| network.ip_address?.parse().ok())
      .collect(),
    mounts: raw
      .mounts
      .unwrap_or_default()
      .into_iter()
      .filter_map(|mount| {
        Some(Mounted {
          source: mount.source?,
          destination: mount.destination?,
        })
      })
      .collect(),
  }
}

/// The container's address to use: IPv4 first.
pub(crate) fn preferred(addresses: &[IpAddr]) -> Option<IpAddr> {
  addresses
    .iter()
    .find(|address| address.is_ipv4())
    .or_else(|| addresses.first())
    .copied()
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_restarting_container_does_not_run() {
    let raw = r#"{"Name":"/x","State":{"Running":true,"Restarting":true}}"#;
    assert!(!found(serde_json::from_str(raw).unwrap()).running);
  }

  #[test]
  fn inspect_json_becomes_a_name_a_state_and_mounts() {
    let raw: ContainerInspectResponse = serde_json::from_str(
      r#"{"Id":"abc","Name":"/site_proxy_1",
        "State":{"Running":true,"StartedAt":"2026-11-21T03:37:36.1Z"},
                "Mounts":[{"Type":"bind","Source":"/srv/a/nginx","Destination":"/etc/nginx/conf.d","RW":false},
                  {"Type":"tmpfs","Destination":"/run"}]}"#,
    )
    .unwrap();
    let found = found(raw);
    assert_eq!((found.name.as_str(), found.running), ("site_proxy_1", true));
    assert_eq!(
      found.mounts,
      [Mounted {
        source: "/srv/a/nginx".to_owned(),
        destination: "/etc/nginx/conf.d".to_owned()
      }]
    );
  }
}
