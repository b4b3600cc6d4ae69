//! Five levels of health for one slot, from containers and probes. Looks; never waits.

use std::fmt::Write;

use futures_util::future::join_all;

use super::world::World;
use crate::{
  config::{Check, Service, Site, Via},
  model::{
    Slot,
    check::CheckReport,
    container::{Container, DockerHealth},
    evidence::Tested,
    health::{HealthReport, Level, LevelReport, Pass},
    shown::Shown,
  },
};

/// One look at every level of `slot`; `containers` are the slot's, as just observed.
pub async fn look(world: &World, slot: Slot, containers: &[Container]) -> HealthReport {
  let started = world.clock.now();
  let levels = if let Some(fault) = absent_or_down(world, slot, containers) {
    let mut levels = vec![level(Level::Container, Pass::Failing, &fault)];
    levels.extend(
      [Level::Docker, Level::Http, Level::Database, Level::Frontend]
        .into_iter()
        .map(|l| level(l, Pass::Absent, "not checked: a container is down")),
    );
    levels
  } else {
    let mut levels = vec![
      level(
        Level::Container,
        Pass::Ok,
        &format!("{} running", containers.len()),
      ),
      docker(containers),
    ];
    levels.extend(requests(world, slot, containers).await);
    levels
  };
  let levels = levels
    .into_iter()
    .map(|level| LevelReport {
      detail: world.shown(level.detail.as_str()),
      ..level
    })
    .collect();
  HealthReport {
    slot,
    at: started,
    levels,
    containers: identities(containers),
  }
}

/// Which containers a verdict is about, sorted: a container engine promises no order. The start
/// time is part of it, because a restart by hand leaves the restart count as it was.
pub fn identities(containers: &[Container]) -> Vec<Tested> {
  let mut found: Vec<Tested> = containers.iter().map(Tested::of).collect();
  found.sort_by(|one, other| one.container.cmp(&other.container));
  found
}

fn level(level: Level, pass: Pass, detail: &str) -> LevelReport {
  LevelReport {
    level,
    pass,
    detail: Shown::line(detail),
    millis: None,
  }
}

fn absent_or_down(world: &World, slot: Slot, containers: &[Container]) -> Option<String> {
  for service in world
    .site
    .services
    .iter()
    .filter(|service| !service.optional)
  {
    let Some(container) = containers.iter().find(|c| c.service == service.key) else {
      return Some(format!("{} has no container", service.name[slot]));
    };
    if !container.is_running() {
      return Some(describe_stopped(container));
    }
  }
  None
}

/// `ala-api-green exited with code 137, killed for memory (OOM), 3 restarts`
pub fn describe_stopped(container: &Container) -> String {
  let mut text = format!("{} is {}", container.name, container.state);
  if container.is_running() {
    text = format!("{} was started again", container.name);
    if container.restarts > 0 {
      text.push_str(" by Docker");
    }
    if let Some(code) = container.exit_code {
      let _ = write!(text, " after it ended with exit code {code}");
    }
  } else if let Some(code) = container.exit_code
    && container.state != crate::model::container::ContainerState::Created
  {
    let _ = write!(text, " with exit code {code}");
  }
  if container.oom_killed {
    text.push_str(", killed for memory (OOM)");
  }
  if container.restarts > 0 {
    let _ = write!(text, ", {} restarts", container.restarts);
  }
  text
}

fn docker(containers: &[Container]) -> LevelReport {
  let checked: Vec<&Container> = containers
    .iter()
    .filter(|c| c.health != DockerHealth::None)
    .collect();
  if checked.is_empty() {
    return level(Level::Docker, Pass::Absent, "no Docker health check");
  }
  for container in &checked {
    let output = container.health_output.as_deref().unwrap_or("").trim();
    match container.health {
      DockerHealth::Unhealthy => {
        return level(
          Level::Docker,
          Pass::Failing,
          &format!("{} is unhealthy: {output}", container.name),
        );
      }
      DockerHealth::Starting => {
        return level(
          Level::Docker,
          Pass::Failing,
          &format!("{} is starting", container.name),
        );
      }
      DockerHealth::Healthy | DockerHealth::None => {}
    }
  }
  level(
    Level::Docker,
    Pass::Ok,
    &format!("{} healthy", checked.len()),
  )
}

