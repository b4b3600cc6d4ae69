//! Verbs that only look: status, health, the lock, the schema, one smoke test alone.

use std::{collections::BTreeMap, time::Duration};

use super::{Desk, Trouble, Verdict};
use crate::{
  cli::{
    args::{Migrate, Smoke, Status},
    exit,
    interrupts::Interrupts,
  },
  config::RunIn,
  engine::{self, health},
  model::{Slot, health::Pass, observation::Observation, operation::Outcome},
  render::{
    self,
    page::{Page, Tone},
  },
};

/// A fact older than this is drawn as unknown, never as healthy.
const STALE: Duration = Duration::from_secs(15);
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

pub(super) async fn status(desk: &mut Desk, status: Option<&Status>) -> Verdict {
  if status.is_some_and(|status| status.watch) {
    let mut interrupts = Interrupts::listen();
    return tokio::select! {
      () = interrupts.next() => Ok(Outcome::Done),
      ended = watched(desk) => ended,
    };
  }
  let seen = looked(desk).await?;
  Ok(if status.is_some_and(|status| status.check) {
    exit::of_status(&seen)
  } else {
    Outcome::Done
  })
}

async fn watched(desk: &mut Desk) -> Verdict {
  loop {
    looked(desk).await?;
    tokio::time::sleep(BETWEEN_LOOKS).await;
  }
}

async fn looked(desk: &mut Desk) -> Result<Observation, Trouble> {
  let seen = engine::settled(&desk.world).await;
  if desk.globals.json {
    desk.out.json(&seen)?;
  } else {
    let view = render::status::View {
      now: desk.world.clock.now(),
      stale: STALE,
      detail: desk.detail(),
      typing: desk.typing(),
    };
    desk.out.data(&render::status::page(&seen, &view))?;
  }
  Ok(seen)
}

pub(super) async fn health(desk: &mut Desk, slot: Option<Slot>) -> Verdict {
  let slots = slot.map_or_else(|| Slot::BOTH.to_vec(), |slot| vec![slot]);
  let mut outcome = Outcome::Done;
  for slot in &slots {
    let containers = desk.world.runtime.containers(*slot).await?;
    // A standby that was never created is no fault, unless it was asked for by name.
    if containers.is_empty() && slots.len() > 1 {
      let mut page = Page::default();
      page.push(Tone::Faint, format!("{} has no containers", slot.shout()));
      desk.out.data(&page)?;
      continue;
    }
    let report = health::look(&desk.world, *slot, &containers).await;
    if report.pass() != Pass::Ok {
      outcome = Outcome::Failed;
    }
    if desk.globals.json {
      desk.out.json(&report)?;
      continue;
    }
    let mut page = render::health::page(
      &report,
      desk.world.clock.now(),
      desk.detail(),
      &desk.typing(),
    );
    if desk.globals.verbose {
      for (name, exchange) in exchanges(desk, *slot).await {
        page.push(Tone::Strong, name);
        page.append(exchange);
      }
    }
    desk.out.data(&page)?;
  }
  Ok(outcome)
}

/// Every check of the slot once more, with what was sent and what came back.
async fn exchanges(desk: &Desk, slot: Slot) -> Vec<(String, Page)> {
  let world = &desk.world;
  let containers = world.runtime.containers(slot).await.unwrap_or_default();
  let mut found = Vec::new();
  for service in &world.site.services {
    let container = containers
      .iter()
      .find(|container| container.service == service.key);
    if let (Some(check), Some(container)) = (&service.check[slot], container) {
      let page = match world.probe.check(slot, container, check).await {
        Ok(report) => report.exchange.map_or_else(Page::default, |exchange| {
          render::exchange::lines(&exchange, 2)
        }),
        Err(error) => {
          let mut page = Page::default();
          page.push(Tone::Bad, format!("  {error}"));
          page
        }
      };
      found.push((service.name[slot].clone(), page));
    }
  }
  found
}

