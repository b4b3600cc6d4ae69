//! The confirmation engine: which keys confirm, and which never do.
//!
//! Pure: every input arrives with the time since the question was painted, so that the console
//! and the plain prompt judge keys by the same rules and a test needs no clock. It never confirms
//! on type-ahead, on a stuck key, on Enter alone, on a paste, or twice.
//! `cli::prompt` feeds it from a real terminal.

use std::{collections::VecDeque, fmt, time::Duration};

use crate::model::{
  operation::Kind,
  plan::{Gate, Plan, Risk},
};

/// More keys than this within `BURST` are a paste, whatever the terminal calls them.
const BURST_KEYS: usize = 3;
const BURST: Duration = Duration::from_millis(30);
/// The key that decides must come this long after the one before it.
const APART: Duration = Duration::from_millis(150);
/// A single deciding key must stand alone for this long: longer than the gap of a repeating key
/// (33 ms at 30 a second) and than the gap between two bytes of a paste.
const SETTLE: Duration = Duration::from_millis(50);

/// What has to be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
  /// One lower-case key: reversible, and every check is green.
  Key(char),
  /// A word, then Enter: a warning stands, or shared data changes.
  Word(String),
  /// A whole phrase, then Enter: going on against a failed check.
  Phrase(String),
}

impl Ask {
  /// The flag that gives the same answer in a script.
  pub fn flag(&self) -> String {
    match self {
      Self::Key(_) => "--yes".to_owned(),
      Self::Word(word) => format!("--yes or --confirm {word}"),
      Self::Phrase(phrase) => format!("--confirm \"{phrase}\""),
    }
  }

  fn word(&self) -> Option<&str> {
    match self {
      Self::Key(_) => None,
      Self::Word(word) | Self::Phrase(word) => Some(word),
    }
  }
}

/// One question before it is put to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
  pub ask: Ask,
  pub pace: Pace,
  /// What a typed answer names: the slot that goes live, or the site where there is none. A
  /// script may always give it, also where a person would only press a key.
  pub word: String,
}

impl Question {
  /// The facts behind the plan's risk decide what is asked, not its verb.
  pub fn of(plan: &Plan) -> Self {
    let word = plan
      .target
      .map_or_else(|| plan.site.clone(), |slot| slot.name().to_owned());
    let typed = plan.word.clone().unwrap_or_else(|| word.clone());
    let ask = match plan.risk {
      Risk::Green => Ask::Key('y'),
      Risk::Amber => Ask::Word(typed),
      Risk::Red => Ask::Phrase(typed),
    };
    let pace = if plan.kind == Kind::Rollback && plan.risk == Risk::Green {
      Pace::Emergency
    } else {
      Pace::Normal
    };
    Self { ask, pace, word }
  }

  /// The question an operation of this plan waits on.
  pub fn of_gate(gate: &Gate, plan: &Plan) -> Self {
    let ask = gate
      .word
      .as_ref()
      .map_or(Ask::Key('y'), |word| Ask::Word(word.clone()));
    Self {
      ask,
      pace: Pace::Normal,
      word: Self::of(plan).word,
    }
  }
}

/// How long the question is on screen before a key can count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
  Normal,
  /// A rollback with every check green: it must be possible within seconds.
  Emergency,
}

impl Pace {
  pub fn arming(self) -> Duration {
    Duration::from_millis(match self {
      Self::Normal => 400,
      Self::Emergency => 200,
    })
  }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
  Key(char),
  Enter,
  Backspace,
  Escape,
  Interrupt,
  Paste,
  /// The terminal says that a key is being held down.
  Repeat,
  /// A key that means nothing here, such as an arrow.
  Other,
  /// Nothing was pressed; only time went by. See `Confirm::wake_at`.
  Quiet,
  /// The terminal is gone.
  Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
  Declined,
  Interrupted,
  /// Pasted, or typed faster than fingers can.
  Pasted,
  TerminalLost,
  /// It was answered before: one question, one answer.
  AlreadyAnswered,
}

impl fmt::Display for Why {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(match self {
      Self::Declined => "declined",
      Self::Interrupted => "interrupted",
      Self::Pasted => "cancelled: a paste or a burst of keys is not an answer, type it by hand",
      Self::TerminalLost => "cancelled: the terminal went away",
      Self::AlreadyAnswered => "this question was answered before",
    })
  }
}

/// Why a key that could have decided did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
  /// The deciding key came too soon after the one before it: press it again.
  TooSoon,
  /// Enter with a text that is not the word; the text was cleared.
  NotTheWord,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
  /// Keys do not count yet; each one starts the wait again.
  Arming,
  Pending {
    typed: String,
    hint: Option<Hint>,
  },
  Confirmed,
  Cancelled(Why),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
  Arming {
    until: Duration,
  },
  Open,
  /// The deciding key was pressed and must now stand alone.
  Settling {
    until: Duration,
  },
  Over,
}

