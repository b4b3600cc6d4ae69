//! Docker's description of a container, reduced to the model. Pure; `Config.Env` is dropped here.

use std::net::IpAddr;

use bollard::models::{
  ContainerInspectResponse, ContainerStateStatusEnum, HealthStatusEnum, HostConfig,
  RestartPolicyNameEnum,
};
use chrono::{DateTime, Datelike, Utc};

use crate::model::container::{Container, ContainerId, ContainerState, DockerHealth, ImageId};

const MOST_HEALTH_OUTPUT: usize = 2 * 1024;
const SHORT_ID: usize = 12;

/// The container, without its version; and its labels, where a version may be.
pub(super) fn container(
  service: &str,
  response: ContainerInspectResponse,
) -> (Container, std::collections::HashMap<String, String>) {
  let state = response.state.unwrap_or_default();
  let config = response.config.unwrap_or_default();
  let id = response.id.unwrap_or_default();
  let status = state_of(state.status);
  let networks = response
    .network_settings
    .and_then(|settings| settings.networks)
    .unwrap_or_default();
  let mut addresses: Vec<IpAddr> = Vec::new();
  let mut aliases: Vec<String> = Vec::new();
  for network in networks.into_values() {
    let texts = [network.ip_address, network.global_ipv6_address];
    addresses.extend(
      texts
        .into_iter()
        .flatten()
        .filter_map(|text| text.parse::<IpAddr>().ok()),
    );
    aliases.extend(network.aliases.unwrap_or_default());
  }
  addresses.sort_unstable();
  // Docker before 25 lists the container's own short ID among its aliases.
  aliases.retain(|alias| alias.len() != SHORT_ID || !id.starts_with(alias.as_str()));
  aliases.sort_unstable();
  aliases.dedup();
  let ended = matches!(status, ContainerState::Exited | ContainerState::Dead);
  let (health, health_output) = state.health.map_or((DockerHealth::None, None), |health| {
    let output = health
      .log
      .and_then(|log| log.into_iter().next_back()?.output);
    (
      health_of(health.status),
      output.map(|text| bounded(text.trim_end())),
    )
  });
  let container = Container {
    name: response
      .name
      .unwrap_or_default()
      .trim_start_matches('/')
      .to_owned(),
    service: service.to_owned(),
    state: status,
    health,
    health_output,
    restarts: response
      .restart_count
      .and_then(|n| u32::try_from(n).ok())
      .unwrap_or(0),
    exit_code: state.exit_code.filter(|_| ended),
    oom_killed: state.oom_killed.unwrap_or(false),
    started_at: time(state.started_at.as_deref()),
    finished_at: time(state.finished_at.as_deref()),
    image_id: ImageId(response.image.unwrap_or_default()),
    image: config.image.unwrap_or_default(),
    version: None,
    restart_policy: restart_policy(response.host_config),
    addresses,
    aliases,
    tty: config.tty.unwrap_or(false),
    id: ContainerId(id),
  };
  (container, config.labels.unwrap_or_default())
}

fn state_of(status: Option<ContainerStateStatusEnum>) -> ContainerState {
  match status {
    Some(ContainerStateStatusEnum::CREATED) => ContainerState::Created,
    Some(ContainerStateStatusEnum::RUNNING) => ContainerState::Running,
    Some(ContainerStateStatusEnum::PAUSED) => ContainerState::Paused,
    Some(ContainerStateStatusEnum::RESTARTING) => ContainerState::Restarting,
    Some(ContainerStateStatusEnum::REMOVING) => ContainerState::Removing,
    Some(ContainerStateStatusEnum::EXITED) => ContainerState::Exited,
    // What Docker does not name is not running.
    _ => ContainerState::Dead,
  }
}

fn health_of(status: Option<HealthStatusEnum>) -> DockerHealth {
  match status {
    Some(HealthStatusEnum::HEALTHY) => DockerHealth::Healthy,
    Some(HealthStatusEnum::UNHEALTHY) => DockerHealth::Unhealthy,
    Some(HealthStatusEnum::STARTING) => DockerHealth::Starting,
    Some(HealthStatusEnum::NONE | HealthStatusEnum::EMPTY) | None => DockerHealth::None,
  }
}

/// As Compose writes it: `no`, `unless-stopped`, `on-failure:3`.
fn restart_policy(host: Option<HostConfig>) -> String {
  let policy = host
    .and_then(|host| host.restart_policy)
    .unwrap_or_default();
  match (policy.name, policy.maximum_retry_count) {
    (None | Some(RestartPolicyNameEnum::EMPTY), _) => "no".to_owned(),
    (Some(RestartPolicyNameEnum::ON_FAILURE), Some(most)) if most > 0 => {
      format!("on-failure:{most}")
    }
    (Some(name), _) => name.to_string(),
  }
}

/// Docker writes year 1 for "never".
fn time(text: Option<&str>) -> Option<DateTime<Utc>> {
  let time = DateTime::parse_from_rfc3339(text?)
    .ok()?
    .with_timezone(&Utc);
  (time.year() > 1).then_some(time)
}

fn bounded(text: &str) -> String {
  let mut end = text.len().min(MOST_HEALTH_OUTPUT);
  while !text.is_char_boundary(end) {
    end -= 1;
  }
  text[..end].to_owned()
}

#[cfg(test)]
mod tests {
  use super::*;

  fn inspected(json: serde_json::Value) -> Container {
    container("api", serde_json::from_value(json).unwrap()).0
  }

  #[test]
  fn a_container_that_never_ran_has_no_times_and_no_exit_code() {
    let container = inspected(serde_json::json!({
      "Id": "abc123", "Name": "/site_api-blue_1", "RestartCount": 0,
      "State": {"Status": "created", "ExitCode": 0, "StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"},
    }));
    assert_eq!(container.name, "site_api-blue_1");
    assert_eq!(container.state, ContainerState::Created);
    assert_eq!((container.started_at, container.finished_at), (None, None));
    assert_eq!(container.exit_code, None);
    assert_eq!(container.health, DockerHealth::None);
    assert_eq!(container.restart_policy, "no");
  }

  #[test]
  fn an_ended_container_keeps_why_it_ended_and_its_last_health_output() {
    let long = "é".repeat(3000);
    let container = inspected(serde_json::json!({
      "Id": "abcdef123456789", "Image": "sha256:aa", "RestartCount": 3,
      "State": {"Status": "exited", "ExitCode": 137, "OOMKilled": true, "StartedAt": "2026-02-03T04:05:06.7Z",
        "Health": {"Status": "unhealthy", "Log": [{"Output": "first"}, {"Output": long}]}},
      "HostConfig": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}},
      "Config": {"Image": "app:1", "Env": ["PASSWORD=geheim"], "Tty": true},
      "NetworkSettings": {"Networks": {"back": {"IPAddress": "172.18.0.5", "Aliases": ["abcdef123456", "api", "a"]}}},
    }));
    assert_eq!(container.exit_code, Some(137));
    assert!(container.oom_killed && container.tty);
    assert_eq!(container.restart_policy, "on-failure:3");
    assert_eq!(container.health_output.as_deref().map(str::len), Some(2048));
    assert_eq!(container.aliases, ["a", "api"]);
    assert_eq!(
      container.addresses,
      ["172.18.0.5".parse::<IpAddr>().unwrap()]
    );
    assert!(!format!("{container:?}").contains("geheim"));
  }
}
