//! N looks in a row are healthy, on containers that did not restart in between; or the first cause.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Context;
use crate::{
  config::Service,
  engine::{
    health::{self, describe_stopped},
    world::{StepResult, World},
  },
  model::{
    Slot,
    container::{Container, ContainerId, ContainerState},
    event::{Failure, Produced},
    health::HealthReport,
    plan::TO_EXPLAIN,
    shown::Shown,
  },
};

const LOG_LINES: usize = 20;
/// A container that dies of its own start does so within seconds, after it answered "healthy".
const SETTLE: Duration = Duration::from_secs(5);

pub(super) async fn run(context: &Context<'_>, slot: Slot) -> StepResult {
  let world = context.world;
  let (needed, every) = pace(&world.site.services, slot);
  let until = Instant::now() + context.deadline.saturating_sub(TO_EXPLAIN);
  let mut row = 0;
  let mut settled: Vec<(ContainerId, u32)> = Vec::new();
  let mut said = String::new();
  loop {
    let containers = world
      .runtime
      .containers(slot)
      .await
      .map_err(|error| world.failed(&error))?;
    if let Some(fallen) = fallen(&containers, &settled) {
      return Err(explain(world, slot, &containers, Some(&fallen), None).await);
    }
    let report = health::look(world, slot, &containers).await;
    let stable = settled.is_empty() || settled == report.containers;
    settled.clone_from(&report.containers);
    row = if report.is_ok() && stable { row + 1 } else { 0 };
    if row >= needed && settled_down(world, &containers, context.deadline / 3) {
      return Ok(Produced::Healthy { report });
    }
    let summary = report.summary();
    if summary != said {
      (context.note)(&summary);
      said = summary;
    }
    if Instant::now() >= until {
      return Err(explain(world, slot, &containers, None, Some(&report)).await);
    }
    sleep(every).await;
  }
}

/// Every container has been up long enough to be believed; a site that allows little time is held
/// to a third of it.
fn settled_down(world: &World, containers: &[Container], most: Duration) -> bool {
  let now = world.clock.now();
  let settle = chrono::Duration::from_std(SETTLE.min(most)).unwrap_or_default();
  containers
    .iter()
    .filter_map(|container| container.started_at)
    .map(|started| now - started)
    // A clock that was set back says nothing about how long it has been up.
    .all(|up| up >= settle || up < chrono::Duration::zero())
}

/// How many looks in a row, and how far apart: the most careful service decides.
fn pace(services: &[Service], slot: Slot) -> (u32, Duration) {
  let checks = services
    .iter()
    .filter_map(|service| service.check[slot].as_ref());
  let needed = checks
    .clone()
    .map(|check| check.consecutive)
    .max()
    .unwrap_or(2);
  let every = checks
    .map(|check| check.every)
    .min()
    .unwrap_or(Duration::from_secs(1));
  (needed, every)
}

/// A container that ended, or that restarted while it was watched: waiting will not mend it.
fn fallen(containers: &[Container], settled: &[(ContainerId, u32)]) -> Option<Container> {
  containers
    .iter()
    .find(|container| {
      let restarted = settled
        .iter()
        .any(|(id, restarts)| *id == container.id && container.restarts > *restarts);
      restarted
        || container.oom_killed
        || matches!(
          container.state,
          ContainerState::Exited | ContainerState::Dead
        )
        || (container.state == ContainerState::Restarting && container.restarts > 0)
    })
    .cloned()
}

/// The first cause: the container at fault, its health check's own output, its last log lines.
pub(crate) async fn explain(
  world: &World,
  slot: Slot,
  containers: &[Container],
  fallen: Option<&Container>,
  report: Option<&HealthReport>,
) -> Failure {
  let fallen = match fallen {
    Some(container) => Some(with_last_exit(world, container).await),
    None => None,
  };
  let culprit = fallen
    .as_ref()
    .or_else(|| containers.iter().find(|container| !container.is_running()))
    .or_else(|| at_fault(containers, report));
  let what = match (&fallen, report.and_then(HealthReport::first_fault)) {
    (Some(container), _) => describe_stopped(container),
    (None, Some(fault)) => format!(
      "{} is not healthy in time: {} {}",
      slot.shout(),
      fault.level,
      fault.detail
    ),
    (None, None) => format!("{} is not healthy in time", slot.shout()),
  };
  let mut failure = Failure::new(world.site.secrets.mask(&what));
  if let Some(container) = culprit {
    if let Some(output) = &container.health_output {
      failure = failure.output(&world.site.secrets.mask(output));
    }
    failure.log = tail(world, container).await;
    failure.container = Some(Box::new(container.clone()));
    failure = failure.rerun(format!("docker logs --tail 100 {}", container.name));
  }
  failure.rerun(world.command(&format!("health {slot} -v")).as_str())
}

/// A container that was started again says "running"; what it died of is what matters.
async fn with_last_exit(world: &World, container: &Container) -> Container {
  let mut container = container.clone();
  let again = container.is_running() || container.state == ContainerState::Restarting;
  if again && let Ok(Some(exit)) = world.runtime.last_exit(&container.id).await {
    container.exit_code = Some(exit.code);
    container.oom_killed |= exit.out_of_memory;
  }
  container
}

fn at_fault<'a>(
  containers: &'a [Container],
  report: Option<&HealthReport>,
) -> Option<&'a Container> {
  let fault = report?.first_fault()?;
  containers
    .iter()
    .find(|container| {
      let detail = fault.detail.as_str();
      detail.contains(&container.name) || detail.starts_with(&container.service)
    })
    .or_else(|| containers.first())
}

async fn tail(world: &World, container: &Container) -> Vec<Shown> {
  match world.runtime.log_tail(&container.id, LOG_LINES).await {
    Ok(lines) => lines.iter().map(|line| world.shown(line)).collect(),
    Err(error) => vec![world.shown(&format!("its log cannot be read: {error}"))],
  }
}
