//! Which actions are possible now, and why not: the same pure planning that would refuse them.
//!
//! Footer, palette, menu and the dispatcher read this one answer, so that no key looks alive and
//! does nothing.

use std::{collections::HashMap, time::Duration};

use super::operation::Watched;
use crate::{
  config::Site,
  engine::{
    Intent,
    intent::{Deploy, Force, Rollback, WhenReady},
    plan::{self, Preview},
  },
  model::{
    Slot, VersionName,
    observation::Observation,
    operation::Kind,
    plan::Refusal,
    traffic::{Live, Warmth},
  },
  tui::action::{Action, Effect, TABLE},
};

/// Whether an action may be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
  Possible,
  /// It was possible so long ago; what is known should have been renewed since.
  Unsure(Duration),
  Not(&'a str),
}

/// For each action that changes the site: possible, or the first reason why not.
#[derive(Debug, Default)]
pub struct Able(HashMap<Action, String>);

/// What an action asks the engine for, where that is known without asking the operator anything.
pub fn intent(action: Action, live: &Live) -> Option<Intent> {
  let standby = standby(live);
  match action {
    Action::Rollback => Some(Intent::Rollback(Rollback {
      version: None,
      reason: None,
      force: Force::No,
      undoes: None,
    })),
    Action::Switch => Some(Intent::Switch {
      to: disputed_target(live).or(standby)?,
      reason: None,
    }),
    Action::Smoke => Some(Intent::Smoke { slot: standby? }),
    Action::Complete => Some(Intent::Stop {
      slot: standby?,
      service: None,
      force: Force::No,
    }),
    Action::Backup => Some(Intent::Backup),
    _ => None,
  }
}

fn standby(live: &Live) -> Option<Slot> {
  live.slot().map(Slot::other)
}

/// Where witnesses disagree, switching to the slot that really answers settles it and moves nobody.
fn disputed_target(live: &Live) -> Option<Slot> {
  match live {
    Live::Disputed { proven } => *proven,
    Live::Proven { .. } | Live::Claimed { .. } | Live::Unknown => None,
  }
}

impl Able {
  pub fn why_not(&self, action: Action) -> Option<&str> {
    self.0.get(&action).map(String::as_str)
  }

  /// Nothing is known yet, or this console only watches.
  pub fn nothing(why: &str) -> Self {
    Self(
      TABLE
        .iter()
        .filter(|row| row.effect == Effect::Changes)
        .map(|row| (row.action, why.to_owned()))
        .collect(),
    )
  }

  pub fn weigh(site: &Site, seen: &Observation, live: &Live, operation: Option<&Watched>) -> Self {
    let mut why = HashMap::new();
    for row in TABLE.iter().filter(|row| row.effect == Effect::Changes) {
      if let Err(reason) = possible(row.action, site, seen, live, operation) {
        why.insert(row.action, reason);
      }
    }
    Self(why)
  }
}

fn possible(
  action: Action,
  site: &Site,
  seen: &Observation,
  live: &Live,
  operation: Option<&Watched>,
) -> Result<(), String> {
  let gate = operation.and_then(Watched::gate);
  let running = operation.is_some_and(Watched::is_running);
  let interrupted = operation.is_some_and(|watched| watched.interrupted);
  let when = |yes: bool, why: &str| if yes { Ok(()) } else { Err(why.to_owned()) };
  match action {
    Action::Switch if gate.is_some() => Ok(()),
    Action::Switch if standby(live).is_none() && disputed_target(live).is_none() => {
      Err("it is not certain who is live".to_owned())
    }
    Action::Rollback if interrupted => Ok(()),
    // It may be pushed aside; the plan says whether and how.
    Action::Rollback
      if operation.is_some_and(|it| {
        it.is_running() && matches!(it.order.plan.kind, Kind::Deploy | Kind::Switch)
      }) =>
    {
      when(
        seen.readiness.target.is_some(),
        "there is nothing to go back to",
      )
    }
    Action::Rollback if seen.readiness.warmth == Warmth::None => Err(first(
      seen.readiness.why_not.iter().map(ToString::to_string),
      "there is nothing to go back to",
    )),
    Action::Weight => Err("this proxy moves all users at once; use S".to_owned()),
    Action::Abort => when(running, "no operation is running"),
    Action::Decline => when(gate.is_some(), "no operation waits for an answer"),
    Action::Resume | Action::Takeover => when(interrupted, "no operation was interrupted"),
    Action::Shell => when(
      Slot::BOTH
        .iter()
        .any(|slot| seen.slots[*slot].any_running()),
      "no container is running",
    ),
    Action::Restore | Action::Backup if site.database.is_none() => {
      Err("no database is configured".to_owned())
    }
    // The watch is ended, nothing is stopped.
    Action::Complete
      if seen
        .moved
        .as_ref()
        .is_some_and(|moved| moved.left(&site.watch, seen.at).is_some()) =>
    {
      Ok(())
    }
    Action::Complete | Action::Smoke
      if standby(live).is_some_and(|slot| !seen.slots[slot].any_running()) =>
    {
      Err("the standby is not running".to_owned())
    }
    Action::Deploy => asked(site, seen, &placeholder()),
    Action::Lifecycle | Action::Restore => free(site, seen),
    _ => intent(action, live).map_or_else(
      || Err("it is not certain who is live".to_owned()),
      |intent| asked(site, seen, &intent),
    ),
  }
}

fn free(site: &Site, seen: &Observation) -> Result<(), String> {
  plan::must_be_free(site, seen).map_err(|refusal| words(&refusal))
}

fn words(refusal: &Refusal) -> String {
  first(
    refusal.faults.iter().map(|fault| fault.what.to_string()),
    "it is refused",
  )
}

/// Every part that a plan is made from was seen. In a console's first moments some were not.
pub fn is_whole(seen: &Observation) -> bool {
  seen.router.value().is_some()
    && seen.runtime.value().is_some()
    && Slot::BOTH.into_iter().all(|slot| {
      let state = &seen.slots[slot];
      state.containers.value().is_some() && (!state.any_running() || state.health.value().is_some())
    })
}

/// The engine's own answer, from what is known without asking anybody. What is not known yet stands
/// in nobody's way: the plan looks again, and says so when it still is not.
fn asked(site: &Site, seen: &Observation, intent: &Intent) -> Result<(), String> {
  if seen.router.value().is_none() && plan::must_be_free(site, seen).is_ok() {
    return Ok(());
  }
  let mut preview = Preview::default();
  if let Some(target) = seen.readiness.target {
    preview.recorded.clone_from(&seen.slots[target].pins);
  }
  plan::make(site, seen, intent, &preview)
    .map(|_| ())
    .map_err(|refusal| words(&refusal))
}

/// Any version at all: which one is asked for later.
fn placeholder() -> Intent {
  Intent::Deploy(Deploy {
    slot: None,
    version: VersionName::placeholder(),
    source: None,
    ready: WhenReady::Ask,
    skip_smoke: None,
  })
}

fn first(mut reasons: impl Iterator<Item = String>, otherwise: &str) -> String {
  reasons.next().unwrap_or_else(|| otherwise.to_owned())
}
