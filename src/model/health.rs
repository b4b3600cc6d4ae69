//! Five levels of health, each with its own verdict; "not configured" and "unknown" are not "ok".

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Slot, evidence::Tested, shown::Shown};

/// From outside in: what must hold before users may be sent to a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
  /// 1: every container exists and runs.
  Container,
  /// 2: Docker's own health check passes.
  Docker,
  /// 3: the configured check of each service passes.
  Http,
  /// 4: the application reaches its database.
  Database,
  /// 5: the frontend serves HTML.
  Frontend,
}

impl Level {
  pub const ALL: [Self; 5] = [
    Self::Container,
    Self::Docker,
    Self::Http,
    Self::Database,
    Self::Frontend,
  ];

  pub fn number(self) -> u8 {
    self as u8 + 1
  }

  pub fn word(self) -> &'static str {
    match self {
      Self::Container => "container",
      Self::Docker => "docker",
      Self::Http => "http",
      Self::Database => "database",
      Self::Frontend => "frontend",
    }
  }
}

impl fmt::Display for Level {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "L{} {}", self.number(), self.word())
  }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pass {
  Ok,
  Failing,
  Unknown,
  /// The site's configuration has no such check; it can neither pass nor fail.
  Absent,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelReport {
  pub level: Level,
  pub pass: Pass,
  /// What was seen: `api 200 in 41 ms`, or the first reason for failing.
  pub detail: Shown,
  pub millis: Option<u64>,
}

/// One look at one slot's health. `pass()` is the only place where it becomes a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReport {
  pub slot: Slot,
  pub at: DateTime<Utc>,
  pub levels: Vec<LevelReport>,
  /// The containers this verdict is about, as they were: a restarted one is another.
  pub containers: Vec<Tested>,
}

impl HealthReport {
  /// Ok only when at least one level passed and none failed or is unknown.
  pub fn pass(&self) -> Pass {
    let mut seen = Pass::Absent;
    for report in &self.levels {
      match report.pass {
        Pass::Failing => return Pass::Failing,
        Pass::Unknown => seen = Pass::Unknown,
        Pass::Ok if seen == Pass::Absent => seen = Pass::Ok,
        Pass::Ok | Pass::Absent => {}
      }
    }
    if seen == Pass::Absent {
      Pass::Unknown
    } else {
      seen
    }
  }

  pub fn is_ok(&self) -> bool {
    self.pass() == Pass::Ok
  }

  /// The first level that is not ok, with its reason.
  pub fn first_fault(&self) -> Option<&LevelReport> {
    self
      .levels
      .iter()
      .find(|report| matches!(report.pass, Pass::Failing | Pass::Unknown))
  }

  /// `L1 ok, L2 ok, L3 failing: api answered 503 …`
  pub fn summary(&self) -> String {
    self.first_fault().map_or_else(
      || {
        let seen: Vec<String> = self
          .levels
          .iter()
          .filter(|report| report.pass == Pass::Ok)
          .map(|report| format!("L{}", report.level.number()))
          .collect();
        if seen.is_empty() {
          "nothing could be checked".to_owned()
        } else {
          format!("{} ok", seen.join(" "))
        }
      },
      |fault| {
        format!("{} {:?}: {}", fault.level, fault.pass, fault.detail)
          .replace("Failing", "failing")
          .replace("Unknown", "unknown")
      },
    )
  }
}
