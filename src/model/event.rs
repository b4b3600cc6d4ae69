//! What an operation writes down as it goes. The journal, every attached terminal and the tests
//! read these same events; `engine::run_state` folds them into progress.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
  Slot,
  actor::Actor,
  check::{Exchange, SmokeResult},
  container::Container,
  evidence::{Evidence, Pins, Tested},
  health::HealthReport,
  operation::Verdict,
  router::{FileHash, NextFile, ProbeLedger},
  shown::Shown,
};

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
  /// 1, 2, 3 … without a gap.
  pub number: u64,
  pub at: DateTime<Utc>,
  #[serde(flatten)]
  pub event: Event,
}

/// Past tense: what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
  Begun {
    plan_hash: String,
    actor: Actor,
    boot_id: String,
    runner_pid: u32,
  },
  /// Another runner took over an interrupted operation.
  Resumed {
    actor: Actor,
    boot_id: String,
    runner_pid: u32,
    how: Recovery,
  },
  /// Intent: durable before the step has any effect.
  StepStarted {
    index: usize,
  },
  /// Streamed output and progress; not made durable one by one.
  StepNote {
    index: usize,
    text: Shown,
  },
  /// Done: durable before the next intent.
  StepFinished {
    index: usize,
    produced: Produced,
    millis: u64,
  },
  StepFailed {
    index: usize,
    failure: Failure,
    millis: u64,
  },
  GateOpened {
    index: usize,
    gate: String,
    evidence: Vec<Shown>,
    until: DateTime<Utc>,
  },
  Answered {
    gate: String,
    yes: Answer,
    actor: Actor,
  },
  AbortAsked {
    actor: Actor,
  },
  Noted {
    actor: Actor,
    text: Shown,
  },
  RestoreStarted {
    why: Shown,
  },
  RestoreFinished {
    proven: Option<Slot>,
    ledger: Option<ProbeLedger>,
  },
  RestoreFailed {
    failure: Failure,
  },
  Ended {
    verdict: Verdict,
  },
}

impl Event {
  /// The index of the plan's step that it is about.
  pub fn step(&self) -> Option<usize> {
    match self {
      Self::StepStarted { index }
      | Self::StepNote { index, .. }
      | Self::StepFinished { index, .. }
      | Self::StepFailed { index, .. }
      | Self::GateOpened { index, .. } => Some(*index),
      Self::Begun { .. }
      | Self::Resumed { .. }
      | Self::Answered { .. }
      | Self::AbortAsked { .. }
      | Self::Noted { .. }
      | Self::RestoreStarted { .. }
      | Self::RestoreFinished { .. }
      | Self::RestoreFailed { .. }
      | Self::Ended { .. } => None,
    }
  }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
  Yes,
  No,
}

/// What another process does about an interrupted operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recovery {
  /// Go on from where the world stands.
  Resume,
  /// Put back what users had before, and prove it.
  Rollback,
}

/// What a step learned that later steps, recovery and history need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "produced", rename_all = "kebab-case")]
pub enum Produced {
  Nothing,
  Said {
    text: Shown,
  },
  BackedUp {
    backup: BackupRecord,
  },
  Pinned {
    pins: Pins,
  },
  Started {
    containers: Vec<Tested>,
  },
  Migrated {
    before: Option<String>,
    after: Option<String>,
  },
  Healthy {
    report: HealthReport,
  },
  Smoked {
    results: Vec<SmokeResult>,
  },
  SmokeSkipped {
    reason: Shown,
  },
  Evidence {
    evidence: Evidence,
  },
  Saved {
    saved: SavedFile,
    next: NextFile,
  },
  Written {
    hash: FileHash,
  },
  Reloaded {
    old_workers: Vec<u32>,
  },
  Proved {
    ledger: ProbeLedger,
  },
  Drained {
    millis: Option<u64>,
    still: usize,
  },
}

/// The managed file as it was, kept beside the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFile {
  pub hash: FileHash,
  /// The slot it named; `None` when its text is not what cutover would have written.
  pub slot: Option<Slot>,
  pub generation: Option<u64>,
  pub content: super::router::FileContent,
}

/// A backup that was read back in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRecord {
  pub file: String,
  pub sha256: String,
  pub bytes: u64,
  pub entries: u64,
  pub server: Shown,
  pub database: String,
  pub schema_head: Option<String>,
  pub live_version: Option<String>,
  pub at: DateTime<Utc>,
}

/// The first cause of a failure, as shown on the card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
  /// One sentence: what failed.
  pub what: Shown,
  /// The container at fault, with its state and exit code or OOM.
  #[serde(default, skip_serializing_if = "Option::is_none")]
  pub container: Option<Box<Container>>,
  /// The health check's or the command's own output.
  #[serde(default, skip_serializing_if = "Vec::is_empty")]
  pub output: Vec<Shown>,
  /// The last log lines of the container at fault.
  #[serde(default, skip_serializing_if = "Vec::is_empty")]
  pub log: Vec<Shown>,
  /// The full request and response of a failed check.
  #[serde(default, skip_serializing_if = "Option::is_none")]
  pub exchange: Option<Exchange>,
  /// The command that shows or repeats it by hand.
  #[serde(default, skip_serializing_if = "Vec::is_empty")]
  pub rerun: Vec<Shown>,
}

impl Failure {
  pub fn new(what: impl AsRef<str>) -> Self {
    Self {
      what: Shown::line(what.as_ref()),
      ..Self::default()
    }
  }

  #[must_use]
  pub fn rerun(mut self, command: impl AsRef<str>) -> Self {
    self.rerun.push(Shown::line(command.as_ref()));
    self
  }

  #[must_use]
  pub fn output(mut self, text: &str) -> Self {
    self.output.extend(Shown::lines(text));
    self
  }
}
