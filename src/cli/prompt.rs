//! Asks one question on a real terminal. Which keys confirm is `engine::confirm`'s decision; this
//! module only turns bytes into keys with honest times, and always gives the terminal back.
//!
//! Works at `TERM=dumb`: the one line it owns is written with plain characters and backspaces.

mod choose;
mod keys;
mod terminal;
#[cfg(test)]
mod tests;

use std::{
  fs::File,
  io::{self, IsTerminal},
  os::fd::{AsFd, OwnedFd},
  sync::atomic::{AtomicBool, Ordering},
  time::{Duration, Instant},
};

use self::{
  keys::Keys,
  terminal::{Heard, Terminal},
};
use crate::engine::confirm::{Ask, Confirm, Hint, Input, Pace, Verdict, Why};

pub use self::choose::choose;

/// How often a question that nobody answers here is asked whether it was answered elsewhere.
const LISTEN: Duration = Duration::from_millis(200);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
  Yes,
  No(Why),
}

#[derive(Debug, thiserror::Error)]
pub enum PromptError {
  /// Exit code 2: the question has nobody to answer it.
  #[error("this asks a question, but {missing} is not a terminal: add {flag} to answer it here")]
  NoTerminal { missing: &'static str, flag: String },
  #[error("this asks a question, but --no-input forbids it: add {flag} to answer it here")]
  NoInput { flag: String },
  #[error("the terminal cannot be asked ({error}): add {flag} to answer it here")]
  Broken { error: io::Error, flag: String },
}

/// Whether a question can be asked at all: somebody must be able to see it and to answer it.
pub fn can_ask() -> Result<(), &'static str> {
  if !io::stdin().is_terminal() {
    Err("stdin")
  } else if !io::stderr().is_terminal() {
    Err("stderr")
  } else {
    Ok(())
  }
}

/// `paint` writes the question on stderr; it is called once, after everything typed so far was
/// thrown away. Blocks until there is an answer.
pub fn ask(ask: Ask, pace: Pace, paint: impl FnOnce()) -> Result<Answer, PromptError> {
  let open = AtomicBool::new(false);
  Ok(ask_until(ask, pace, &open, paint)?.unwrap_or(Answer::No(Why::TerminalLost)))
}

/// The same, for a question that may be answered elsewhere: `None` once `closed` is set.
pub fn ask_until(
  ask: Ask,
  pace: Pace,
  closed: &AtomicBool,
  paint: impl FnOnce(),
) -> Result<Option<Answer>, PromptError> {
  let flag = ask.flag();
  if let Err(missing) = can_ask() {
    return Err(PromptError::NoTerminal { missing, flag });
  }
  let asked = open().and_then(|tty| {
    let mut terminal = Terminal::open(tty, &std::env::var("TERM").unwrap_or_default())?;
    paint();
    let opened = Instant::now();
    converse(&mut terminal, Confirm::new(ask, pace), closed, || {
      opened.elapsed()
    })
  });
  asked.map_err(|error| PromptError::Broken { error, flag })
}

fn open() -> io::Result<OwnedFd> {
  File::options()
    .read(true)
    .write(true)
    .open("/dev/tty")
    .map(OwnedFd::from)
    .or_else(|_| io::stdin().as_fd().try_clone_to_owned())
}

/// `elapsed` is the time since the question was painted.
fn converse(
  terminal: &mut Terminal,
  mut confirm: Confirm,
  closed: &AtomicBool,
  elapsed: impl Fn() -> Duration,
) -> io::Result<Option<Answer>> {
  let mut keys = Keys::default();
  let mut line = AnswerLine::new(confirm.ask());
  loop {
    if closed.load(Ordering::Relaxed) {
      terminal.write("\n")?;
      return Ok(None);
    }
    let wake = [confirm.wake_at(), keys.wake_at()].into_iter().flatten();
    let wait = wake
      .min()
      .map_or(LISTEN, |at| at.saturating_sub(elapsed()).min(LISTEN));
    let heard = terminal.listen(Some(wait))?;
    let at = elapsed();
    let inputs = match heard {
      Heard::Bytes(bytes) => keys.bytes(&bytes, at),
      Heard::Nothing => vec![keys.silence(at).unwrap_or(Input::Quiet)],
      Heard::Gone => vec![Input::Gone],
    };
    for input in inputs {
      match confirm.feed(at, input) {
        Verdict::Arming => {}
        Verdict::Pending { typed, hint } => terminal.write(&line.show(&typed, hint))?,
        Verdict::Confirmed => return Ok(Some(Answer::Yes)),
        Verdict::Cancelled(why) => return Ok(Some(Answer::No(why))),
      }
    }
  }
}

/// The line the answer is typed on. It appears when keys begin to count, not before.
struct AnswerLine {
  label: String,
  again: &'static str,
  wrong: String,
  shown: Option<String>,
}

impl AnswerLine {
  fn new(ask: &Ask) -> Self {
    let (label, again) = match ask {
      Ask::Key(key) => (
        format!("Press {key} to go on. Esc, q, n or Enter: leave everything as it is. "),
        "That was too quick to count: press it again.",
      ),
      Ask::Word(word) | Ask::Phrase(word) => (
        format!("Type  {word}  then Enter (Esc: leave everything as it is):  "),
        "That was too quick to count: press Enter again.",
      ),
    };
    let wrong = match ask {
      Ask::Key(_) => String::new(),
      Ask::Word(word) | Ask::Phrase(word) => format!("That was not  {word}"),
    };
    Self {
      label,
      again,
      wrong,
      shown: None,
    }
  }

  /// What to write so that the line shows `typed`.
  fn show(&mut self, typed: &str, hint: Option<Hint>) -> String {
    let hint = match hint {
      Some(Hint::TooSoon) => Some(self.again),
      Some(Hint::NotTheWord) => Some(self.wrong.as_str()),
      None => None,
    };
    let out = match (&self.shown, hint) {
      (_, Some(hint)) => format!("\n{hint}\n{}{typed}", self.label),
      (None, None) => format!("{}{typed}", self.label),
      (Some(shown), None) => edit(shown, typed),
    };
    self.shown = Some(typed.to_owned());
    out
  }
}

/// Turns one shown text into another at the end of the line.
fn edit(from: &str, to: &str) -> String {
  let same = from
    .chars()
    .zip(to.chars())
    .take_while(|(a, b)| a == b)
    .count();
  let mut out = "\u{8} \u{8}".repeat(from.chars().count() - same);
  out.extend(to.chars().skip(same));
  out
}
