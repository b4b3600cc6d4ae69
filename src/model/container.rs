//! One container of the site as Docker describes it, reduced to what decisions need.
//!
//! Never holds `Config.Env`: environment values are where secrets live.

use std::{fmt, net::IpAddr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::VersionName;

/// A full container ID, 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ContainerId(pub String);

impl ContainerId {
  /// The first 12 digits, as Docker prints it.
  pub fn short(&self) -> &str {
    self.0.get(..12).unwrap_or(&self.0)
  }
}

/// A content-addressed image ID, `sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ImageId(pub String);

impl ImageId {
  /// Seven digits of the digest, as shown to operators.
  pub fn short(&self) -> &str {
    let digits = self.0.strip_prefix("sha256:").unwrap_or(&self.0);
    digits.get(..7).unwrap_or(digits)
  }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContainerState {
  Created,
  Running,
  Paused,
  Restarting,
  Removing,
  Exited,
  Dead,
}

impl fmt::Display for ContainerState {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(match self {
      Self::Created => "created",
      Self::Running => "running",
      Self::Paused => "paused",
      Self::Restarting => "restarting",
      Self::Removing => "removing",
      Self::Exited => "exited",
      Self::Dead => "dead",
    })
  }
}

/// What Docker's own health check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DockerHealth {
  /// The image and the compose file define none.
  None,
  Starting,
  Healthy,
  Unhealthy,
}

/// A container of a slot or a shared service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
  pub id: ContainerId,
  pub name: String,
  /// The key of `[services.NAME]`, or the compose service for a shared one.
  pub service: String,
  pub state: ContainerState,
  pub health: DockerHealth,
  /// The last output of Docker's health check, bounded to 2 KiB.
  pub health_output: Option<String>,
  pub restarts: u32,
  pub exit_code: Option<i64>,
  pub oom_killed: bool,
  pub started_at: Option<DateTime<Utc>>,
  pub finished_at: Option<DateTime<Utc>>,
  pub image_id: ImageId,
  /// The reference the container was created from, such as `ala-api:1.9.3`.
  pub image: String,
  pub version: Option<VersionName>,
  pub restart_policy: String,
  pub addresses: Vec<IpAddr>,
  /// Network aliases, to see one alias shared by both slots.
  pub aliases: Vec<String>,
  pub tty: bool,
}

impl Container {
  pub fn is_running(&self) -> bool {
    self.state == ContainerState::Running
  }
}