/// The service, its container and check for each service that is checked by a request.
fn checked<'a>(
  world: &'a World,
  slot: Slot,
  containers: &'a [Container],
) -> Vec<(&'a Service, &'a Container, &'a Check)> {
  world
    .site
    .services
    .iter()
    .filter_map(|service| {
      let check = service.check[slot]
        .as_ref()
        .filter(|check| check.via != Via::Docker)?;
      let container = containers.iter().find(|c| c.service == service.key)?;
      Some((service, container, check))
    })
    .collect()
}

async fn requests(world: &World, slot: Slot, containers: &[Container]) -> Vec<LevelReport> {
  let checks = checked(world, slot, containers);
  let database = database_check(world, slot, containers);
  let (reports, database) = tokio::join!(
    join_all(
      checks
        .iter()
        .map(|(_, container, check)| world.probe.check(slot, container, check))
    ),
    async {
      match &database {
        Some((container, check)) => Some(world.probe.check(slot, container, check).await),
        None => None,
      }
    }
  );
  let mut http = level(Level::Http, Pass::Absent, "no check is configured");
  let mut frontend = level(Level::Frontend, Pass::Absent, "no check expects HTML");
  for ((service, _, check), report) in checks.iter().zip(reports) {
    let report = judge(Level::Http, &service.name[slot], report);
    if check
      .expect
      .contains
      .as_deref()
      .is_some_and(|text| text.to_ascii_lowercase().contains("<html"))
    {
      frontend = LevelReport {
        level: Level::Frontend,
        ..report.clone()
      };
    }
    http = worse(http, report);
  }
  let database = database.map_or_else(
    || {
      level(
        Level::Database,
        Pass::Absent,
        "no [database] check is configured",
      )
    },
    |report| judge(Level::Database, "database", report),
  );
  vec![http, database, frontend]
}

/// The service whose answer tells whether the slot reaches the database: the first asked by a URL.
pub(crate) fn speaks_for_database(site: &Site, slot: Slot) -> Option<&Service> {
  site.services.iter().find(|service| {
    service.check[slot]
      .as_ref()
      .is_some_and(|check| check.url.is_some())
  })
}

fn database_check<'a>(
  world: &World,
  slot: Slot,
  containers: &'a [Container],
) -> Option<(&'a Container, Check)> {
  let expect = world.site.database.as_ref()?.check.clone()?;
  let service = speaks_for_database(&world.site, slot)?;
  let container = containers.iter().find(|c| c.service == service.key)?;
  let check = service.check[slot].clone()?;
  let via = if check.via == Via::Docker {
    Via::Network
  } else {
    check.via
  };
  Some((
    container,
    Check {
      via,
      expect,
      ..check
    },
  ))
}

fn judge(
  of: Level,
  name: &str,
  report: Result<CheckReport, super::ports::PortError>,
) -> LevelReport {
  match report {
    Ok(report) => LevelReport {
      level: of,
      pass: if report.passed {
        Pass::Ok
      } else {
        Pass::Failing
      },
      detail: Shown::line(&format!("{name} {}", report.detail)),
      millis: Some(report.millis),
    },
    Err(error) => level(of, Pass::Unknown, &format!("{name}: {error}")),
  }
}

/// Keeps the report that matters more: a fault over "ok" over nothing; the slower of two "ok".
fn worse(first: LevelReport, second: LevelReport) -> LevelReport {
  let weight = |report: &LevelReport| match report.pass {
    Pass::Absent => 0,
    Pass::Ok => 1,
    Pass::Unknown => 2,
    Pass::Failing => 3,
  };
  if (weight(&first), first.millis) >= (weight(&second), second.millis) {
    first
  } else {
    second
  }
}
