//! Unknown is a value: what could not be observed says why and since when, and is never "ok".

use chrono::{DateTime, TimeDelta, Utc};
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

  /// When it was observed, or since when it is unknown.
  pub fn as_of(&self) -> DateTime<Utc> {
    match self {
      Self::Yes { at, .. } => *at,
      Self::No { since, .. } => *since,
    }
  }

  /// What was observed longer than `most` before `now` is no longer known.
  pub fn expire(&mut self, now: DateTime<Utc>, most: TimeDelta) -> Expiry {
    match self {
      Self::Yes { at, .. } if now - *at > most => {
        let since = *at;
        *self = Self::no(
          format!("not seen for {} s", (now - since).num_seconds()),
          since,
        );
        Expiry::Expired
      }
      Self::Yes { .. } | Self::No { .. } => Expiry::Unchanged,
    }
  }

  /// Takes the place of `before`: what stays unknown is unknown since then.
  #[must_use]
  pub fn after(self, before: &Self) -> Self {
    match (self, before) {
      (Self::No { why, .. }, Self::No { since, .. }) => Self::no(why, *since),
      (fresh, _) => fresh,
    }
  }

  pub fn why_not(&self) -> Option<&str> {
    match self {
      Self::Yes { .. } => None,
      Self::No { why, .. } => Some(why),
    }
  }
}

/// Whether `Known::expire` took something away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
  Expired,
  Unchanged,
}

#[cfg(test)]
mod tests {
  use super::*;

  fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
  }

  #[test]
  fn what_is_too_old_is_unknown_since_it_was_seen() {
    let mut fact = Known::yes("healthy", at(100));
    let most = TimeDelta::seconds(30);
    assert_eq!(fact.expire(at(130), most), Expiry::Unchanged);
    assert_eq!(fact.expire(at(131), most), Expiry::Expired);
    assert_eq!(fact, Known::no("not seen for 31 s", at(100)));
    assert_eq!(fact.expire(at(999), most), Expiry::Unchanged);
  }

  #[test]
  fn what_stays_unknown_keeps_since_when() {
    let before: Known<()> = Known::no("gone", at(1));
    assert_eq!(
      Known::no("still gone", at(9)).after(&before),
      Known::no("still gone", at(1))
    );
    assert_eq!(Known::yes((), at(9)).after(&before), Known::yes((), at(9)));
  }
}
