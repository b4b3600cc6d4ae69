//! What both slots share, and last the proxy: started where it does not run, waited for, and
//! never recreated.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Context;
use crate::{
  config::Place,
  engine::{
    ports::{PortError, Shared},
    world::{StepResult, World},
  },
  model::{
    Slot, VersionName,
    container::{Container, DockerHealth},
    event::{Failure, Produced},
    plan::TO_EXPLAIN,
    shown::Shown,
  },
};

const LOOK: Duration = Duration::from_millis(500);
/// A proxy that refuses its configuration ends at once; one that is up has workers by then.
const PROXY: Duration = Duration::from_secs(30);

/// Networks, database and the like, until each that has a health check passes it.
pub(super) async fn behind(context: &Context<'_>, slot: Slot) -> StepResult {
  let world = context.world;
  let version = version(context)?;
  let names = world
    .runtime
    .start_shared(Shared::Behind, slot, version, context.note)
    .await
    .map_err(|error| world.failed(&error))?;
  let until = Instant::now() + context.deadline.saturating_sub(TO_EXPLAIN);
  let mut said = String::new();
  loop {
    let containers = world
      .runtime
      .shared()
      .await
      .map_err(|error| world.failed(&error))?;
    let waits = names.iter().find_map(|name| {
      let found = containers.iter().find(|found| found.service == *name);
      not_ready(name, found)
    });
    let Some(waits) = waits else {
      return Ok(Produced::Said {
        text: Shown::line(&format!("up: {}", names.join(", "))),
      });
    };
    if Instant::now() >= until {
      return Err(explain(world, &waits, &containers).await);
    }
    if waits != said {
      (context.note)(&waits);
      said = waits;
    }
    sleep(LOOK).await;
  }
}

/// The proxy with the new file in place.
pub(super) async fn proxy(context: &Context<'_>, slot: Slot) -> StepResult {
  let world = context.world;
  let started = match world.site.router.place() {
    Place::Host if is_up(world).await => Ok(()),
    Place::Host => world.router.start().await,
    Place::Service(_) | Place::Container(_) => world
      .runtime
      .start_shared(Shared::Proxy, slot, version(context)?, context.note)
      .await
      .map(drop),
  };
  started.map_err(|error| world.failed(&error))?;
  let until = Instant::now() + PROXY;
  while !is_up(world).await {
    if Instant::now() >= until {
      return Err(fallen(world).await);
    }
    sleep(LOOK).await;
  }
  Ok(Produced::Nothing)
}

fn version<'a>(context: &'a Context<'_>) -> Result<&'a VersionName, Failure> {
  let version = context.plan().version.as_ref();
  version.ok_or_else(|| Failure::new("the plan names no version"))
}

async fn is_up(world: &World) -> bool {
  world
    .router
    .workers()
    .await
    .is_ok_and(|workers| !workers.active.is_empty())
}

fn not_ready(name: &str, found: Option<&Container>) -> Option<String> {
  match found {
    None => Some(format!("{name} has no container")),
    Some(found) if !found.is_running() => Some(format!("{name} is {}", found.state)),
    Some(found) => match found.health {
      DockerHealth::Starting | DockerHealth::Unhealthy => {
        Some(format!("{name} is not healthy yet"))
      }
      DockerHealth::None | DockerHealth::Healthy => None,
    },
  }
}

async fn explain(world: &World, what: &str, containers: &[Container]) -> Failure {
  let mut failure = Failure::new(what);
  let culprit = containers
    .iter()
    .find(|found| not_ready(&found.service, Some(found)).is_some());
  if let Some(container) = culprit {
    if let Ok(lines) = world.runtime.log_tail(&container.id, 20).await {
      failure.log = lines.iter().map(|line| world.shown(line)).collect();
    }
    failure = failure.rerun(format!("docker logs --tail 100 {}", container.name));
    failure.container = Some(Box::new(container.clone()));
  }
  failure
}

/// Why the proxy did not come up: its own last words.
async fn fallen(world: &World) -> Failure {
  let facts = world.router.facts().await;
  let mut failure = Failure::new("the proxy did not come up");
  let Ok(facts) = facts.map_err(|error: PortError| drop(error)) else {
    return failure.rerun(world.command("status").as_str());
  };
  if let Some(id) = &facts.proxy.container
    && let Ok(lines) = world.runtime.log_tail(id, 20).await
  {
    failure.log = lines.iter().map(|line| world.shown(line)).collect();
  }
  failure.rerun(format!("docker logs --tail 100 {}", facts.proxy.name))
}
