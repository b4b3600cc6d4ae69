//! What happened to a container of the site, as the container engine told it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
  Slot,
  container::{ContainerId, DockerHealth},
  shown::Shown,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
  pub container: ContainerId,
  pub name: Shown,
  /// The key of `[services.NAME]`, or the compose service for a shared one.
  pub service: String,
  /// `None` for a shared service, the proxy and the database.
  pub slot: Option<Slot>,
  pub at: DateTime<Utc>,
  pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
pub enum What {
  Created,
  Started,
  Died {
    exit_code: Option<i64>,
  },
  /// The kernel killed a process of it for memory; the container may live on.
  OutOfMemory,
  Health {
    health: DockerHealth,
  },
  Paused,
  Unpaused,
  Renamed,
  /// Limits or the restart policy were changed.
  Updated,
  Destroyed,
}
