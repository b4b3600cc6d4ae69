//! A command of the team's own at a named moment; a failing hook fails the operation.

use std::collections::BTreeMap;

use super::Context;
use crate::{
  config::Hook,
  engine::world::StepResult,
  model::event::{Failure, Produced},
};

pub(super) async fn run(context: &Context<'_>, name: &str) -> StepResult {
  let hook = match name {
    "before_deploy" => Hook::BeforeDeploy,
    "before_switch" => Hook::BeforeSwitch,
    "after_switch" => Hook::AfterSwitch,
    "after_rollback" => Hook::AfterRollback,
    _ => Hook::OnFailure,
  };
  let Some(command) = context.world.site.hooks.get(&hook) else {
    return Ok(Produced::Nothing);
  };
  let output = context
    .world
    .commands
    .run(
      command,
      &environment(context),
      context.deadline,
      context.note,
    )
    .await
    .map_err(|error| context.world.failed(&error))?;
  if output.exit_code == 0 {
    return Ok(Produced::Nothing);
  }
  Err(
    Failure::new(format!(
      "hook {name} ended with exit code {}",
      output.exit_code
    ))
    .output(&context.world.site.secrets.mask(&output.output))
    .rerun(context.world.site.secrets.mask(&command.join(" "))),
  )
}

/// What hooks and host commands are told.
pub(super) fn environment(context: &Context<'_>) -> BTreeMap<String, String> {
  let plan = context.plan();
  let mut environment = BTreeMap::from([
    ("CUTOVER_SITE".to_owned(), plan.site.clone()),
    ("CUTOVER_OPERATION".to_owned(), context.id().0.to_string()),
    ("CUTOVER_KIND".to_owned(), plan.kind.word().to_owned()),
    (
      "CUTOVER_ACTOR".to_owned(),
      context.order.actor.user.to_string(),
    ),
  ]);
  for (key, value) in [
    ("CUTOVER_TARGET", plan.target.map(|slot| slot.to_string())),
    ("CUTOVER_FROM", plan.from.map(|slot| slot.to_string())),
    (
      "CUTOVER_VERSION",
      plan.version.as_ref().map(ToString::to_string),
    ),
    (
      "CUTOVER_FROM_VERSION",
      plan.from_version.as_ref().map(ToString::to_string),
    ),
  ] {
    if let Some(value) = value {
      environment.insert(key.to_owned(), value);
    }
  }
  environment
}
