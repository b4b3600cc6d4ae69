//! From words to `Cli`, or to a text and an exit code. Never ends the process itself.

use std::ffi::OsString;

use clap::{
  CommandFactory, Parser,
  error::{ContextKind, ContextValue, ErrorKind},
};

use super::Cli;
use crate::model::{operation::Outcome, shown::Shown};

/// So much of a wrong value is repeated in the error.
const MOST_REPEATED: usize = 60;

/// Where a text belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
  Stdout,
  Stderr,
}

/// Parsing ended the command: with help that was asked for, or with what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
  pub outcome: Outcome,
  pub stream: Stream,
  pub text: String,
}

/// The model of the whole command line, for help and documentation.
pub fn command() -> clap::Command {
  Cli::command()
}

/// `args` starts with the program's own name.
pub fn parse<I, T>(args: I) -> Result<Cli, Stop>
where
  I: IntoIterator<Item = T>,
  T: Into<OsString> + Clone,
{
  Cli::try_parse_from(args).map_err(|mut error| {
    shorten(&mut error);
    let asked = matches!(
      error.kind(),
      ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    Stop {
      outcome: if asked { Outcome::Done } else { Outcome::Usage },
      stream: if asked {
        Stream::Stdout
      } else {
        Stream::Stderr
      },
      text: clean(&error.render().to_string()),
    }
  })
}

/// What was typed may be far longer than what there is to say about it.
fn shorten(error: &mut clap::Error) {
  for kind in [
    ContextKind::InvalidValue,
    ContextKind::InvalidSubcommand,
    ContextKind::InvalidArg,
  ] {
    if let Some(ContextValue::String(value)) = error.get(kind)
      && value.chars().count() > MOST_REPEATED
    {
      let mut short: String = value.chars().take(MOST_REPEATED).collect();
      short.push_str("...");
      error.insert(kind, ContextValue::String(short));
    }
  }
}

/// An error repeats what was typed, which may have been pasted from anywhere.
fn clean(text: &str) -> String {
  let mut out = String::with_capacity(text.len());
  for line in Shown::lines(text) {
    out.push_str(line.as_str().trim_end());
    out.push('\n');
  }
  out
}
