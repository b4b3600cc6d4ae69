//! Everything known at one instant, each part with its age or its error.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
  BySlot, Known, Slot, VersionName,
  actor::Actor,
  container::Container,
  evidence::{Evidence, LiveRecord, Pins},
  health::HealthReport,
  operation::{Kind, OperationId, Verdict},
  router::RouterFacts,
  shown::Shown,
  traffic::{Live, Readiness, Witness},
  watch::Moved,
};

/// The container engine and the Compose that drive the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeFacts {
  pub engine: Shown,
  pub api: Shown,
  pub compose: Shown,
}

/// One slot as observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentState {
  pub containers: Known<Vec<Container>>,
  pub health: Known<HealthReport>,
  pub version: Option<VersionName>,
  pub evidence: Option<Evidence>,
  /// Why the evidence no longer counts.
  pub evidence_void: Option<Shown>,
  pub pins: Option<Pins>,
}

impl EnvironmentState {
  pub fn containers(&self) -> &[Container] {
    self.containers.value().map_or(&[], Vec::as_slice)
  }

  pub fn any_running(&self) -> bool {
    self.containers().iter().any(Container::is_running)
  }
}

/// Who holds the site's lock; shown, never decided on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
  pub operation: OperationId,
  pub kind: Kind,
  pub actor: Actor,
  pub since: DateTime<Utc>,
  pub boot_id: String,
  /// The runner, and when it started in clock ticks since boot, so that a reused pid is noticed.
  pub pid: u32,
  pub pid_started: u64,
}

/// The newest operation in the journal, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationState {
  pub id: OperationId,
  pub kind: Kind,
  pub target: Option<Slot>,
  pub version: Option<VersionName>,
  pub actor: Actor,
  pub begun: DateTime<Utc>,
  /// The step it is at: `6/9 wait until GREEN is healthy`.
  pub step: Option<Shown>,
  pub waiting_for: Option<Shown>,
  /// It has begun to move users and has not yet recorded where they are: until then witnesses differ.
  pub moving: bool,
  pub phase: Phase,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "lowercase")]
pub enum Phase {
  Running,
  /// No runner lives and there is no end in the journal.
  Interrupted,
  Ended {
    verdict: Verdict,
  },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
  pub schema: u32,
  pub site: String,
  pub at: DateTime<Utc>,
  pub runtime: Known<RuntimeFacts>,
  pub slots: BySlot<EnvironmentState>,
  pub shared: Known<Vec<Container>>,
  pub router: Known<RouterFacts>,
  pub witnesses: Vec<Witness>,
  pub live: Live,
  pub record: Option<LiveRecord>,
  /// What moved users last, when that is what the record is of.
  pub moved: Option<Moved>,
  pub readiness: Readiness,
  pub lock: Option<Holder>,
  pub operation: Option<OperationState>,
  /// Disagreements and leftovers, loudest first: drift, foreign edits, unloaded files.
  pub drift: Vec<Shown>,
}

impl Observation {
  pub fn live_slot(&self) -> Option<Slot> {
    self.live.slot()
  }

  pub fn standby(&self) -> Option<Slot> {
    self.live_slot().map(Slot::other)
  }

  /// Whether the witnesses were only asked again and say the same: `later` has nothing to show but
  /// its time.
  pub fn is_renewed_by(&self, later: &Self) -> bool {
    let mut renewed = self.clone();
    renewed.at = later.at;
    for (witness, again) in renewed.witnesses.iter_mut().zip(&later.witnesses) {
      witness.at = again.at;
    }
    renewed == *later
  }
}
