//! `init` has no site yet: it is put together before a configuration is looked for. What it wrote
//! is then rehearsed like any other site.

use super::{Out, environment};
use crate::{
  adapters::survey::MachineScout,
  cli::{
    args::{self, Cli, Init},
    commands::init::{self, Bench},
  },
  model::operation::Outcome,
};

pub(super) async fn run(out: &mut Out, cli: &Cli, init: &Init) -> Outcome {
  let scout = MachineScout::default();
  let mut bench = Bench {
    out,
    globals: &cli.globals,
    scout: &scout,
    environment: &environment,
  };
  let made = init::run(&mut bench, init).await;
  let Some(file) = made.file.filter(|_| made.outcome == Outcome::Done) else {
    return made.outcome;
  };
  if !init::rehearses(&mut bench, &file) {
    return made.outcome;
  }
  let file = file.to_string_lossy().into_owned();
  let words = ["cutover", "--config", &file, "rehearse", "--yes"];
  match args::parse(words) {
    Ok(cli) => Box::pin(super::run(cli)).await,
    Err(stop) => stop.outcome,
  }
}
