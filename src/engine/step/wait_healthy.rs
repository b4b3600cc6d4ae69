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
    container::{Container, ContainerState},
    event::{Failure, Produced},
    evidence::Tested,
    health::HealthReport,
    plan::TO_EXPLAIN,
    shown::Shown,
  },
};

const LOG_LINES: usize = 20;
/// A container that dies of its own start does so within seconds, after it answered "healthy".
const SETTLE: Duration = Duration::from_secs(5);

pub(super) async fn run(context: &Context<'_>, slot: Slot, service: Option<&str>) -> StepResult {
  let world = &context.world.only(slot, service);
  let (needed, every) = pace(&world.site.services, slot);
  let until = Instant::now() + context.deadline.saturating_sub(TO_EXPLAIN);
  let mut row = 0;
  let mut settled: Vec<Tested> = Vec::new();
  let mut said = String::new();
  loop {
    let mut containers = world
      .runtime
      .containers(slot)
      .await
      .map_err(|error| world.failed(&error))?;
    containers.retain(|container| service.is_none_or(|service| container.service == service));
    if let Some(fallen) = fallen(&containers, &settled) {
      return Err(explain(world, slot, &containers, Some(&fallen), None).await);
    }
    let report = health::look(world, slot, &containers).await;
    let stable = settled.is_empty() || settled == report.containers;
    settled.clone_from(&report.containers);
    row = if report.is_ok() && stable { row + 1 } else { 0 };
    let unsettled = settles_in(world, &containers, context.deadline / 3);
    if row >= needed && unsettled.is_zero() {
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
    // Where nothing but that time is wanting, the look that decides comes right after it.
    let enough = row + 1 >= needed && unsettled > Duration::ZERO;
    sleep(if enough { unsettled.min(every) } else { every }).await;
  }
}

/// How long until every container has been up long enough to be believed; a site that allows
/// little time is held to a third of it.
fn settles_in(world: &World, containers: &[Container], most: Duration) -> Duration {
  let now = world.clock.now();
  let settle = SETTLE.min(most);
  containers
    .iter()
    .filter_map(|container| container.started_at)
    // A clock that was set back says nothing about how long it has been up.
    .filter_map(|started| (now - started).to_std().ok())
    .map(|up| settle.saturating_sub(up))
    .max()
    .unwrap_or_default()
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
fn fallen(containers: &[Container], settled: &[Tested]) -> Option<Container> {
  containers
    .iter()
    .find(|container| {
      let restarted = settled
        .iter()
        .any(|before| before.container == container.id && container.restarts > before.restarts);
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
