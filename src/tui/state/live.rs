//! What the console believes about now: who is live, and how old that may be.

use std::{sync::Arc, time::Duration};

use super::app::App;
use crate::{
  engine::{observer::pace, run_state::Users},
  model::{observation::Observation, traffic::Live},
  render::{Detail, Typing, status},
};

/// The observer makes unknown what was not renewed for three of its intervals. This is more than
/// three of the longest: only a backstop, `overdue` notices long before that it does not look.
const STALE: Duration = Duration::from_secs(200);

/// The lock was looked at again within this since its operation ended: one that is still held then is held
/// by a child of its runner.
const LOCK: Duration = pace::LOCK.saturating_mul(2);

impl App {
  /// From where facts are judged: the same freshness as `cutover status`.
  pub fn eyes(&self) -> status::View {
    status::View {
      now: self.now.wall,
      stale: STALE,
      detail: Detail::Normal,
      typing: Typing::with_config(&self.site.file),
    }
  }

  /// How old the picture is, when it should have been renewed since.
  pub fn overdue(&self) -> Option<Duration> {
    let seen = self.seen.as_ref()?;
    let age = pace::overdue(&self.site, seen.at, self.now.wall)?;
    age.to_std().ok()
  }

  /// Where users are by the word of the operation on the screen, as long as that is newer than the last
  /// answer through the proxy.
  pub fn told(&self) -> Users {
    let users = match &self.operation {
      Some(watched) if !watched.interrupted => watched.run.users,
      _ => Users::NotTold,
    };
    let proof = self.seen.as_ref().and_then(|seen| status::proof(seen));
    match (users, proof) {
      (Users::Moving { to }, Some(proof)) if proof.slot() == Some(to) => Users::NotTold,
      (Users::Proven { at, .. }, Some(proof)) if proof.at >= at => Users::NotTold,
      _ => users,
    }
  }

  /// A look without the lock of the operation on the screen, where that has ended since the lock was looked
  /// at.
  pub fn released(&self, mut seen: Arc<Observation>) -> Arc<Observation> {
    let ended = self.operation.as_ref().and_then(|watched| {
      let at = watched.run.verdict.as_ref().and(watched.run.ended)?;
      Some((watched.id(), at))
    });
    let holder = seen.lock.as_ref().map(|holder| holder.operation);
    if let Some((id, at)) = ended
      && holder == Some(id)
      && (seen.at - at).to_std().unwrap_or_default() < LOCK
    {
      Arc::make_mut(&mut seen).lock = None;
    }
    seen
  }

  /// The last look at the site, unless users were moved since.
  pub fn still_seen(&self) -> Option<&Arc<Observation>> {
    let seen = self.seen.as_ref()?;
    (self.told() == Users::NotTold).then_some(seen)
  }

  /// Who is live. A proof that should have been renewed proves nothing about now.
  pub fn live(&self) -> Live {
    if let Users::Proven { slot, at } = self.told() {
      return match pace::overdue(&self.site, at, self.now.wall) {
        Some(_) => Live::Claimed { slot },
        None => Live::Proven { slot },
      };
    }
    let Some(seen) = &self.seen else {
      return Live::Unknown;
    };
    match status::live(seen, &self.eyes()) {
      Live::Proven { slot } if self.overdue().is_some() => Live::Claimed { slot },
      live => live,
    }
  }
}
