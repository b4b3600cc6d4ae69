//! Who else has a console open on this site.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::actor::Actor;

/// What a console may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
  /// May start operations and answer gates.
  Operator,
  /// Only looks.
  Observer,
}

/// One console that is open now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watcher {
  pub actor: Actor,
  pub presence: Presence,
  pub since: DateTime<Utc>,
}
