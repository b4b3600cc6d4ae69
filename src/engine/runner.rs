//! Interprets a plan: one step after the other, intent before and done after each, gates, abort,
//! restore; and exactly one verdict at the end, whatever happened.

mod verdict;

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{
  ports::{Inbox, Journal, Message},
  restore::{self, Former, Reload},
  run_state::RunState,
  step,
  world::{StepResult, World},
};
use crate::{
  config::Hook,
  model::{
    event::{Answer, Event, Failure, Produced, Record, SavedFile},
    operation::{Kind, Verdict},
    plan::{Gate, OnFailure, Order, Step},
    router::NextFile,
    shown::Shown,
  },
};

/// Why the steps did not all run.
#[derive(Debug)]
pub(super) enum Stop {
  Failed(Failure),
  Declined,
  Aborted,
}

pub struct Runner<'a> {
  pub(super) world: &'a World,
  pub(super) order: &'a Order,
  journal: &'a dyn Journal,
  inbox: &'a mut dyn Inbox,
  pub(super) state: RunState,
  reloaded: Option<Instant>,
  /// What became of the started standby when this did not end well.
  target: PutAway,
}

/// What was done with a failed standby.
#[derive(Debug, PartialEq, Eq)]
enum PutAway {
  Kept,
  Stopped,
  NotStopped(Shown),
}

/// Everything after the last step has a limit too: an operation always ends.
const TAIL: Duration = Duration::from_secs(90);

impl<'a> Runner<'a> {
  /// `records` is what an earlier runner wrote; empty for a new operation.
  pub fn new(
    world: &'a World,
    order: &'a Order,
    journal: &'a dyn Journal,
    inbox: &'a mut dyn Inbox,
    records: &[Record],
  ) -> Self {
    Self {
      world,
      order,
      journal,
      inbox,
      state: RunState::replay(&order.plan, records),
      reloaded: None,
      target: PutAway::Kept,
    }
  }

  /// Runs the whole plan. `begun` is the first record.
  pub async fn run(mut self, begun: Event) -> Verdict {
    let stop = match self.write(&begun) {
      Ok(()) => self.steps().await.err(),
      Err(failure) => Some(Stop::Failed(failure)),
    };
    self.finish(stop).await
  }

  /// Ends the operation: restores when users may have been moved halfway, then says one verdict.
  pub(super) async fn finish(&mut self, stop: Option<Stop>) -> Verdict {
    if let Some(stop) = &stop {
      self.put_back(stop).await;
      self.after_failure(stop).await;
    }
    let verdict = verdict::compose(self, stop.as_ref()).await;
    if self.state.verdict.is_none()
      && let Err(failure) = self.write(&Event::Ended {
        verdict: verdict.clone(),
      })
    {
      tracing::error!(what = %failure.what, "the end could not be written to the journal");
    }
    verdict
  }

  /// Runs every step that is not done yet.
  pub(super) async fn steps(&mut self) -> Result<(), Stop> {
    while let Some(index) = self.state.next_step() {
      if self.state.abort.is_some() {
        return Err(Stop::Aborted);
      }
      let order = self.order;
      let Some(planned) = order.plan.steps.get(index) else {
        break;
      };
      self
        .write(&Event::StepStarted { index })
        .map_err(Stop::Failed)?;
      let began = Instant::now();
      let result = match &planned.step {
        Step::Gate { gate } => self.ask(index, gate, planned.deadline).await,
        step => self.perform(index, step, planned.deadline).await,
      };
      let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
      match result {
        Ok(produced) => {
          self
            .write(&Event::StepFinished {
              index,
              produced,
              millis,
            })
            .map_err(Stop::Failed)?;
        }
        Err(Stop::Failed(failure)) => {
          let written = self.write(&Event::StepFailed {
            index,
            failure: failure.clone(),
            millis,
          });
          drop(written);
          return Err(Stop::Failed(failure));
        }
        Err(stop) => return Err(stop),
      }
    }
    Ok(())
  }

