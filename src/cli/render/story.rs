//! One operation told from its order and its records: the source of history, `show` and the log.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::verdict::Measured;
use crate::model::{
  event::{Event, Produced, Record},
  operation::{Outcome, Verdict},
  plan::Order,
  shown::Shown,
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
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
    let steps = order.plan.steps.iter().enumerate();
    let steps = steps
      .map(|(index, step)| StepStory {
        index,
        title: step.step.title(),
        result: StepResult::NotReached,
        millis: None,
      })
      .collect();
    let mut story = Self {
      order,
      end: match runner {
        Runner::Alive => End::Running,
        Runner::Gone => End::Interrupted,
      },
      millis: None,
      steps,
      notes: Vec::new(),
      measured: Measured::default(),
    };
    for record in records {
      story.apply(record);
    }
    story
  }

  pub fn took(&self) -> Option<Duration> {
    self.millis.map(Duration::from_millis)
  }

  fn apply(&mut self, record: &Record) {
    match &record.event {
      Event::StepStarted { index } => self.step(*index, StepResult::Begun, None),
      Event::StepFinished {
        index,
        produced,
        millis,
      } => {
        self.step(*index, StepResult::Done, Some(*millis));
        self.measure(produced);
      }
      Event::StepFailed { index, millis, .. } => {
        self.step(*index, StepResult::Failed, Some(*millis));
      }
      Event::Noted { actor, text } => self.notes.push(NoteStory {
        at: record.at,
        who: actor.user.clone(),
        text: text.clone(),
      }),
      Event::Ended { verdict } => {
        let took = super::words::age(self.order.at, record.at);
        self.millis = u64::try_from(took.as_millis()).ok();
        self.end = End::Ended {
          verdict: verdict.clone(),
        };
      }
      _ => {}
    }
  }

  fn step(&mut self, index: usize, result: StepResult, millis: Option<u64>) {
    if let Some(step) = self.steps.get_mut(index) {
      step.result = result;
      step.millis = millis;
    }
  }

  fn measure(&mut self, produced: &Produced) {
    match produced {
      Produced::Proved { ledger } => self.measured.ledger = Some(ledger.clone()),
      Produced::Drained { millis, still } => self.measured.drained = Some((*millis, *still)),
      _ => {}
    }
  }
}
