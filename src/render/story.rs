//! One operation told from its order and its records: the source of history, `show` and the log.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::verdict::Measured;
use crate::{
  engine::run_state::{RunState, StepState},
  model::{
    event::Record,
    operation::{Outcome, Verdict},
    plan::Order,
    shown::Shown,
  },
};

/// Whether a runner lives; the lock knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
  Alive,
  Gone,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "end", rename_all = "lowercase")]
pub enum End {
  Ended { verdict: Verdict },
  Running,
  Interrupted,
}

impl End {
  pub fn word(&self) -> &'static str {
    match self {
      Self::Ended { verdict } => verdict.outcome.word(),
      Self::Running => "running",
      Self::Interrupted => "INTERRUPTED",
    }
  }

  pub fn outcome(&self) -> Option<Outcome> {
    match self {
      Self::Ended { verdict } => Some(verdict.outcome),
      Self::Running | Self::Interrupted => None,
    }
  }
}

/// How one step went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepStory {
  pub index: usize,
  pub title: String,
  pub result: StepResult,
  pub millis: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepResult {
  NotReached,
  Begun,
  Done,
  Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoteStory {
  pub at: DateTime<Utc>,
  pub who: Shown,
  pub text: Shown,
}

/// What `history --json` prints for each operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
  pub schema: u32,
  pub order: Order,
  #[serde(flatten)]
  pub end: End,
  pub millis: Option<u64>,
  pub steps: Vec<StepStory>,
  pub notes: Vec<NoteStory>,
  #[serde(skip)]
  pub measured: Measured,
}

impl Story {
  pub fn of(order: Order, records: &[Record], runner: Runner) -> Self {
    let state = RunState::replay(&order.plan, records);
    let end = match (&state.verdict, runner) {
      (Some(verdict), _) => End::Ended {
        verdict: verdict.clone(),
      },
      (None, Runner::Alive) => End::Running,
      (None, Runner::Gone) => End::Interrupted,
    };
    let notes = state.notes.iter().map(|(at, actor, text)| NoteStory {
      at: *at,
      who: actor.user.clone(),
      text: text.clone(),
    });
    Self {
      schema: 1,
      end,
      millis: state.millis(),
      steps: steps(&state),
      notes: notes.collect(),
      measured: Measured::of(&state),
      order,
    }
  }

  pub fn took(&self) -> Option<Duration> {
    self.millis.map(Duration::from_millis)
  }
}

fn steps(state: &RunState) -> Vec<StepStory> {
  let steps = state.steps.iter().enumerate();
  steps
    .map(|(index, (step, state))| {
      let (result, millis) = match state {
        StepState::Waiting => (StepResult::NotReached, None),
        StepState::Running { .. } => (StepResult::Begun, None),
        StepState::Done { millis, .. } => (StepResult::Done, Some(*millis)),
        StepState::Failed { millis, .. } => (StepResult::Failed, Some(*millis)),
      };
      StepStory {
        index,
        title: step.title(),
        result,
        millis,
      }
    })
    .collect()
}
