//! What was proven about a slot, bound to the very containers it was proven on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
  Slot, VersionName,
  check::SmokeResult,
  container::{Container, ContainerId, ImageId},
  operation::{Kind, OperationId},
};

/// One container as it was when it passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
  pub service: String,
  pub container: ContainerId,
  pub image: ImageId,
  pub started_at: Option<DateTime<Utc>>,
  pub restarts: u32,
}

impl Tested {
  pub fn of(container: &Container) -> Self {
    Self {
      service: container.service.clone(),
      container: container.id.clone(),
      image: container.image_id.clone(),
      started_at: container.started_at,
      restarts: container.restarts,
    }
  }
}

/// Health and smoke passed for these containers. Anything that restarts voids it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
  pub slot: Slot,
  pub version: Option<VersionName>,
  pub operation: OperationId,
  pub at: DateTime<Utc>,
  pub containers: Vec<Tested>,
  pub smoke: Vec<SmokeResult>,
  /// Why smoke tests were skipped, when they were.
  pub smoke_skipped: Option<String>,
  /// The migration head after this deploy, when the site migrates.
  pub schema_head: Option<String>,
}

impl Evidence {
  /// Why this evidence no longer speaks for what runs now; `None` when it still does.
  pub fn voided_by(&self, now: &[Container]) -> Option<String> {
    for tested in &self.containers {
      let Some(container) = now.iter().find(|c| c.id == tested.container) else {
        return Some(format!(
          "{} was recreated since it was tested",
          tested.service
        ));
      };
      if container.started_at != tested.started_at || container.restarts != tested.restarts {
        return Some(format!("{} restarted since it was tested", tested.service));
      }
      if !container.is_running() {
        return Some(format!("{} is {}", tested.service, container.state));
      }
    }
    now
      .iter()
      .find(|c| {
        !self
          .containers
          .iter()
          .any(|tested| tested.container == c.id)
      })
      .map(|c| format!("{} was not there when the slot was tested", c.service))
  }
}

/// The image each service of a slot is pinned to, so that no later `up` can start other code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pins {
  pub slot: Slot,
  pub version: VersionName,
  pub at: DateTime<Utc>,
  pub images: Vec<ServiceImage>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceImage {
  /// The key of `[services.NAME]`.
  pub service: String,
  /// The reference it was resolved from.
  pub reference: String,
  pub id: ImageId,
}

/// What was last proven about who is live, kept beside the team's own state file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRecord {
  pub live: Slot,
  pub previous: Option<Slot>,
  pub generation: u64,
  /// When users came here; where `moved_by` is none, when they were first seen here.
  pub since: DateTime<Utc>,
  /// What wrote this, whether or not it moved users.
  pub operation: OperationId,
  /// What moved users here; none where that was before anything was recorded.
  #[serde(default)]
  pub moved_by: Option<Mover>,
  pub version: Option<VersionName>,
  pub previous_version: Option<VersionName>,
  /// The containers that served when this slot went live, and those that served before.
  pub containers: Vec<Tested>,
  pub previous_containers: Vec<Tested>,
  /// Hash of the managed file this record was written with.
  pub managed: super::router::FileHash,
  pub schema_head: Option<String>,
}

/// An operation that moved users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mover {
  pub operation: OperationId,
  pub kind: Kind,
}

impl LiveRecord {
  /// The rollback that took users away from `slot`, if that still holds the very containers that they
  /// were taken from.
  pub fn left_by(&self, slot: Slot, containers: &[Container]) -> Option<OperationId> {
    let mover = self.moved_by.filter(|mover| mover.kind == Kind::Rollback)?;
    let same = self.previous == Some(slot) && has_all(containers, &self.previous_containers);
    same.then_some(mover.operation)
  }
}

/// Whether every one of `tested` is still there; never true of none.
pub fn has_all(containers: &[Container], tested: &[Tested]) -> bool {
  let is_there = |each: &Tested| containers.iter().any(|one| one.id == each.container);
  !tested.is_empty() && tested.iter().all(is_there)
}
