//! From words to `Cli`, or to a text and an exit code. Never ends the process itself.

use std::ffi::OsString;

use clap::{CommandFactory, Parser, error::ErrorKind};

use super::Cli;
use crate::model::{operation::Outcome, shown::Shown};

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
  Cli::try_parse_from(args).map_err(|error| {
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

/// An error repeats what was typed, which may have been pasted from anywhere.
fn clean(text: &str) -> String {
  let mut out = String::with_capacity(text.len());
  for line in Shown::lines(text) {
    out.push_str(line.as_str().trim_end());
    out.push('\n');
  }
  out
}
