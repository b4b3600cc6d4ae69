//! The one place that writes to the terminal: data to stdout, progress to stderr.
//!
//! Everything passes the same three gates here: secrets are masked, whatever could steer a
//! terminal is removed, and color is added last. Nothing else in the product writes to either.

mod json;
#[cfg(test)]
mod reference;

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::{
  cli::args::ColorWhen,
  config::Secrets,
  model::shown::Shown,
  render::{Line, Page, Tone},
};

/// Data did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
  /// The reader closed the pipe, as `head` does: end quietly, there is nobody to tell.
  #[error("the reader of the output is gone")]
  ReaderGone,
  #[error("the output could not be written: {0}")]
  Failed(#[from] io::Error),
  #[error("the output could not be put into JSON: {0}")]
  NotJson(#[from] serde_json::Error),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
  Plain,
  Color,
}

/// What one of the two streams leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
  pub paint: Paint,
  pub rows: Rows,
}

/// Whether long lines are broken between words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
  /// For eyes: at 80 columns.
  Broken,
  /// For files, pipes and `grep`: one line stays one line.
  Whole,
}

impl Paint {
  /// `--color`, then `NO_COLOR`, then whether a terminal that can do color is there.
  pub fn choose(when: ColorWhen, no_color: Option<&str>, term: Option<&str>, tty: bool) -> Self {
    let color = match when {
      ColorWhen::Always => true,
      ColorWhen::Never => false,
      ColorWhen::Auto => {
        tty && no_color.is_none_or(str::is_empty) && term.is_some_and(|term| term != "dumb")
      }
    };
    if color { Self::Color } else { Self::Plain }
  }
}

/// Stdout and stderr with their masks and colors.
pub struct Out {
  data: Box<dyn Write + Send>,
  progress: Box<dyn Write + Send>,
  data_target: Target,
  progress_target: Target,
  secrets: Secrets,
}

impl Out {
  /// The process's own streams. `plain` of the command line is `ColorWhen::Never`.
  pub fn process(when: ColorWhen) -> Self {
    let no_color = std::env::var("NO_COLOR").ok();
    let term = std::env::var("TERM").ok();
    let target = |tty| Target {
      paint: Paint::choose(when, no_color.as_deref(), term.as_deref(), tty),
      rows: if tty { Rows::Broken } else { Rows::Whole },
    };
    Self {
      data_target: target(io::stdout().is_terminal()),
      progress_target: target(io::stderr().is_terminal()),
      data: Box::new(io::stdout()),
      progress: Box::new(io::stderr()),
      secrets: Secrets::default(),
    }
  }

  /// Any two writers, for tests and for writing into a file.
  pub fn new(data: Box<dyn Write + Send>, progress: Box<dyn Write + Send>, target: Target) -> Self {
    Self {
      data,
      progress,
      data_target: target,
      progress_target: target,
      secrets: Secrets::default(),
    }
  }

  /// From here on these never appear; call it as soon as the site is read.
  pub fn mask(&mut self, secrets: Secrets) {
    self.secrets = secrets;
  }

  /// What was asked for.
  pub fn data(&mut self, page: &Page) -> Result<(), WriteError> {
    let text = dress(page, &self.secrets, self.data_target);
    send(&mut self.data, &text)
  }

  /// One JSON value on one line.
  pub fn json<T: Serialize>(&mut self, value: &T) -> Result<(), WriteError> {
    let mut text = json::clean(&serde_json::to_string(value)?, &self.secrets);
    text.push('\n');
    send(&mut self.data, &text)
  }

  /// A text of the program's own for another program to read, such as a completion script: byte for
  /// byte, because nothing in it came from outside.
  pub fn own(&mut self, text: &str) -> Result<(), WriteError> {
    send(&mut self.data, text)
  }

  /// What is going on. A reader that went away does not matter to an operation that runs.
  pub fn progress(&mut self, page: &Page) {
    let text = dress(page, &self.secrets, self.progress_target);
    let _ = send(&mut self.progress, &text);
  }

  /// `error: …` and, on lines of its own, what to type about it.
  pub fn error(&mut self, what: &str, fixes: &[String]) {
    let mut page = Page::default();
    page.wrapped(Tone::Bad, &format!("error: {what}"), 7);
    for fix in fixes {
      page.plain(format!("  {fix}"));
    }
    self.progress(&page);
  }
}

fn dress(page: &Page, secrets: &Secrets, target: Target) -> String {
  let mut out = String::new();
  for line in &page.0 {
    // Masked and cleaned before it is broken into rows, or a row could split a secret in two; and
    // masked again, for a secret that only becomes whole once hidden characters are gone.
    let clean = Shown::line(&secrets.mask(&line.text));
    let clean = Line {
      text: secrets.mask(clean.as_str()),
      ..line.clone()
    };
    let rows = match target.rows {
      Rows::Broken => clean.rows(),
      Rows::Whole => vec![clean.text],
    };
    for row in rows {
      paint(&mut out, row.trim_end(), line.tone, target.paint);
      out.push('\n');
    }
  }
  out
}

fn paint(out: &mut String, row: &str, tone: Tone, paint: Paint) {
  match code(tone).filter(|_| paint == Paint::Color && !row.is_empty()) {
    Some(code) => {
      out.push_str(code);
      out.push_str(row);
      out.push_str("\u{1b}[0m");
    }
    None => out.push_str(row),
  }
}

fn code(tone: Tone) -> Option<&'static str> {
  match tone {
    Tone::Plain => None,
    Tone::Strong => Some("\u{1b}[1m"),
    Tone::Faint => Some("\u{1b}[2m"),
    Tone::Good => Some("\u{1b}[32m"),
    Tone::Warn => Some("\u{1b}[33m"),
    Tone::Bad => Some("\u{1b}[1;31m"),
  }
}

fn send(to: &mut Box<dyn Write + Send>, text: &str) -> Result<(), WriteError> {
  match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
    Ok(()) => Ok(()),
    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(WriteError::ReaderGone),
    Err(error) => Err(WriteError::Failed(error)),
  }
}

#[cfg(test)]
mod tests;
