//! `cutover doctor`: what was found, as a page or as JSON, and 8 when something is red.

use serde::Serialize;

use crate::{
  cli::{
    args::Globals,
    output::{Out, WriteError},
  },
  model::{
    finding::{Diagnosis, Severity},
    operation::Outcome,
  },
  render::{self, Detail},
};

#[derive(Serialize)]
struct Told<'a> {
  schema: u32,
  red: usize,
  amber: usize,
  note: usize,
  #[serde(flatten)]
  diagnosis: &'a Diagnosis,
}

/// Says what was found. Also for a folder without a site, where there is no desk to say it at.
pub fn tell(
  out: &mut Out,
  globals: &Globals,
  diagnosis: &Diagnosis,
) -> Result<Outcome, WriteError> {
  if globals.json {
    out.json(&Told {
      schema: 1,
      red: diagnosis.count(Severity::Red),
      amber: diagnosis.count(Severity::Amber),
      note: diagnosis.count(Severity::Note),
      diagnosis,
    })?;
  } else {
    let detail = match (globals.quiet, globals.verbose) {
      (true, _) => Detail::Quiet,
      (false, true) => Detail::Verbose,
      (false, false) => Detail::Normal,
    };
    out.data(&render::doctor::page(diagnosis, detail))?;
  }
  Ok(if diagnosis.is_red() {
    Outcome::Misconfigured
  } else {
    Outcome::Done
  })
}
