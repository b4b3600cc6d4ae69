//! One question on the screen: what it is about, what must be typed, and what a yes does.
//!
//! Which keys count is `engine::confirm`'s decision; this only keeps it beside the text it belongs
//! to, and starts its clock when the question was really painted.

use std::time::Duration;

use crate::{
  engine::confirm::{Ask, Confirm, Hint, Input, Pace, Question, Verdict, Why},
  model::{
    container::ContainerId,
    event::Recovery,
    operation::OperationId,
    plan::{Plan, Risk},
  },
  render::{Page, Tone},
};

/// Ties an answer from outside to the question that was asked for; a stale one is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What a yes does.
#[derive(Clone, Debug, PartialEq)]
pub enum Consent {
  Launch(Box<Plan>),
  Gate {
    id: OperationId,
    gate: String,
  },
  Decline {
    id: OperationId,
    gate: String,
  },
  Abort {
    id: OperationId,
  },
  Recover {
    id: OperationId,
    how: Recovery,
  },
  Shell {
    id: ContainerId,
    name: String,
  },
  /// The new slot is kept: the watch after this operation ends.
  EndWatch {
    of: OperationId,
  },
}

#[derive(Debug)]
pub struct Asking {
  pub title: String,
  pub tone: Tone,
  pub page: Page,
  /// What Tab shows instead.
  more: Option<Page>,
  pub consent: Consent,
  pub scroll: usize,
  /// What was typed so far and why the last key did not count.
  pub typed: String,
  pub hint: Option<Hint>,
  /// Keys count now.
  pub armed: bool,
  confirm: Confirm,
  painted: Option<Duration>,
}

impl Asking {
  pub fn new(title: String, tone: Tone, page: Page, question: &Question, consent: Consent) -> Self {
    Self {
      title,
      tone,
      page,
      more: None,
      consent,
      scroll: 0,
      typed: String::new(),
      hint: None,
      armed: false,
      confirm: Confirm::new(question.ask.clone(), question.pace),
      painted: None,
    }
  }

  /// A question that no plan stands behind: one key.
  pub fn simple(title: &str, page: Page, consent: Consent) -> Self {
    let question = Question {
      ask: Ask::Key('y'),
      pace: Pace::Normal,
      word: String::new(),
    };
    Self::new(title.to_owned(), Tone::Strong, page, &question, consent)
  }

  #[must_use]
  pub fn with_more(mut self, more: Page) -> Self {
    self.more = Some(more);
    self
  }

  /// The other page of the same question, when it has one.
  pub fn turn(&mut self) {
    if let Some(more) = &mut self.more {
      std::mem::swap(&mut self.page, more);
      self.scroll = 0;
    }
  }

  pub fn ask(&self) -> &Ask {
    self.confirm.ask()
  }

  /// The question is on the terminal; from now on time counts.
  pub fn painted(&mut self, now: Duration) {
    self.painted.get_or_insert(now);
  }

  pub fn is_painted(&self) -> bool {
    self.painted.is_some()
  }

  /// When to tell it that nothing was pressed.
  pub fn wake_at(&self) -> Option<Duration> {
    Some(self.painted? + self.confirm.wake_at()?)
  }

  /// `None` while it is open. Keys from before it was painted never count.
  pub fn feed(&mut self, now: Duration, input: Input) -> Option<Result<(), Why>> {
    let Some(painted) = self.painted else {
      return match input {
        Input::Escape => Some(Err(Why::Declined)),
        Input::Interrupt => Some(Err(Why::Interrupted)),
        Input::Paste => Some(Err(Why::Pasted)),
        Input::Gone => Some(Err(Why::TerminalLost)),
        _ => None,
      };
    };
    match self.confirm.feed(now.saturating_sub(painted), input) {
      Verdict::Arming => {
        self.armed = false;
        None
      }
      Verdict::Pending { typed, hint } => {
        self.armed = true;
        self.typed = typed;
        // A hint stays until the next key.
        if hint.is_some() || input != Input::Quiet {
          self.hint = hint;
        }
        None
      }
      Verdict::Confirmed => Some(Ok(())),
      Verdict::Cancelled(why) => Some(Err(why)),
    }
  }

  pub fn plan(&self) -> Option<&Plan> {
    match &self.consent {
      Consent::Launch(plan) => Some(plan),
      Consent::Gate { .. }
      | Consent::Decline { .. }
      | Consent::Abort { .. }
      | Consent::Recover { .. }
      | Consent::Shell { .. }
      | Consent::EndWatch { .. } => None,
    }
  }
}

/// The color a plan's risk has.
pub fn tone(risk: Risk) -> Tone {
  match risk {
    Risk::Green => Tone::Good,
    Risk::Amber => Tone::Warn,
    Risk::Red => Tone::Bad,
  }
}
