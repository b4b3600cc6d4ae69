//! One file per step. A step does one thing and says what it produced, or the first cause why not.
//!
//! A step may be run twice with the same result: the runner repeats it when a former runner died
//! between its intent and its "done".

mod backup;
mod check_target;
mod drain;
mod evidence;
mod hook;
mod migrate;
mod preflight;
mod prepare;
mod prove;
mod record;
mod reload;
mod restore_database;
mod save;
mod smoke;
mod source;
mod start;
mod start_shared;
mod stop;
mod test_router;
mod wait_healthy;
mod write;

use tokio::time::Instant;

use super::{
  guard,
  run_state::RunState,
  world::{StepResult, World},
};
use crate::model::{
  Slot,
  event::{Failure, Produced},
  operation::{Kind, OperationId},
  plan::{Order, Plan, Step},
};

/// What a step may look at.
pub struct Context<'a> {
  pub world: &'a World,
  pub order: &'a Order,
  pub state: &'a RunState,
  /// Writes a progress line into the journal.
  pub note: &'a (dyn Fn(&str) + Send + Sync),
  /// When the proxy was told to reload in this run, for the ledger's clock.
  pub reloaded: Option<Instant>,
  pub deadline: std::time::Duration,
}

impl Context<'_> {
  pub fn id(&self) -> OperationId {
    self.order.id
  }

  pub fn plan(&self) -> &Plan {
    &self.order.plan
  }

  /// `slot` is about to be changed, and nobody may be on it; before a first set-up ends, nobody
  /// is anywhere.
  async fn must_not_be_live(&self, slot: Slot) -> Result<(), Failure> {
    if self.plan().kind == Kind::Up {
      return guard::must_serve_nobody(self.world, slot, self.state).await;
    }
    guard::must_be_standby(self.world, slot).await
  }
}

/// Runs one step. Gates are the runner's own business, because answers come to it.
pub async fn run(context: &Context<'_>, step: &Step) -> StepResult {
  match step {
    Step::Preflight => preflight::run(context).await,
    Step::Hook { name } => hook::run(context, name).await,
    Step::StartShared { slot } => start_shared::behind(context, *slot).await,
    Step::StartProxy { slot } => start_shared::proxy(context, *slot).await,
    Step::Backup => backup::run(context).await,
    Step::UpdateSource { version } => source::run(context, version).await,
    Step::Prepare {
      slot,
      version,
      source,
    } => prepare::run(context, *slot, version, *source).await,
    Step::Start { slot, version } => start::create(context, *slot, version).await,
    Step::Wake { slot, service } => start::wake(context, *slot, service.as_deref()).await,
    Step::Migrate { slot } => migrate::run(context, *slot).await,
    Step::WaitHealthy { slot, service } => {
      wait_healthy::run(context, *slot, service.as_deref()).await
    }
    Step::Smoke { slot } => smoke::run(context, *slot).await,
    Step::SkipSmoke { reason, .. } => Ok(Produced::SmokeSkipped {
      reason: reason.clone(),
    }),
    Step::Evidence { slot } => evidence::run(context, *slot).await,
    Step::Gate { .. } => Err(Failure::new("a gate is answered, not run")),
    Step::CheckTarget { slot, forced } => check_target::run(context, *slot, forced.as_ref()).await,
    Step::Save { slot } => save::run(context, *slot).await,
    Step::Write { slot } => write::run(context, *slot).await,
    Step::Test { .. } => test_router::run(context).await,
    Step::Reload { .. } => reload::run(context).await,
    Step::Prove { slot } => prove::run(context, *slot).await,
    Step::Record { slot } => record::run(context, *slot).await,
    Step::Drain { .. } => drain::run(context).await,
    Step::Stop { slot, service } => stop::run(context, *slot, service.as_deref()).await,
    Step::RestoreInto { file, database } => restore_database::load(context, file, database).await,
    Step::SwapDatabases { database } => restore_database::swap(context, database).await,
  }
}

/// Puts a failed standby away, outside any planned step.
pub async fn stop_target(context: &Context<'_>, slot: Slot) -> StepResult {
  stop::put_away(context, slot).await
}

/// Whether an abort may drop the step in the middle: it only waits or looks.
pub fn may_be_dropped(step: &Step) -> bool {
  matches!(
    step,
    Step::Preflight | Step::WaitHealthy { .. } | Step::Drain { .. } | Step::CheckTarget { .. }
  )
}
