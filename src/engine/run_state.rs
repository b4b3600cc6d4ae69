//! Folds an operation's events into its progress. Pure: the screen, the journal's readers, the
//! runner and the tests use this same type.

mod users;

use chrono::{DateTime, Utc};

pub use self::users::Users;
use crate::model::{
  Slot,
  actor::Actor,
  event::{BackupRecord, Event, Failure, Produced, Record, Recovery, SavedFile},
  evidence::Pins,
  operation::Verdict,
  plan::{Plan, Step},
  router::{NextFile, ProbeLedger},
  shown::Shown,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
  Waiting,
  /// Intent is written, "done" is not: it may or may not have had its effect.
  Running {
    since: DateTime<Utc>,
  },
  Done {
    produced: Box<Produced>,
    millis: u64,
  },
  Failed {
    failure: Box<Failure>,
    millis: u64,
  },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenGate {
  pub index: usize,
  pub name: String,
  pub evidence: Vec<Shown>,
  pub until: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreState {
  NotNeeded,
  Running {
    why: Shown,
  },
  Finished {
    proven: Option<Slot>,
    ledger: Option<ProbeLedger>,
  },
  Failed {
    failure: Box<Failure>,
  },
}

/// Everything the journal says about one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunState {
  pub steps: Vec<(Step, StepState)>,
  pub begun: Option<DateTime<Utc>>,
  pub ended: Option<DateTime<Utc>>,
  pub gate: Option<OpenGate>,
  pub abort: Option<Actor>,
  pub restore: RestoreState,
  pub recoveries: Vec<(Actor, Recovery)>,
  pub answers: Vec<(String, Actor)>,
  pub notes: Vec<(DateTime<Utc>, Actor, Shown)>,
  pub verdict: Option<Verdict>,
  pub users: Users,
  /// Where users were before the operation.
  from: Option<Slot>,
}

impl RunState {
  pub fn new(plan: &Plan) -> Self {
    Self {
      steps: plan
        .steps
        .iter()
        .map(|planned| (planned.step.clone(), StepState::Waiting))
        .collect(),
      begun: None,
      ended: None,
      gate: None,
      abort: None,
      restore: RestoreState::NotNeeded,
      recoveries: Vec::new(),
      answers: Vec::new(),
      notes: Vec::new(),
      verdict: None,
      users: Users::default(),
      from: plan.premise.live,
    }
  }

  /// The state after all of `records`.
  pub fn replay(plan: &Plan, records: &[Record]) -> Self {
    let mut state = Self::new(plan);
    for record in records {
      state.apply(record);
    }
    state
  }

  pub fn apply(&mut self, record: &Record) {
    let step = record.event.step().and_then(|index| self.steps.get(index));
    self.users = self
      .users
      .after(record, step.map(|(step, _)| step), self.from);
    match &record.event {
      Event::Begun { .. } => self.begun = Some(record.at),
      Event::Resumed { actor, how, .. } => {
        self.recoveries.push((actor.clone(), *how));
        self.gate = None;
        self.abort = None;
        self.restore = RestoreState::NotNeeded;
        self.look_again();
      }
      Event::StepStarted { index } => self.set(*index, StepState::Running { since: record.at }),
      Event::StepNote { .. } => {}
      Event::StepFinished {
        index,
        produced,
        millis,
      } => {
        let produced = Box::new(produced.clone());
        let millis = *millis;
        self.settle(*index, StepState::Done { produced, millis });
      }
      Event::StepFailed {
        index,
        failure,
        millis,
      } => {
        let failure = Box::new(failure.clone());
        let millis = *millis;
        self.settle(*index, StepState::Failed { failure, millis });
      }
      Event::GateOpened {
        index,
        gate,
        evidence,
        until,
      } => {
        self.gate = Some(OpenGate {
          index: *index,
          name: gate.clone(),
          evidence: evidence.clone(),
          until: *until,
        });
      }
      Event::Answered { gate, actor, .. } => self.answers.push((gate.clone(), actor.clone())),
      Event::AbortAsked { actor } => self.abort = Some(actor.clone()),
      Event::Noted { actor, text } => self.notes.push((record.at, actor.clone(), text.clone())),
      Event::RestoreStarted { why } => self.restore = RestoreState::Running { why: why.clone() },
      Event::RestoreFinished { proven, ledger } => {
        self.restore = RestoreState::Finished {
          proven: *proven,
          ledger: ledger.clone(),
        };
      }
      Event::RestoreFailed { failure } => {
        self.restore = RestoreState::Failed {
          failure: Box::new(failure.clone()),
        };
      }
      Event::Ended { verdict } => {
        self.ended = Some(record.at);
        self.gate = None;
        self.verdict = Some(verdict.clone());
      }
    }
  }

  /// Another process goes on, perhaps hours later: what a dead one saw is no longer seen. The
  /// last look before users move, and the proof that they did, count only in the same life.
  fn look_again(&mut self) {
    let touched = self.traffic_touched();
    let recorded = self.recorded();
    for (step, state) in &mut self.steps {
      let stale = match step {
        Step::CheckTarget { .. } | Step::Save { .. } => !touched,
        Step::Prove { .. } => !recorded,
        _ => false,
      };
      if stale {
        *state = StepState::Waiting;
      }
    }
  }

  /// A step that has ended waits for nobody any more.
  fn settle(&mut self, index: usize, to: StepState) {
    self.gate = None;
    self.set(index, to);
  }

  fn set(&mut self, index: usize, to: StepState) {
    if let Some((_, state)) = self.steps.get_mut(index) {
      *state = to;
    }
  }

  /// The first step that is not done; `None` when all are.
  pub fn next_step(&self) -> Option<usize> {
    self
      .steps
      .iter()
      .position(|(_, state)| !matches!(state, StepState::Done { .. }))
  }

  /// Which step is under way, was last under way, or failed.
  pub fn current(&self) -> Option<usize> {
    self
      .steps
      .iter()
      .rposition(|(_, state)| !matches!(state, StepState::Waiting))
  }

  pub fn first_failure(&self) -> Option<(usize, &Failure)> {
    self
      .steps
      .iter()
      .enumerate()
      .find_map(|(index, (_, state))| match state {
        StepState::Failed { failure, .. } => Some((index, failure.as_ref())),
        StepState::Waiting | StepState::Running { .. } | StepState::Done { .. } => None,
      })
  }

  /// Newest first.
  fn produced(&self) -> impl Iterator<Item = &Produced> {
    self
      .steps
      .iter()
      .rev()
      .filter_map(|(_, state)| match state {
        StepState::Done { produced, .. } => Some(produced.as_ref()),
        StepState::Waiting | StepState::Running { .. } | StepState::Failed { .. } => None,
      })
  }

  pub fn pins(&self) -> Option<&Pins> {
    self.produced().find_map(|produced| {
      if let Produced::Pinned { pins } = produced {
        Some(pins)
      } else {
        None
      }
    })
  }

  pub fn saved(&self) -> Option<(&SavedFile, &NextFile)> {
    self.produced().find_map(|produced| {
      if let Produced::Saved { saved, next } = produced {
        Some((saved, next))
      } else {
        None
      }
    })
  }

  pub fn backup(&self) -> Option<&BackupRecord> {
    self.produced().find_map(|produced| {
      if let Produced::BackedUp { backup } = produced {
        Some(backup)
      } else {
        None
      }
    })
  }

  pub fn ledger(&self) -> Option<&ProbeLedger> {
    self.produced().find_map(|produced| {
      if let Produced::Proved { ledger } = produced {
        Some(ledger)
      } else {
        None
      }
    })
  }

  pub fn drained(&self) -> Option<(Option<u64>, usize)> {
    self.produced().find_map(|produced| {
      if let Produced::Drained { millis, still } = produced {
        Some((*millis, *still))
      } else {
        None
      }
    })
  }

  pub fn schema_head(&self) -> Option<&str> {
    self.produced().find_map(|produced| {
      if let Produced::Migrated { after, .. } = produced {
        after.as_deref()
      } else {
        None
      }
    })
  }

  /// Such a step may have had its effect.
  fn begun_any(&self, of: impl Fn(&Step) -> bool) -> bool {
    let mut steps = self.steps.iter();
    steps.any(|(step, state)| of(step) && !matches!(state, StepState::Waiting))
  }

  /// The managed file may have been changed by this operation.
  pub fn traffic_touched(&self) -> bool {
    self.begun_any(|step| matches!(step, Step::Write { .. }))
  }

  /// The proxy may have been told to load the changed file.
  pub fn reload_started(&self) -> bool {
    self.begun_any(|step| matches!(step, Step::Reload { .. }))
  }

  /// The proxy may run only because this operation started it.
  pub fn proxy_started(&self) -> bool {
    self.begun_any(|step| matches!(step, Step::StartProxy { .. }))
  }

  /// The new truth is proven and written down.
  pub fn recorded(&self) -> bool {
    self.steps.iter().any(|(step, state)| {
      matches!(step, Step::Record { .. }) && matches!(state, StepState::Done { .. })
    })
  }

  pub fn proved(&self) -> bool {
    self.ledger().is_some()
  }

  /// The target's containers may have been created or started by this operation.
  pub fn target_started(&self) -> bool {
    self.begun_any(|step| matches!(step, Step::Start { .. } | Step::Wake { .. }))
  }

  pub fn millis(&self) -> Option<u64> {
    let span = self.ended? - self.begun?;
    u64::try_from(span.num_milliseconds()).ok()
  }
}
