//! What an operator may ask for. `engine::plan` turns it into a plan or a refusal.

use crate::model::{Slot, VersionName, operation::OperationId, plan::ImageSource};

/// One request, as typed or pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
  /// The first slot of a site that serves nobody yet.
  Up {
    /// `None` is the one that files here name, else blue.
    slot: Option<Slot>,
    version: VersionName,
  },
  Deploy(Deploy),
  Smoke {
    slot: Slot,
  },
  Switch {
    to: Slot,
    reason: Option<String>,
  },
  /// The whole of a switch to the slot that is live already.
  Rehearse,
  Rollback(Rollback),
  /// `service` is the key of one service; `None` is the whole slot.
  Start {
    slot: Slot,
    service: Option<String>,
  },
  /// `force`: the operator typed the name of the live slot, or consented before draining ended.
  Stop {
    slot: Slot,
    service: Option<String>,
    force: Force,
  },
  /// The very containers are stopped and started again; `force` as for a stop.
  Restart {
    slot: Slot,
    service: Option<String>,
    force: Force,
  },
  Migrate {
    slot: Option<Slot>,
  },
  Backup,
  Restore {
    file: String,
    swap: Swap,
  },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deploy {
  /// `None` is the observed standby.
  pub slot: Option<Slot>,
  pub version: VersionName,
  pub source: Option<ImageSource>,
  pub ready: WhenReady,
  /// Why smoke tests are skipped, when they are.
  pub skip_smoke: Option<String>,
}

/// What a deploy does once the standby passed everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenReady {
  /// Ends there; users stay where they are.
  Stop,
  /// Opens the gate "switch now?" and waits.
  Ask,
  Switch,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollback {
  /// A recorded version instead of the previously live slot.
  pub version: Option<VersionName>,
  pub reason: Option<String>,
  pub force: Force,
  /// Only if this operation is still the last that moved users.
  pub undoes: Option<OperationId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
  No,
  /// Typed: health of the target is not required.
  Typed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
  /// Restore beside the database in use and compare, nothing more.
  No,
  Yes,
}
