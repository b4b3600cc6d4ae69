//! Interprets a plan: one step after the other, intent before and done after each, gates, abort,
//! restore; and exactly one verdict at the end, whatever happened.

mod failed;
mod gate;
mod verdict;

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{
  ports::{Inbox, Journal, Message},
  run_state::RunState,
  step,
  world::{StepResult, World},
};
use crate::model::{
  event::{Event, Failure, Produced, Record},
  operation::Verdict,
  plan::{Order, Step},
  shown::Shown,
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
