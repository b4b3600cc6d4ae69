//! `init` has no site yet: it is put together before a configuration is looked for. What it wrote
//! is then looked over by the doctor and rehearsed like any other site.

use super::{Out, environment};
use crate::{
  adapters::survey::MachineScout,
  cli::{
    args::{Cli, Doctor, Init, OnlyDryRun, Verb},
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
  if cli.globals.json {
    return made.outcome;
  }
  let doctor = Verb::Doctor(Doctor { scripts: None });
  let health = Box::pin(super::run(cli.then(&file, doctor))).await;
  let next = init::Next::after(health, made.runs);
  if !init::goes_on(&mut bench, &file, next) {
    return made.outcome;
  }
  let mut rehearse = cli.then(&file, Verb::Rehearse(OnlyDryRun::default()));
  rehearse.globals.yes = true;
  Box::pin(super::run(rehearse)).await
}
