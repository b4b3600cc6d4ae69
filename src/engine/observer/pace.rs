//! How often each part is looked at. What costs the daemon or starts a process is looked at when
//! something says that it changed; its interval is only a net below that.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
  config::{ProofBy, Site, Via},
  model::Slot,
};

/// Containers and the engine's version; changes are told by the engine's event stream.
pub const CONTAINERS: Duration = Duration::from_secs(30);
/// Containers that could not be listed.
pub const UNKNOWN: Duration = Duration::from_secs(5);
pub const RUNTIME: Duration = Duration::from_mins(1);
/// The proxy's own test and its processes: several commands inside it.
pub const ROUTER: Duration = Duration::from_mins(1);
/// One request through the proxy.
pub const PROOF: Duration = Duration::from_secs(3);
/// A proof that reads logs or runs commands in the proxy.
pub const DEAR_PROOF: Duration = Duration::from_secs(30);
/// Health checks that are requests from this host.
pub const HEALTH: Duration = Duration::from_secs(10);
/// Health checks of a slot of which any runs a command, in a container or here.
pub const DEAR_HEALTH: Duration = Duration::from_secs(30);
/// Lock, operations, journals and state files: a few `stat` calls. That an operation began or ended
/// is told at once where the kernel tells it (`Ledger::changed`).
pub const LEDGER: Duration = Duration::from_secs(1);
/// A lock that is held is asked for this often: its holder's death changes no file.
pub const LOCK: Duration = Duration::from_secs(1);
/// Changes come in bursts (created, started): one look answers those of this span.
pub const SETTLE: Duration = Duration::from_millis(50);
/// A contradiction between looks of different ages is looked at again before it is told; at most this
/// long, and longer while an operation runs, which may be moving users.
pub const DOUBT: Duration = Duration::from_secs(3);
pub const DOUBT_OPERATION: Duration = Duration::from_secs(6);
/// Between two tries to reach an engine that went away, doubled up to the most.
pub const FIRST_RETRY: Duration = Duration::from_secs(1);
pub const MOST_RETRY: Duration = Duration::from_secs(30);
/// The longest that names and states may hold back the first observation.
pub const FIRST: Duration = Duration::from_millis(250);
/// A look that takes longer is given up and says so.
pub const LOOK: Duration = Duration::from_mins(1);

/// What was not renewed for three intervals is unknown (I17). A look may also take its time.
pub fn most_age(every: Duration) -> TimeDelta {
  TimeDelta::from_std(every * 3).unwrap_or(TimeDelta::MAX)
}

/// The whole picture is renewed with every look through the proxy. When it was not, for three of
/// those looks, whoever should look does not: its age.
pub fn overdue(site: &Site, seen: DateTime<Utc>, now: DateTime<Utc>) -> Option<TimeDelta> {
  let age = now - seen;
  (age > most_age(proof(site))).then_some(age)
}

pub fn proof(site: &Site) -> Duration {
  match site.proof.by {
    ProofBy::Log | ProofBy::Effective => DEAR_PROOF,
    ProofBy::Marker | ProofBy::Field { .. } | ProofBy::Header { .. } | ProofBy::Body { .. } => {
      PROOF
    }
  }
}

pub fn health(site: &Site, slot: Slot) -> Duration {
  let dear = site
    .services
    .iter()
    .filter_map(|service| service.check[slot].as_ref())
    .any(|check| matches!(check.via, Via::Exec | Via::Command));
  if dear { DEAR_HEALTH } else { HEALTH }
}
