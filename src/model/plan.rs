//! A plan is data: what will be done, in which order, and what it was made from. The dialog, the
//! dry run, the journal and the runner all read this same value.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
  Slot, VersionName,
  actor::Actor,
  container::ContainerId,
  operation::{Kind, OperationId},
  router::FileHash,
  shown::Shown,
};

/// A step that gives up in time still needs some of its deadline to find the first cause.
pub const TO_EXPLAIN: Duration = Duration::from_secs(15);

/// What the operator must do to confirm: chosen by the facts, not by the verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
  /// Reversible and every check is green: `y`.
  Green,
  /// Users move with a warning standing, or shared data changes: type the slot's name.
  Amber,
  /// Blocked unless a phrase is typed.
  Red,
}

/// How images come to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageSource {
  /// An image already on this machine, or pulled by its reference.
  Pull,
  Build,
  /// Build without any cache.
  Rebuild,
  /// Recorded image IDs of an earlier deploy; no registry and no build.
  Recorded,
}

/// When a site runs its migration, relative to the slot's own start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MigrateWhen {
  BeforeStart,
  AfterStart,
  AfterHealth,
  BeforeSwitch,
}

/// A question an operation waits on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
  pub name: String,
  pub question: Shown,
  /// What is typed instead of `y`, when the facts ask for it.
  pub word: Option<String>,
}

/// One thing the runner does. Each has a file of its own in `engine::step`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
  /// Observe again; the premise must still hold and every check be green.
  Preflight,
  Hook {
    name: String,
  },
  /// What both slots need and does not run yet: networks, and the shared services but the proxy.
  StartShared {
    slot: Slot,
  },
  Backup,
  UpdateSource {
    version: VersionName,
  },
  /// Resolve, pull or build the images and pin their IDs for the slot.
  Prepare {
    slot: Slot,
    version: VersionName,
    source: ImageSource,
  },
  /// Create and start the slot's services from its pins; the live containers must not change.
  Start {
    slot: Slot,
    version: VersionName,
  },
  /// Start the existing containers of the slot, or of one service; never creates.
  Wake {
    slot: Slot,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service: Option<String>,
  },
  Migrate {
    slot: Slot,
  },
  WaitHealthy {
    slot: Slot,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service: Option<String>,
  },
  Smoke {
    slot: Slot,
  },
  /// Smoke tests left out on the operator's word; recorded in the evidence.
  SkipSmoke {
    slot: Slot,
    reason: Shown,
  },
  /// Bind what passed to the very containers it passed on.
  Evidence {
    slot: Slot,
  },
  Gate {
    gate: Gate,
  },
  /// Evidence is fresh for the running containers, and they are healthy now.
  CheckTarget {
    slot: Slot,
    forced: Option<Shown>,
  },
  /// Keep the managed file's bytes and work out the next ones.
  Save {
    slot: Slot,
  },
  /// Replace the managed file.
  Write {
    slot: Slot,
  },
  /// The proxy is down and the file it loads is in place.
  StartProxy {
    slot: Slot,
  },
  /// The proxy sees the same bytes and accepts them.
  Test {
    slot: Slot,
  },
  Reload {
    slot: Slot,
  },
  /// The slot answers through the proxy, every time.
  Prove {
    slot: Slot,
  },
  /// State file and live record; last, and only what was proven.
  Record {
    slot: Slot,
  },
  /// Watch the former workers finish; never stops anything.
  Drain {
    slot: Slot,
  },
  Stop {
    slot: Slot,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service: Option<String>,
  },
  /// Load a dump into a new database and compare it.
  RestoreInto {
    file: String,
    database: String,
  },
  /// Exchange the names of the two databases.
  SwapDatabases {
    database: String,
  },
}

impl Step {
  /// The imperative shown in progress lines.
  pub fn title(&self) -> String {
    match self {
      Self::Preflight => "check everything first".into(),
      Self::Hook { name } => format!("run hook {name}"),
      Self::StartShared { .. } => "start the shared services".into(),
      Self::Backup => "back up the database and read it back".into(),
      Self::UpdateSource { version } => format!("update the source to {version}"),
      Self::Prepare {
        slot,
        version,
        source,
      } => match source {
        ImageSource::Pull => format!("pin the images of {version} for {}", slot.shout()),
        ImageSource::Build => format!("build {version} and pin it for {}", slot.shout()),
        ImageSource::Rebuild => format!(
          "rebuild {version} without cache and pin it for {}",
          slot.shout()
        ),
        ImageSource::Recorded => {
          format!("pin the recorded images of {version} for {}", slot.shout())
        }
      },
      Self::Start { slot, version } => format!("start {} at {version}", slot.shout()),
      Self::Wake {
        slot,
        service: None,
      } => format!("start the containers of {}", slot.shout()),
      Self::Wake {
        slot,
        service: service @ Some(_),
      } => format!("start {}", part(*slot, service.as_deref())),
      Self::Migrate { .. } => "migrate the database".into(),
      Self::WaitHealthy { slot, service } => {
        format!("wait until {} is healthy", part(*slot, service.as_deref()))
      }
      Self::Smoke { slot } => format!("smoke-test {}", slot.shout()),
      Self::SkipSmoke { .. } => "skip the smoke tests".into(),
      Self::Evidence { slot } => format!("record what {} passed", slot.shout()),
      Self::Gate { gate } => format!("ask: {}", gate.question),
      Self::CheckTarget { slot, .. } => format!("check {} again", slot.shout()),
      Self::Save { .. } => "save the proxy's managed file".into(),
      Self::Write { slot } => format!("point the managed file at {}", slot.shout()),
      Self::StartProxy { .. } => "start the proxy".into(),
      Self::Test { .. } => "test the proxy's configuration".into(),
      Self::Reload { .. } => "reload the proxy".into(),
      Self::Prove { slot } => format!("prove {} through the proxy", slot.shout()),
      Self::Record { slot } => format!("record {} as live", slot.shout()),
      Self::Drain { slot } => format!("watch {} drain", slot.shout()),
      Self::Stop { slot, service } => format!("stop {}", part(*slot, service.as_deref())),
      Self::RestoreInto { database, .. } => format!("restore into the new database {database}"),
      Self::SwapDatabases { database } => format!("swap {database} in"),
    }
  }

