//! Unknown is a value: what could not be observed says why and since when, and is never "ok".

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A fact with the time it was observed, or the reason why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "known", rename_all = "lowercase")]
pub enum Known<T> {
  Yes { value: T, at: DateTime<Utc> },
  No { why: String, since: DateTime<Utc> },
}

impl<T> Known<T> {
  pub fn yes(value: T, at: DateTime<Utc>) -> Self {
    Self::Yes { value, at }
  }

  pub fn no(why: impl Into<String>, since: DateTime<Utc>) -> Self {
    Self::No {
      why: why.into(),
      since,
    }
  }

  pub fn value(&self) -> Option<&T> {
    match self {
      Self::Yes { value, .. } => Some(value),
      Self::No { .. } => None,
    }
  }

  pub fn why_not(&self) -> Option<&str> {
    match self {
      Self::Yes { .. } => None,
      Self::No { why, .. } => Some(why),
    }
  }
}
