//! The site's own smoke tests, in order, captured values handed on; the first failure ends it.

use std::collections::BTreeMap;

use super::Context;
use crate::{
  engine::world::StepResult,
  model::{
    Slot,
    check::SmokeResult,
    event::{Failure, Produced},
    shown::Shown,
  },
};

pub(super) async fn run(context: &Context<'_>, slot: Slot) -> StepResult {
  let world = context.world;
  let containers = world
    .runtime
    .containers(slot)
    .await
    .map_err(|error| world.failed(&error))?;
  let tests = &world.site.smoke;
  let mut results: Vec<SmokeResult> = Vec::new();
  let mut captured: BTreeMap<String, String> = BTreeMap::new();
  for (index, test) in tests.iter().enumerate() {
    let report = world
      .probe
      .smoke(slot, &containers, test, &captured)
      .await
      .map_err(|error| failed(context, slot, &test.name, &error.to_string()))?;
    (context.note)(&format!(
      "{}/{} {} {}: {}",
      index + 1,
      tests.len(),
      if report.passed { "ok" } else { "failed" },
      test.name,
      report.detail
    ));
    if !report.passed {
      let mut failure = failed(context, slot, &test.name, report.detail.as_str());
      failure.exchange = report.exchange;
      return Err(failure);
    }
    captured.extend(report.captured);
    results.push(SmokeResult {
      name: Shown::line(&test.name),
      passed: true,
      detail: report.detail,
      millis: report.millis,
    });
  }
  Ok(Produced::Smoked { results })
}

fn failed(context: &Context<'_>, slot: Slot, name: &str, why: &str) -> Failure {
  let world = context.world;
  Failure::new(world.site.secrets.mask(&format!(
    "smoke test '{name}' failed on {}: {why}",
    slot.shout()
  )))
  .rerun(
    world
      .command(&format!("smoke {slot} --only '{name}'"))
      .as_str(),
  )
  .rerun(world.command(&format!("logs {slot}")).as_str())
}