  /// Steps between the first changed byte of the managed file and the record of the new truth.
  pub fn moves_traffic(&self) -> bool {
    matches!(
      self,
      Self::Write { .. }
        | Self::StartProxy { .. }
        | Self::Test { .. }
        | Self::Reload { .. }
        | Self::Prove { .. }
    )
  }
}

/// `GREEN`, or `api of GREEN`.
pub fn part(slot: Slot, service: Option<&str>) -> String {
  service.map_or_else(
    || slot.shout().to_owned(),
    |service| format!("{service} of {}", slot.shout()),
  )
}

/// A step with what the operator is shown about it and how long it may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
  #[serde(flatten)]
  pub step: Step,
  /// Exact commands, files and differences.
  #[serde(default, skip_serializing_if = "Vec::is_empty")]
  pub details: Vec<Shown>,
  #[serde(with = "seconds")]
  pub deadline: Duration,
}

/// What the plan was made from. If any of it changed when the runner starts, the plan is stale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Premise {
  pub live: Option<Slot>,
  pub managed: Option<FileHash>,
  /// Container IDs of the slot that must not change, sorted.
  pub untouched: Vec<ContainerId>,
  /// The operation this undoes, when it is about that very one: it must still be the last that
  /// moved users.
  #[serde(default, skip_serializing_if = "Option::is_none")]
  pub undoes: Option<OperationId>,
}

/// What happens to a started standby when the operation fails or is declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
  KeepForInspection,
  StopTarget,
}

/// A running operation that has to stop before this plan can begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rival {
  pub id: OperationId,
  pub kind: Kind,
  pub actor: Actor,
  /// It moves users, or has moved them: it is interrupted only against a typed word.
  pub moves_users: bool,
}

/// A complete operation, before it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
  pub schema: u32,
  pub kind: Kind,
  pub site: String,
  pub target: Option<Slot>,
  /// The slot that was live when the plan was made.
  pub from: Option<Slot>,
  pub version: Option<VersionName>,
  pub from_version: Option<VersionName>,
  pub steps: Vec<PlannedStep>,
  pub premise: Premise,
  pub risk: Risk,
  /// What must be typed to confirm; `None` means the one key `y`.
  pub word: Option<String>,
  /// Warnings the operator must see; each is why the risk is not green.
  pub warnings: Vec<Shown>,
  /// What else is worth knowing before confirming: readiness, what stays running.
  pub notes: Vec<Shown>,
  pub on_failure: OnFailure,
  pub reason: Option<Shown>,
  /// See `engine::preempt`. What a runner is handed has none.
  #[serde(default, skip_serializing_if = "Option::is_none")]
  pub preempts: Option<Rival>,
}

impl Plan {
  /// Whether who confirmed `before` has confirmed this one as well: it does the same to users, at
  /// no higher risk, with no warning that was not read, and pushes nobody else aside.
  pub fn is_covered_by(&self, before: &Self) -> bool {
    let same = |plan: &Self| {
      (
        plan.kind,
        plan.target,
        plan.from,
        plan.version.clone(),
        plan.from_version.clone(),
      )
    };
    same(self) == same(before)
      && self.risk <= before.risk
      && (self.preempts.is_none() || self.preempts == before.preempts)
      && self
        .warnings
        .iter()
        .all(|warning| before.warnings.contains(warning))
  }

  /// The one service this is about, where it is not the whole slot.
  pub fn service(&self) -> Option<&str> {
    self.steps.iter().find_map(|planned| match &planned.step {
      Step::Wake { service, .. }
      | Step::WaitHealthy { service, .. }
      | Step::Stop { service, .. } => service.as_deref(),
      _ => None,
    })
  }

  /// Identifies what is confirmed: sha256 over the whole plan.
  pub fn hash(&self) -> String {
    let text = serde_json::to_vec(self).unwrap_or_default();
    hex(&Sha256::digest(&text))
  }
}

/// A plan with its number and who asked for it; this is what the runner is handed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
  pub id: OperationId,
  pub plan: Plan,
  pub actor: Actor,
  pub at: DateTime<Utc>,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
  pub outcome: super::operation::Outcome,
  /// Each fault with its fix.
  pub faults: Vec<Fault>,
  pub live: Option<Slot>,
}

/// One thing that stands in the way, and what to type about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
  pub what: Shown,
  pub fix: Shown,
}

impl Fault {
  pub fn new(what: impl AsRef<str>, fix: impl AsRef<str>) -> Self {
    Self {
      what: Shown::line(what.as_ref()),
      fix: Shown::line(fix.as_ref()),
    }
  }
}

pub fn hex(bytes: &[u8]) -> String {
  use std::fmt::Write;
  bytes
    .iter()
    .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
      let _ = write!(out, "{byte:02x}");
      out
    })
}

mod seconds {
  use std::time::Duration;

  use serde::{Deserialize, Deserializer, Serializer};

  pub(super) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(duration.as_secs_f64())
  }

  pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(serde::de::Error::custom)
  }
}
