//! What one instance of the sample application is: its role, slot, version and built-in fault.

use std::fmt;
use std::str::FromStr;

/// Which half of the sample application answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
  Api,
  Frontend,
}

impl FromStr for Role {
  type Err = String;

  fn from_str(text: &str) -> Result<Self, String> {
    match text {
      "api" => Ok(Self::Api),
      "frontend" => Ok(Self::Frontend),
      _ => Err(format!("`{text}` is no role: use api or frontend")),
    }
  }
}

impl fmt::Display for Role {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(match self {
      Self::Api => "api",
      Self::Frontend => "frontend",
    })
  }
}

/// A defect that a version carries from its build, as opposed to one asked for at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltIn {
  Sound,
  NeverHealthy,
  CrashesSoon,
  FailsSmoke,
  StartsSlowly,
  FailsMigration,
  ExhaustsMemory,
  /// Sound until users have used it for a while; then slow, and failing some of them.
  WearsOut,
}

impl FromStr for BuiltIn {
  type Err = String;

  fn from_str(text: &str) -> Result<Self, String> {
    Ok(match text {
      "" => Self::Sound,
      "unhealthy" => Self::NeverHealthy,
      "crash" => Self::CrashesSoon,
      "smoke" => Self::FailsSmoke,
      "slow" => Self::StartsSlowly,
      "migration" => Self::FailsMigration,
      "oom" => Self::ExhaustsMemory,
      "wears-out" => Self::WearsOut,
      _ => {
        return Err(format!(
          "`{text}` is no fault: use unhealthy, crash, smoke, slow, migration, oom or wears-out"
        ));
      }
    })
  }
}

/// Whether answers name the slot. Some teams' applications do not, and the switch must be proven another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotShown {
  Named,
  Hidden,
}

#[derive(Debug, Clone)]
pub struct Settings {
  pub role: Role,
  pub slot: String,
  pub version: String,
  pub built_in: BuiltIn,
  pub slot_shown: SlotShown,
  /// Shared by both slots, so that a login begun on one can be finished on the other.
  pub secret: String,
}
