//! Arguments of verbs that look for a while, or at a lot. The text of every field is its help.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use crate::model::Slot;

#[derive(Clone, Debug, Args)]
pub struct Doctor {
  /// Another folder with scripts of the site (default: the site's own folder alone)
  #[arg(long, value_name = "DIR")]
  pub scripts: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub struct Logs {
  /// blue or green (default: both)
  #[arg(value_name = "SLOT", hide_possible_values = true)]
  pub slot: Option<Slot>,
  /// Only this service
  #[arg(value_name = "SERVICE")]
  pub service: Option<String>,
  /// Go on as lines come
  #[arg(long, short)]
  pub follow: bool,
  /// How many lines from the end of each log
  #[arg(long, value_name = "N", default_value_t = 100)]
  pub tail: usize,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct Watch {
  /// How long after the switch (default: watch.for)
  #[arg(long = "for", value_name = "DURATION", value_parser = humantime::parse_duration)]
  pub window: Option<Duration>,
  /// When a limit breaks, roll back by itself, as rollback --yes would
  #[arg(long)]
  pub rollback: bool,
}
