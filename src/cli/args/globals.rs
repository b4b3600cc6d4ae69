//! Flags that every verb understands, before or after it.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

#[derive(Clone, Debug, Args)]
#[allow(
  clippy::struct_excessive_bools,
  reason = "each is one flag of the command line, read once"
)]
pub struct Globals {
  /// Configuration file (default: cutover.toml here or above)
  #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
  pub config: Option<PathBuf>,
  /// A site by its name, from the user's or the machine's sites
  #[arg(long, global = true, value_name = "NAME", help_heading = "Everywhere")]
  pub site: Option<String>,
  /// One JSON object, or one JSON line per event
  #[arg(long, global = true, help_heading = "Everywhere")]
  pub json: bool,
  /// Lines only: no full screen, no color
  #[arg(long, global = true, help_heading = "Everywhere")]
  pub plain: bool,
  /// Say only how it ended and what went wrong
  #[arg(
    long,
    short,
    global = true,
    conflicts_with = "verbose",
    help_heading = "Everywhere"
  )]
  pub quiet: bool,
  /// Show also what commands and checks said
  #[arg(long, short, global = true, help_heading = "Everywhere")]
  pub verbose: bool,
  /// Go on without asking; never past a failed check, which takes --confirm
  #[arg(long, short, global = true, help_heading = "Everywhere")]
  pub yes: bool,
  /// Answer the question that takes a word or a phrase, such as --confirm green
  #[arg(long, global = true, value_name = "WORD", help_heading = "Everywhere")]
  pub confirm: Option<String>,
  /// Never ask: an unanswered question ends with exit code 2
  #[arg(long, global = true, help_heading = "Everywhere")]
  pub no_input: bool,
  /// Color on a terminal, always or never (`NO_COLOR` is respected)
  #[arg(
    long,
    global = true,
    value_name = "WHEN",
    value_enum,
    default_value_t = ColorWhen::Auto,
    help_heading = "Everywhere"
  )]
  pub color: ColorWhen,
  /// Stop waiting after this long, such as 90s or 10m; the operation runs on
  #[arg(
    long,
    global = true,
    value_name = "DURATION",
    value_parser = humantime::parse_duration,
    help_heading = "Everywhere"
  )]
  pub timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
  #[default]
  Auto,
  Always,
  Never,
}

/// Not among the global flags only because `history -n 20` means a number.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct DryRun {
  /// Show exactly what would be done, and do nothing
  #[arg(long, short = 'n')]
  pub dry_run: bool,
}
