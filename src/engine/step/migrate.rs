//! The migration: at most one at a time on the database, with lock and statement timeouts, and
//! with the schema head read before and after.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::{Instant, sleep};

use super::{Context, hook, wait_healthy};
use crate::{
  config::{Migrate, RunIn},
  engine::{ports::CommandOutput, world::StepResult},
  model::{
    Slot,
    container::Container,
    event::{Failure, Produced},
    shown::Shown,
  },
};

pub(super) async fn run(context: &Context<'_>, slot: Slot) -> StepResult {
  match migrate(context, slot).await {
    Err(failure) => Err(first_cause(context, slot, failure).await),
    done => done,
  }
}

/// A command fails when its container dies under it; then the container's end is the cause, and
/// Docker needs a moment to tell it.
async fn first_cause(context: &Context<'_>, slot: Slot, failure: Failure) -> Failure {
  let world = context.world;
  let Ok(Migrate {
    run_in: RunIn::Service(key),
    ..
  }) = configured(context)
  else {
    return failure;
  };
  for _ in 0..10 {
    let Ok(containers) = world.runtime.containers(slot).await else {
      return failure;
    };
    let fallen = containers.iter().find(|container| {
      let down = !container.is_running() || container.oom_killed || container.restarts > 0;
      container.service == *key && down
    });
    if let Some(fallen) = fallen {
      let mut cause = wait_healthy::explain(world, slot, &containers, Some(fallen), None).await;
      cause.output.push(failure.what);
      return cause;
    }
    sleep(Duration::from_millis(200)).await;
  }
  failure
}

async fn migrate(context: &Context<'_>, slot: Slot) -> StepResult {
  let world = context.world;
  let migrate = configured(context)?;
  if matches!(migrate.run_in, RunIn::Service(_)) {
    context.must_not_be_live(slot).await?;
  }
  wait_for_leftover(context, migrate, slot).await?;
  let lock = match &world.database {
    Some(database) => Some(
      database
        .migration_lock()
        .await
        .map_err(|error| world.failed(&error))?,
    ),
    None => None,
  };
  let before = head(context, slot).await?;
  if let Some(before) = &before {
    (context.note)(&format!("schema head before: {before}"));
  }
  let output = command(context, migrate, slot, &migrate.command).await?;
  drop(lock);
  if output.exit_code != 0 {
    return Err(
      Failure::new(format!(
        "the migration ended with exit code {}",
        output.exit_code
      ))
      .output(&world.site.secrets.mask(&output.output))
      .rerun(world.command(&format!("migrate {slot} --status")).as_str()),
    );
  }
  let after = head(context, slot).await?;
  Ok(Produced::Migrated { before, after })
}

fn configured<'a>(context: &'a Context<'_>) -> Result<&'a Migrate, Failure> {
  context
    .world
    .site
    .database
    .as_ref()
    .and_then(|database| database.migrate.as_ref())
    .ok_or_else(|| Failure::new("no migration is configured"))
}

/// The schema head as the site's own status command prints it, when one is configured.
pub(super) async fn head(context: &Context<'_>, slot: Slot) -> Result<Option<String>, Failure> {
  let Some(migrate) = context
    .world
    .site
    .database
    .as_ref()
    .and_then(|database| database.migrate.as_ref())
  else {
    return Ok(None);
  };
  let Some(status) = &migrate.status else {
    return Ok(None);
  };
  let output = command(context, migrate, slot, status).await?;
  if output.exit_code != 0 {
    return Err(
      Failure::new(format!(
        "the migration status ended with exit code {}",
        output.exit_code
      ))
      .output(&context.world.site.secrets.mask(&output.output)),
    );
  }
  Ok(
    output
      .output
      .lines()
      .rev()
      .find(|line| !line.trim().is_empty())
      .map(|line| Shown::line(line.trim()).to_string()),
  )
}

/// A killed `docker exec` client leaves its process running: an earlier run of ours may still be
/// at work inside the container.
async fn wait_for_leftover(
  context: &Context<'_>,
  migrate: &Migrate,
  slot: Slot,
) -> Result<(), Failure> {
  let RunIn::Service(key) = &migrate.run_in else {
    return Ok(());
  };
  let container = container(context, slot, key).await?;
  let tag = migrate.command.join(" ");
  let until = Instant::now() + context.deadline;
  loop {
    let running = context
      .world
      .runtime
      .exec_running(&container.id, &tag)
      .await
      .map_err(|error| context.world.failed(&error))?;
    if !running {
      return Ok(());
    }
    if Instant::now() > until {
      return Err(Failure::new(
        "an earlier run of the migration is still at work in the container",
      ));
    }
    (context.note)("an earlier run of the migration is still at work: waiting for it");
    sleep(Duration::from_secs(1)).await;
  }
}

async fn command(
  context: &Context<'_>,
  migrate: &Migrate,
  slot: Slot,
  command: &[String],
) -> Result<CommandOutput, Failure> {
  let world = context.world;
  let mut environment: BTreeMap<String, String> = hook::environment(context);
  environment.insert(
    "PGOPTIONS".to_owned(),
    format!(
      "-c lock_timeout={} -c statement_timeout={}",
      migrate.lock_timeout.as_millis(),
      migrate.statement_timeout.as_millis()
    ),
  );
  match &migrate.run_in {
    RunIn::Host => {
      world
        .commands
        .run(command, &environment, context.deadline, context.note)
        .await
    }
    RunIn::Service(key) => {
      let container = container(context, slot, key).await?;
      world
        .runtime
        .exec(
          &container.id,
          command,
          &environment,
          context.deadline,
          context.note,
        )
        .await
    }
  }
  .map_err(|error| world.failed(&error))
}

async fn container(context: &Context<'_>, slot: Slot, key: &str) -> Result<Container, Failure> {
  let world = context.world;
  let containers = world
    .runtime
    .containers(slot)
    .await
    .map_err(|error| world.failed(&error))?;
  match containers.iter().find(|container| container.service == key) {
    Some(container) if container.is_running() => Ok(container.clone()),
    Some(fallen) => Err(wait_healthy::explain(world, slot, &containers, Some(fallen), None).await),
    None => Err(Failure::new(format!(
      "{key} of {} has no container, so nothing can be run in it",
      slot.shout()
    ))),
  }
}
