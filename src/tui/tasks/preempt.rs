//! Starts what was confirmed; a rollback that pushes another operation aside first waits until
//! that one has ended, and begins only if it still is what was confirmed.

use crate::{
  engine::{
    self, Intent,
    intent::{Force, Rollback},
    plan,
    ports::{Launch, Operations},
    preempt::{Preempted, preempt},
    world::World,
  },
  model::{plan::Plan, shown::Shown},
};

pub(super) async fn launch(
  world: &World,
  operations: &dyn Operations,
  plan: Plan,
) -> Result<Launch, Shown> {
  let plan = match &plan.preempts {
    None => plan,
    Some(_) => aside(world, operations, plan).await?,
  };
  let actor = operations.actor();
  operations
    .launch(plan, &actor)
    .await
    .map_err(|error| world.shown(&error.to_string()))
}

/// The plan to start once nothing is in its way any more.
async fn aside(world: &World, operations: &dyn Operations, agreed: Plan) -> Result<Plan, Shown> {
  let pushed = preempt(world, operations, &agreed, &mut |_| {})
    .await
    .map_err(|error| world.shown(&error.to_string()))?;
  match pushed {
    Preempted::Ended(_) => {}
    Preempted::Interrupted => return Err("its runner died: R puts users back now".into()),
    Preempted::MovesUsers => return Err("it moves users by now: look, then press R again".into()),
  }
  let seen = engine::observe(world).await;
  let intent = Intent::Rollback(Rollback {
    version: None,
    reason: agreed.reason.as_ref().map(ToString::to_string),
    force: Force::No,
    undoes: agreed.premise.undoes,
  });
  match plan::plan(world, &seen, &intent).await {
    Ok(now) if now.is_covered_by(&agreed) => Ok(now),
    Ok(_) => Err("what was confirmed is no longer what would be done: press R again".into()),
    Err(refusal) => Err(
      refusal
        .faults
        .into_iter()
        .next()
        .map_or_else(|| "it is refused now".into(), |fault| fault.what),
    ),
  }
}
