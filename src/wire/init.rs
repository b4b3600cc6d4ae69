//! `init` has no site yet: it is put together before a configuration is looked for. What it wrote
//! is then rehearsed like any other site.

use super::{Out, environment};
use crate::{
  adapters::survey::MachineScout,
  cli::{
    args::{Cli, Init},
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
  init::run(&mut bench, init).await.outcome
}