pub(super) fn lock(desk: &mut Desk) -> Verdict {
  let holder = desk.world.ledger.lock_holder()?;
  if desk.globals.json {
    desk.out.json(&holder)?;
  } else {
    let page = render::lock::lines(holder.as_ref(), desk.world.clock.now());
    desk.out.data(&page)?;
  }
  Ok(Outcome::Done)
}

/// The site's own status or dry-run command, which change nothing.
pub(super) async fn migration(desk: &mut Desk, verb: &Migrate) -> Verdict {
  let configured = desk
    .world
    .site
    .database
    .as_ref()
    .and_then(|database| database.migrate.clone())
    .ok_or_else(|| {
      Trouble::said(
        Outcome::Refused,
        "no migration is configured",
        "add migrate = { in = \"service:NAME\", command = [...] } to [database]",
      )
    })?;
  let (key, command) = if verb.status {
    ("status", configured.status)
  } else {
    ("dry_run", configured.dry_run)
  };
  let command = command.ok_or_else(|| {
    Trouble::said(
      Outcome::Refused,
      format!("no '{key}' command is configured for the migration"),
      format!("add {key} = [...] to migrate in [database]"),
    )
  })?;
  let environment = BTreeMap::new();
  let limit = Duration::from_mins(1);
  let output = match &configured.run_in {
    RunIn::Host => {
      desk
        .world
        .commands
        .run(&command, &environment, limit, &|_| {})
        .await?
    }
    RunIn::Service(service) => {
      let container = container_for(desk, verb.slot, service).await?;
      desk
        .world
        .runtime
        .exec(&container, &command, &environment, limit, &|_| {})
        .await?
    }
  };
  let mut page = Page::default();
  for line in output.output.lines() {
    page.plain(line);
  }
  desk.out.data(&page)?;
  Ok(if output.exit_code == 0 {
    Outcome::Done
  } else {
    Outcome::Failed
  })
}

/// A running container of the service: in the slot asked for, else in the standby, else in live.
async fn container_for(
  desk: &Desk,
  slot: Option<Slot>,
  service: &str,
) -> Result<crate::model::container::ContainerId, Trouble> {
  let live = engine::guard::live_now(&desk.world).await.ok();
  let slots = match (slot, live) {
    (Some(slot), _) => vec![slot],
    (None, Some(live)) => vec![live.other(), live],
    (None, None) => Slot::BOTH.to_vec(),
  };
  for slot in slots {
    let containers = desk.world.runtime.containers(slot).await?;
    if let Some(found) = containers
      .into_iter()
      .find(|c| c.service == service && c.is_running())
    {
      return Ok(found.id);
    }
  }
  Err(Trouble::said(
    Outcome::Refused,
    format!("no container of {service} is running to ask"),
    desk.world.command("status").to_string(),
  ))
}

/// One smoke test alone, with the full request and response. Tests before it run first, quietly,
/// because it may need what they capture.
pub(super) async fn one_smoke_test(desk: &mut Desk, smoke: &Smoke) -> Verdict {
  let world = desk.world.clone();
  let wanted = smoke.only.clone().unwrap_or_default();
  let Some(position) = world.site.smoke.iter().position(|test| test.name == wanted) else {
    let names: Vec<String> = world
      .site
      .smoke
      .iter()
      .map(|test| format!("'{}'", test.name))
      .collect();
    return Err(Trouble::said(
      Outcome::Usage,
      format!("there is no smoke test called '{wanted}'"),
      format!("there are: {}", names.join(", ")),
    ));
  };
  let containers = world.runtime.containers(smoke.slot).await?;
  let mut captured = BTreeMap::new();
  for (index, test) in world.site.smoke.iter().enumerate().take(position + 1) {
    let report = world
      .probe
      .smoke(smoke.slot, &containers, test, &captured)
      .await?;
    captured.extend(report.captured.clone());
    if index < position && report.passed {
      continue;
    }
    let page = render::smoke::one(&test.name, &report);
    desk.out.data(&page)?;
    if !report.passed {
      return Ok(Outcome::Failed);
    }
  }
  Ok(Outcome::Done)
}
