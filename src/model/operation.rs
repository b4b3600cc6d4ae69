//! An operation's identity and its one verdict.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Slot, shown::Shown};

/// A small number that can be said on a call: `#128`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OperationId(pub u32);

impl fmt::Display for OperationId {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "#{}", self.0)
  }
}

impl FromStr for OperationId {
  type Err = String;

  fn from_str(text: &str) -> Result<Self, Self::Err> {
    text
      .strip_prefix('#')
      .unwrap_or(text)
      .parse()
      .map(Self)
      .map_err(|_| {
        format!(
          "'{}' is not an operation number: write 128 or '#128' (see cutover history)",
          Shown::line(text)
        )
      })
  }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
  Up,
  Deploy,
  Smoke,
  Switch,
  Rehearse,
  Rollback,
  Start,
  Stop,
  Restart,
  Migrate,
  Backup,
  Restore,
}

impl Kind {
  pub fn word(self) -> &'static str {
    match self {
      Self::Up => "up",
      Self::Deploy => "deploy",
      Self::Smoke => "smoke",
      Self::Switch => "switch",
      Self::Rehearse => "rehearse",
      Self::Rollback => "rollback",
      Self::Start => "start",
      Self::Stop => "stop",
      Self::Restart => "restart",
      Self::Migrate => "migrate",
      Self::Backup => "backup",
      Self::Restore => "restore",
    }
  }
}

impl fmt::Display for Kind {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(self.word())
  }
}

/// How an operation or a command ended. The exit code is decided here and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
  /// 0: what was asked is true now.
  Done,
  /// 1: it failed; users were never moved.
  Failed,
  /// 2: the command line or configuration cannot be understood, or a question has nobody to answer it.
  Usage,
  /// 3: refused before anything changed.
  Refused,
  /// 4: it failed after users could have moved, and the former state was restored and proved.
  Reverted,
  /// 5: traffic or state is not what anyone recorded; a person must decide.
  NeedsHuman,
  /// 6: somebody else's operation holds the lock.
  Locked,
  /// 7: declined or aborted by an operator.
  Cancelled,
  /// 8: the configuration has faults.
  Misconfigured,
  /// 9: the caller stopped waiting; the operation runs on.
  StillRunning,
}

impl Outcome {
  pub fn exit_code(self) -> u8 {
    match self {
      Self::Done => 0,
      Self::Failed => 1,
      Self::Usage => 2,
      Self::Refused => 3,
      Self::Reverted => 4,
      Self::NeedsHuman => 5,
      Self::Locked => 6,
      Self::Cancelled => 7,
      Self::Misconfigured => 8,
      Self::StillRunning => 9,
    }
  }

  pub fn word(self) -> &'static str {
    match self {
      Self::Done => "done",
      Self::Failed => "failed",
      Self::Usage => "usage",
      Self::Refused => "refused",
      Self::Reverted => "reverted",
      Self::NeedsHuman => "needs a human",
      Self::Locked => "locked",
      Self::Cancelled => "cancelled",
      Self::Misconfigured => "misconfigured",
      Self::StillRunning => "still running",
    }
  }
}

impl fmt::Display for Outcome {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(self.word())
  }
}

/// The one sentence an operation ends with: what happened, where traffic is, what to type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
  pub outcome: Outcome,
  pub summary: Shown,
  /// The slot that was proved to serve users, or `None` when that is not known.
  pub live: Option<Slot>,
  /// What to type next.
  pub next: Vec<Shown>,
}
