//! Who is live, and who says so. Witnesses may disagree; that is a fact to show, not to resolve.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Slot, shown::Shown};

/// Strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WitnessKind {
  /// An answer through the proxy's own listener.
  Proof,
  /// The file the proxy includes.
  ManagedFile,
  /// The team's own state file.
  StateFile,
  /// The only slot that has running containers.
  Containers,
}

impl fmt::Display for WitnessKind {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(match self {
      Self::Proof => "proof",
      Self::ManagedFile => "managed file",
      Self::StateFile => "state file",
      Self::Containers => "containers",
    })
  }
}

/// What one witness says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "lowercase")]
pub enum Testimony {
  Slot {
    slot: Slot,
  },
  /// Users reach both slots: it contradicts itself.
  Both,
  /// Has nothing to say: no state file configured, or both slots run.
  Silent,
  Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
  pub kind: WitnessKind,
  #[serde(flatten)]
  pub testimony: Testimony,
  /// Where it was read: `X-Slot: green, 3 of 3 through http://…`, `nginx/upstream-active.conf`.
  pub detail: Shown,
  pub at: DateTime<Utc>,
}

impl Witness {
  pub fn slot(&self) -> Option<Slot> {
    match self.testimony {
      Testimony::Slot { slot } => Some(slot),
      Testimony::Both | Testimony::Silent | Testimony::Unknown => None,
    }
  }

  /// `proof says BLUE`, for the words of a dispute; `None` when it names nobody.
  pub fn claim(&self) -> Option<String> {
    match self.testimony {
      Testimony::Slot { slot } => Some(format!("{} says {}", self.kind, slot.shout())),
      Testimony::Both => Some(format!("{} says both", self.kind)),
      Testimony::Silent | Testimony::Unknown => None,
    }
  }
}

/// The answer to "who is live".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Live {
  /// Answered through the proxy, and nobody contradicts.
  Proven {
    slot: Slot,
  },
  /// Nobody contradicts, but no answer came through the proxy.
  Claimed {
    slot: Slot,
  },
  /// Witnesses contradict each other. `proven` is what the proxy answers, when it answers.
  Disputed {
    proven: Option<Slot>,
  },
  Unknown,
}

impl Live {
  /// Weighs the witnesses. Running containers only count when nothing better speaks.
  pub fn weigh(witnesses: &[Witness]) -> Self {
    if witnesses
      .iter()
      .any(|witness| witness.testimony == Testimony::Both)
    {
      return Self::Disputed { proven: None };
    }
    let said = |kind| {
      witnesses
        .iter()
        .find(|w| w.kind == kind)
        .and_then(Witness::slot)
    };
    let proof = said(WitnessKind::Proof);
    let strong: Vec<Slot> = [
      proof,
      said(WitnessKind::ManagedFile),
      said(WitnessKind::StateFile),
    ]
    .into_iter()
    .flatten()
    .collect();
    match strong.first() {
      Some(&first) if strong.iter().any(|&slot| slot != first) => Self::Disputed { proven: proof },
      Some(&slot) if proof.is_some() => Self::Proven { slot },
      Some(&slot) => Self::Claimed { slot },
      None => said(WitnessKind::Containers).map_or(Self::Unknown, |slot| Self::Claimed { slot }),
    }
  }

  /// The slot operations may treat as live: proven or uncontradicted.
  pub fn slot(&self) -> Option<Slot> {
    match self {
      Self::Proven { slot } | Self::Claimed { slot } => Some(*slot),
      Self::Disputed { .. } | Self::Unknown => None,
    }
  }
}

/// How quickly users can be sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Warmth {
  /// Running and healthy.
  Hot,
  /// Stopped, its containers still there.
  Warm,
  /// Its containers are gone; it must be created from its pinned image.
  Cold,
  /// There is nothing to go back to.
  None,
}

impl fmt::Display for Warmth {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(match self {
      Self::Hot => "HOT",
      Self::Warm => "WARM",
      Self::Cold => "COLD",
      Self::None => "NONE",
    })
  }
}

/// Whether and how fast a rollback is possible now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
  pub warmth: Warmth,
  pub target: Option<Slot>,
  /// Measured on this site's own operations when there are any; else the design's figures.
  pub expected_seconds: Option<u64>,
  pub why_not: Vec<Shown>,
}