  async fn perform(
    &mut self,
    index: usize,
    step: &Step,
    deadline: Duration,
  ) -> Result<Produced, Stop> {
    if matches!(step, Step::Reload { .. }) {
      self.reloaded = Some(Instant::now());
    }
    let journal = self.journal;
    let note = |text: &str| {
      let event = Event::StepNote {
        index,
        text: Shown::line(text),
      };
      if let Err(error) = journal.write(&event) {
        tracing::warn!(%error, "a note could not be written to the journal");
      }
    };
    let secrets = &self.world.site.secrets;
    let masked = |text: &str| note(&secrets.mask(text));
    let mut said: Vec<Record> = Vec::new();
    let mut aborted = false;
    let result = {
      let context = step::Context {
        world: self.world,
        order: self.order,
        state: &self.state,
        note: &masked,
        reloaded: self.reloaded,
        deadline,
      };
      let run = timeout(deadline, step::run(&context, step));
      tokio::pin!(run);
      loop {
        tokio::select! {
          biased;
          result = &mut run => break Some(result),
          message = self.inbox.next() => {
            // An answer while no gate is open means nothing.
            if !matches!(message, Message::Answer { .. }) {
              said.extend(journal.write(&heard(&message)).ok());
            }
            if matches!(message, Message::Abort { .. }) {
              aborted = true;
              if step::may_be_dropped(step) {
                break None;
              }
            }
          }
        }
      }
    };
    for record in &said {
      self.state.apply(record);
    }
    let result: StepResult = match result {
      None => return Err(Stop::Aborted),
      Some(Ok(result)) => result,
      Some(Err(_)) => Err(Failure::new(format!(
        "{} took longer than {} s",
        step.title(),
        deadline.as_secs()
      ))),
    };
    if aborted && step.moves_traffic() && result.is_ok() {
      return Err(Stop::Aborted);
    }
    result.map_err(Stop::Failed)
  }

  /// Opens a gate and waits for its answer; no answer in time is a no.
  async fn ask(&mut self, index: usize, gate: &Gate, wait: Duration) -> Result<Produced, Stop> {
    let until = self.world.clock.now()
      + chrono::Duration::from_std(wait).unwrap_or(chrono::Duration::hours(1));
    self
      .write(&Event::GateOpened {
        index,
        gate: gate.name.clone(),
        evidence: self.evidence(),
        until,
      })
      .map_err(Stop::Failed)?;
    let end = Instant::now() + wait;
    loop {
      let Ok(message) = tokio::time::timeout_at(end, self.inbox.next()).await else {
        return Err(Stop::Declined);
      };
      if let Message::Answer { gate: named, .. } = &message
        && *named != gate.name
      {
        continue;
      }
      self.write(&heard(&message)).map_err(Stop::Failed)?;
      match message {
        Message::Answer {
          answer: Answer::Yes,
          ..
        } => return Ok(Produced::Nothing),
        Message::Answer {
          answer: Answer::No, ..
        } => return Err(Stop::Declined),
        Message::Abort { .. } => return Err(Stop::Aborted),
        Message::Note { .. } => {}
      }
    }
  }

  /// What has passed so far, for whoever answers a gate.
  fn evidence(&self) -> Vec<Shown> {
    self
      .state
      .steps
      .iter()
      .filter_map(|(_, state)| match state {
        super::run_state::StepState::Done { produced, .. } => verdict::in_words(produced),
        super::run_state::StepState::Waiting
        | super::run_state::StepState::Running { .. }
        | super::run_state::StepState::Failed { .. } => None,
      })
      .collect()
  }

  /// When the managed file may have been changed and the new truth is not recorded: put it back.
  /// After the proof users are on the target, proven, so moving them back would be wrong.
  async fn put_back(&mut self, stop: &Stop) {
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
  pub(super) fn is_live_record(&self) -> bool {
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
  async fn after_failure(&mut self, stop: &Stop) {
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
      let stopped = tokio::time::timeout(TAIL, step::stop_target(&context, slot)).await;
      self.target = match stopped {
        Ok(Ok(_)) => PutAway::Stopped,
        Ok(Err(failure)) => PutAway::NotStopped(failure.what),
        Err(_) => PutAway::NotStopped(Shown::line("it took too long")),
      };
    }
    if matches!(stop, Stop::Failed(_))
      && let Some(command) = self.world.site.hooks.get(&Hook::OnFailure)
    {
      let environment = std::collections::BTreeMap::from([(
        "CUTOVER_OPERATION".to_owned(),
        self.order.id.0.to_string(),
      )]);
      let ran = tokio::time::timeout(
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

  pub(super) fn write(&mut self, event: &Event) -> Result<(), Failure> {
    let record = self
      .journal
      .write(event)
      .map_err(|error| Failure::new(format!("the journal cannot be written: {error}")))?;
    self.state.apply(&record);
    Ok(())
  }
}

/// A message as the journal keeps it.
fn heard(message: &Message) -> Event {
  match message {
    Message::Answer {
      gate,
      answer,
      actor,
    } => Event::Answered {
      gate: gate.clone(),
      yes: *answer,
      actor: actor.clone(),
    },
    Message::Abort { actor } => Event::AbortAsked {
      actor: actor.clone(),
    },
    Message::Note { actor, text } => Event::Noted {
      actor: actor.clone(),
      text: text.clone(),
    },
  }
}
