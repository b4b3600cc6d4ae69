//! The watch after a switch: what is watched, within which limits, and what is to be thought of
//! it. Pure: the same requests, limits and instant always give the same verdict, whoever asks.
//!
//! `judge` is the judgement; `before` keeps what the former slot did until the switch.

mod before;
mod judge;
#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

pub use self::{
  before::Before,
  judge::{Breach, Measure, Verdict, judge, lately},
};
use super::{
  Slot,
  actor::Actor,
  operation::{Kind, OperationId},
  requests::Request,
};

/// The last operation that moved users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
  pub operation: OperationId,
  pub kind: Kind,
  pub by: Actor,
  pub from: Slot,
  pub to: Slot,
  pub at: DateTime<Utc>,
  /// Somebody ended the watch: the new slot is kept.
  pub ended: Option<Ended>,
}

/// The operator's word that the watch after one operation is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
  pub operation: OperationId,
  pub by: Actor,
  pub at: DateTime<Utc>,
}

impl Moved {
  /// What is left of the watch; `None` when it is over or was ended.
  pub fn left(&self, limits: &Limits, now: DateTime<Utc>) -> Option<Duration> {
    if self.ended.is_some() {
      return None;
    }
    let end = self.at + TimeDelta::from_std(limits.window).ok()?;
    (end - now).to_std().ok().filter(|left| !left.is_zero())
  }

  /// Whether going back would undo it. Of a rollback nothing goes back by itself: that would be
  /// the version it was rolled back from.
  pub fn can_be_undone(&self) -> bool {
    matches!(self.kind, Kind::Deploy | Kind::Switch)
  }

  /// Whose answer a request was, when its line does not say so.
  pub fn served(&self, at: DateTime<Utc>) -> Slot {
    if at >= self.at { self.to } else { self.from }
  }
}

/// Whose answer a request was: as its line says, else as the last switch or the live slot has it.
pub fn served(request: &Request, moved: Option<&Moved>, live: Option<Slot>) -> Option<Slot> {
  request
    .slot
    .or_else(|| moved.map(|moved| moved.served(request.at)))
    .or(live)
}

/// What must hold after a switch, and for how long it is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
  pub window: Duration,
  /// A limit counts as broken when it was exceeded for so long without a pause.
  pub sustained: Duration,
  /// The most requests that may be answered with 500 or more; at 100 % there is no limit.
  pub error_rate: Share,
  pub p95: Option<Duration>,
  /// Fewer requests than these are no judgement.
  pub minimum_requests: u64,
  pub rollback: Rollback,
}

/// What the runbooks of the field have in common.
impl Default for Limits {
  fn default() -> Self {
    Self {
      window: Duration::from_mins(15),
      sustained: Duration::from_secs(30),
      error_rate: Share(500),
      p95: None,
      minimum_requests: 50,
      rollback: Rollback::Ask,
    }
  }
}

/// What a broken limit leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollback {
  /// It is said, loudly, and a person decides.
  Ask,
  /// A rollback begins by itself.
  Auto,
  /// Also not when a command asks for it.
  Never,
}

/// A part of a whole in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u16);

impl Share {
  pub const ALL: Self = Self(10_000);

  /// `5%`, `0.5 %`.
  pub fn parse(text: &str) -> Option<Self> {
    let number = text.trim().strip_suffix('%')?.trim_end();
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 {
      return None;
    }
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 100)?;
    let part: u16 = format!("{part:0<2}").parse().ok()?;
    Some(Self(whole * 100 + part)).filter(|share| *share <= Self::ALL)
  }

  pub fn of(part: u64, whole: u64) -> Option<Self> {
    let share = part.checked_mul(10_000)?.checked_div(whole)?;
    u16::try_from(share).ok().map(Self)
  }

  /// More than this share of `whole` is `part`.
  pub fn is_exceeded_by(self, part: u64, whole: u64) -> bool {
    part.saturating_mul(10_000) > whole.saturating_mul(u64::from(self.0))
  }
}

impl fmt::Display for Share {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (self.0 / 100, self.0 % 100) {
      (whole, 0) => write!(f, "{whole} %"),
      (whole, part) if part % 10 == 0 => write!(f, "{whole}.{} %", part / 10),
      (whole, part) => write!(f, "{whole}.{part:02} %"),
    }
  }
}
