//! The operation on the screen: its order, its progress, the last things it said.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use crate::{
  engine::run_state::{OpenGate, RunState, StepState},
  model::{
    event::{Event, Record},
    operation::OperationId,
    plan::{Gate, Order, Step},
    shown::Shown,
  },
};

/// Lines of streamed output that are kept; the journal has them all.
const MOST_NOTES: usize = 200;

#[derive(Clone, Debug)]
pub struct Watched {
  pub order: Order,
  pub run: RunState,
  /// What steps said, newest last, with the step's index.
  pub notes: VecDeque<(usize, Shown)>,
  /// The runner is gone and the journal has no end.
  pub interrupted: bool,
  pub last: Option<DateTime<Utc>>,
}

impl Watched {
  pub fn new(order: Order) -> Self {
    Self {
      run: RunState::new(&order.plan),
      order,
      notes: VecDeque::new(),
      interrupted: false,
      last: None,
    }
  }

  pub fn id(&self) -> OperationId {
    self.order.id
  }

  pub fn apply(&mut self, record: &Record) {
    self.interrupted = false;
    self.last = Some(record.at);
    if let Event::StepNote { index, text } = &record.event {
      if self.notes.len() == MOST_NOTES {
        self.notes.pop_front();
      }
      self.notes.push_back((*index, text.clone()));
    }
    self.run.apply(record);
  }

  pub fn is_running(&self) -> bool {
    self.run.verdict.is_none() && !self.interrupted
  }

  /// The question it waits on, with the gate as planned.
  pub fn gate(&self) -> Option<(&Gate, &OpenGate)> {
    let open = self.run.gate.as_ref()?;
    match &self.order.plan.steps.get(open.index)?.step {
      Step::Gate { gate } => Some((gate, open)),
      _ => None,
    }
  }

  /// Steps that are done, and all steps.
  pub fn progress(&self) -> (usize, usize) {
    let done = self
      .run
      .steps
      .iter()
      .filter(|(_, state)| matches!(state, StepState::Done { .. }))
      .count();
    (done, self.run.steps.len())
  }

  /// The last line the current step said.
  pub fn latest_note(&self) -> Option<&Shown> {
    let current = self.run.current()?;
    self
      .notes
      .back()
      .filter(|(index, _)| *index == current)
      .map(|(_, text)| text)
  }
}