/// One question, asked once.
#[derive(Clone, Debug)]
pub struct Confirm {
  ask: Ask,
  arming: Duration,
  stage: Stage,
  typed: String,
  last_key: Option<Duration>,
  recent: VecDeque<Duration>,
}

impl Confirm {
  pub fn new(ask: Ask, pace: Pace) -> Self {
    let arming = pace.arming();
    Self {
      ask,
      arming,
      stage: Stage::Arming { until: arming },
      typed: String::new(),
      last_key: None,
      recent: VecDeque::with_capacity(BURST_KEYS + 1),
    }
  }

  pub fn ask(&self) -> &Ask {
    &self.ask
  }

  /// When to feed `Input::Quiet` if nothing else happens before: the end of arming, or the
  /// moment from which the deciding key stands alone.
  pub fn wake_at(&self) -> Option<Duration> {
    match self.stage {
      Stage::Arming { until } | Stage::Settling { until } => Some(until),
      Stage::Open | Stage::Over => None,
    }
  }

  /// One input, `at` this long after the question was painted.
  pub fn feed(&mut self, at: Duration, input: Input) -> Verdict {
    if self.stage == Stage::Over {
      return Verdict::Cancelled(Why::AlreadyAnswered);
    }
    match input {
      Input::Quiet => return self.wait(at),
      Input::Escape => return self.cancel(Why::Declined),
      Input::Interrupt => return self.cancel(Why::Interrupted),
      Input::Paste => return self.cancel(Why::Pasted),
      Input::Gone => return self.cancel(Why::TerminalLost),
      Input::Key(_) | Input::Enter | Input::Backspace | Input::Repeat | Input::Other => {}
    }
    let apart = self
      .last_key
      .replace(at)
      .map(|last| at.saturating_sub(last));
    if self.is_burst(at) {
      return self.cancel(Why::Pasted);
    }
    match self.stage {
      Stage::Arming { until } if at < until => {
        self.stage = Stage::Arming {
          until: at + self.arming,
        };
        Verdict::Arming
      }
      Stage::Settling { until } if at < until => self.cancel(Why::Pasted),
      Stage::Settling { .. } => self.confirm(),
      Stage::Arming { .. } | Stage::Open | Stage::Over => {
        self.stage = Stage::Open;
        let alone = apart.is_none_or(|apart| apart >= APART);
        self.press(at, input, alone)
      }
    }
  }

  fn wait(&mut self, at: Duration) -> Verdict {
    match self.stage {
      Stage::Arming { until } if at < until => Verdict::Arming,
      Stage::Settling { until } if at >= until => self.confirm(),
      Stage::Arming { .. } => {
        self.stage = Stage::Open;
        self.pending(None)
      }
      Stage::Settling { .. } | Stage::Open | Stage::Over => self.pending(None),
    }
  }

  fn press(&mut self, at: Duration, input: Input, alone: bool) -> Verdict {
    match (self.ask.clone(), input) {
      (Ask::Key(key), Input::Key(c)) if c == key => {
        if !alone {
          return self.pending(Some(Hint::TooSoon));
        }
        self.stage = Stage::Settling { until: at + SETTLE };
        self.pending(None)
      }
      (Ask::Key(_), Input::Key('q' | 'n') | Input::Enter) => self.cancel(Why::Declined),
      (Ask::Word(_) | Ask::Phrase(_), Input::Key(c)) => {
        // A text much longer than the word can only be a mistake; it must not grow for ever.
        if self.typed.len() < 256 {
          self.typed.push(c);
        }
        self.pending(None)
      }
      (Ask::Word(_) | Ask::Phrase(_), Input::Backspace) => {
        self.typed.pop();
        self.pending(None)
      }
      (Ask::Word(_) | Ask::Phrase(_), Input::Enter) => self.finish(alone),
      _ => self.pending(None),
    }
  }

  fn finish(&mut self, alone: bool) -> Verdict {
    if self.typed.is_empty() {
      return self.pending(None);
    }
    if self.ask.word() != Some(self.typed.as_str()) {
      self.typed.clear();
      return self.pending(Some(Hint::NotTheWord));
    }
    if alone {
      self.confirm()
    } else {
      self.pending(Some(Hint::TooSoon))
    }
  }

  /// Counts this key; true when more than `BURST_KEYS` came within `BURST`.
  fn is_burst(&mut self, at: Duration) -> bool {
    self.recent.push_back(at);
    if self.recent.len() > BURST_KEYS + 1 {
      self.recent.pop_front();
    }
    self.recent.len() > BURST_KEYS
      && self
        .recent
        .front()
        .is_some_and(|first| at.saturating_sub(*first) <= BURST)
  }

  fn pending(&self, hint: Option<Hint>) -> Verdict {
    Verdict::Pending {
      typed: self.typed.clone(),
      hint,
    }
  }

  fn confirm(&mut self) -> Verdict {
    self.stage = Stage::Over;
    Verdict::Confirmed
  }

  fn cancel(&mut self, why: Why) -> Verdict {
    self.stage = Stage::Over;
    Verdict::Cancelled(why)
  }
}

#[cfg(test)]
mod tests;
