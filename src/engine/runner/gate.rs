//! A gate: the plan waits for somebody's word, and shows what it rests on.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Runner, Stop, heard, verdict};
use crate::{
  engine::{ports::Message, run_state::StepState},
  model::{
    event::{Answer, Event, Produced},
    plan::Gate,
    shown::Shown,
  },
};

impl Runner<'_> {
  /// Opens a gate and waits for its answer; no answer in time is a no.
  pub(super) async fn ask(
    &mut self,
    index: usize,
    gate: &Gate,
    wait: Duration,
  ) -> Result<Produced, Stop> {
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
      let Ok(message) = timeout_at(end, self.inbox.next()).await else {
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
        StepState::Done { produced, .. } => verdict::in_words(produced),
        StepState::Waiting | StepState::Running { .. } | StepState::Failed { .. } => None,
      })
      .collect()
  }
}
