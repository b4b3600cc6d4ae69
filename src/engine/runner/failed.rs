//! After a step failed, was declined or aborted: users are put back where they were, the standby is
//! put away when the plan says so, and the team's hook is told.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::timeout;

use super::{PutAway, Runner, Stop};
use crate::{
  config::Hook,
  engine::{
    restore::{self, Former, Reload},
    step,
  },
  model::{
    event::{Event, Failure, Record, SavedFile},
    operation::Kind,
    plan::OnFailure,
    router::NextFile,
    shown::Shown,
  },
};

/// Everything after the last step has a limit too: an operation always ends.
const TAIL: Duration = Duration::from_secs(90);

impl Runner<'_> {
  /// When the managed file may have been changed and the new truth is not recorded: put it back.
  /// After the proof users are on the target, proven, so moving them back would be wrong.
  pub(super) async fn put_back(&mut self, stop: &Stop) {
    let state = &self.state;
    if !state.traffic_touched() || state.recorded() || state.proved() || self.is_live_record() {
      return;
    }
    let why = match stop {
      Stop::Failed(failure) => failure.what.clone(),
      Stop::Declined => Shown::line("declined"),
      Stop::Aborted => Shown::line("aborted by an operator"),
    };
    self.restore(why).await;
  }

  /// The live record on disk was written by this operation, whatever the journal says.
  pub(in crate::engine) fn is_live_record(&self) -> bool {
    self
      .world
      .ledger
      .live_record()
      .is_ok_and(|record| record.is_some_and(|record| record.operation == self.order.id))
  }

  /// Restores and proves the former state, and writes down how that went.
  async fn restore(&mut self, why: Shown) {
    let Some((saved, next)) = self.state.saved() else {
      return;
    };
    let (saved, next) = (saved.clone(), next.clone());
    let plan = &self.order.plan;
    if plan.kind == Kind::Up {
      return self.unroute(why, &saved, &next).await;
    }
    let reload = if plan.premise.live.is_none() {
      Reload::Never
    } else if self.state.reload_started() {
      Reload::Always
    } else {
      Reload::IfMoved
    };
    let slot = plan.from.or(saved.slot);
    self.write_anyway(&Event::RestoreStarted { why });
    let result = match slot {
      Some(slot) => {
        let former = Former {
          saved: &saved,
          next: &next,
          slot,
          reload,
        };
        restore::restore(self.world, &former).await
      }
      None => Err(Failure::new("it is not known which slot users were on")),
    };
    self.write_anyway(&match result {
      Ok(ledger) => Event::RestoreFinished {
        proven: slot,
        ledger: Some(ledger),
      },
      Err(failure) => Event::RestoreFailed { failure },
    });
  }

  async fn unroute(&mut self, why: Shown, saved: &SavedFile, next: &NextFile) {
    let proxy = if self.state.proxy_started() {
      restore::Proxy::Started
    } else if self.state.reload_started() {
      restore::Proxy::Loaded
    } else {
      restore::Proxy::Untouched
    };
    self.write_anyway(&Event::RestoreStarted { why });
    let result = restore::unroute(self.world, saved, next, proxy).await;
    self.write_anyway(&match result {
      Ok(()) => Event::RestoreFinished {
        proven: None,
        ledger: None,
      },
      Err(failure) => Event::RestoreFailed { failure },
    });
  }

  /// The standby is put away when the plan says so, and the team's hook is told.
  pub(super) async fn after_failure(&mut self, stop: &Stop) {
    let plan = &self.order.plan;
    if plan.on_failure == OnFailure::StopTarget
      && self.state.target_started()
      && !self.state.proved()
      && let Some(slot) = plan.target
    {
      let note = |_: &str| {};
      let context = step::Context {
        world: self.world,
        order: self.order,
        state: &self.state,
        note: &note,
        reloaded: None,
        deadline: TAIL,
      };
      let stopped = timeout(TAIL, step::stop_target(&context, slot)).await;
      self.target = match stopped {
        Ok(Ok(_)) => PutAway::Stopped,
        Ok(Err(failure)) => PutAway::NotStopped(failure.what),
        Err(_) => PutAway::NotStopped(Shown::line("it took too long")),
      };
    }
    if matches!(stop, Stop::Failed(_))
      && let Some(command) = self.world.site.hooks.get(&Hook::OnFailure)
    {
      let environment =
        BTreeMap::from([("CUTOVER_OPERATION".to_owned(), self.order.id.0.to_string())]);
      let ran = timeout(
        TAIL,
        self
          .world
          .commands
          .run(command, &environment, Duration::from_mins(1), &|_: &str| {}),
      )
      .await;
      if let Ok(Err(error)) = ran {
        tracing::warn!(%error, "the on_failure hook could not be run");
      }
    }
  }

  /// What happened counts for the verdict even when the journal's disk is full.
  fn write_anyway(&mut self, event: &Event) {
    if self.write(event).is_err() {
      self.state.apply(&Record {
        number: 0,
        at: self.world.clock.now(),
        event: event.clone(),
      });
    }
  }
}
