//! The whole command line as types. Parsing needs no configuration, no Docker and no lock, and
//! nothing here runs anything: `intent` turns a verb into what the engine is asked for.

mod globals;
mod intent;
mod looks;
mod offered;
mod parse;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
mod verbs;

use std::path::Path;

use clap::Parser;

pub use globals::{ColorWhen, DryRun, Globals};
pub use looks::{Doctor, Logs, Watch};
pub use parse::{Stop, Stream, command, parse};
pub use verbs::{
  Completions, ConfigVerb, Demo, Deploy, Health, History, Init, LockVerb, Migrate, Note, NumberArg,
  OnlyDryRun, Operate, PartArg, Proxy, Restore, Rollback, Shell, Show, Smoke, Status, Supervise,
  Switch, Target, Ui, Verb,
};

/// Blue/green operations: deploy beside users, prove it, switch, roll back.
#[derive(Clone, Debug, Parser)]
#[command(
  name = "cutover",
  bin_name = "cutover",
  max_term_width = 80,
  version,
  disable_help_subcommand = true,
  before_help = "Example: cutover status",
  after_help = crate::cli::exit::list(),
  subcommand_value_name = "VERB",
  subcommand_help_heading = "Verbs",
)]
pub struct Cli {
  #[command(flatten)]
  pub globals: Globals,
  #[command(flatten)]
  before: DryRun,
  /// Nothing typed is the console on a terminal, else `status`.
  #[command(subcommand)]
  pub verb: Option<Verb>,
}

impl Cli {
  /// Another verb on the site of `file`, as this one was typed.
  #[must_use]
  pub fn then(&self, file: &Path, verb: Verb) -> Self {
    let mut then = self.clone();
    then.globals.config = Some(file.to_owned());
    then.verb = Some(verb);
    then
  }

  /// `--dry-run`, before or after the verb.
  pub fn dry_run(&self) -> DryRun {
    let after = self.verb.as_ref().and_then(Verb::dry_run);
    DryRun {
      dry_run: self.before.dry_run || after.is_some_and(|flag| flag.dry_run),
    }
  }
}
