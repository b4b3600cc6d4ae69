//! From an intent to a plan, or to a refusal that names every fault with its fix.
//!
//! `preview` asks the ports what the plan will show; everything after it is pure: the same site,
//! observation, intent and preview always give the same plan.

mod builder;
mod deploy;
mod fences;
mod housekeeping;
mod power;
mod preview;
mod rehearse;
mod rollback;
mod stale;
mod switch;
mod up;

use super::{Intent, world::World};
use crate::{
  config::Site,
  model::{
    observation::Observation,
    plan::{Plan, Refusal},
  },
};

pub use preview::Preview;
pub use stale::changed;

/// Plans `intent` against what was just observed. Changes nothing.
pub async fn plan(
  world: &World,
  observation: &Observation,
  intent: &Intent,
) -> Result<Plan, Refusal> {
  let preview = preview::gather(world, observation, intent).await;
  make(&world.site, observation, intent, &preview)
}

/// Whether anything may be planned at all: nobody else is at work, nothing is half done, Docker
/// answers.
pub fn must_be_free(site: &Site, observation: &Observation) -> Result<(), Refusal> {
  let preview = Preview::default();
  let case = fences::Case {
    site,
    observation,
    preview: &preview,
  };
  case.must_be_free()
}

/// The pure part of [`plan`].
pub fn make(
  site: &Site,
  observation: &Observation,
  intent: &Intent,
  preview: &Preview,
) -> Result<Plan, Refusal> {
  let case = fences::Case {
    site,
    observation,
    preview,
  };
  case.must_be_free()?;
  match intent {
    Intent::Up { slot, version } => up::plan(&case, *slot, version),
    Intent::Deploy(deploy) => deploy::plan(&case, deploy),
    Intent::Switch { to, reason } => switch::plan(&case, *to, reason.as_deref()),
    Intent::Rehearse => rehearse::plan(&case),
    Intent::Rollback(rollback) => rollback::plan(&case, rollback),
    Intent::Smoke { slot } => housekeeping::smoke(&case, *slot),
    Intent::Start { slot, service } => power::start(&case, *slot, service.as_deref()),
    Intent::Stop {
      slot,
      service,
      force,
    } => power::stop(&case, *slot, service.as_deref(), *force),
    Intent::Restart {
      slot,
      service,
      force,
    } => power::restart(&case, *slot, service.as_deref(), *force),
    Intent::Migrate { slot } => housekeeping::migrate(&case, *slot),
    Intent::Backup => housekeeping::backup(&case),
    Intent::Restore { file, swap } => housekeeping::restore(&case, file, *swap),
  }
}
