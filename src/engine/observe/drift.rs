//! Disagreements and leftovers that must be seen before anyone acts: loudest first.

use super::managed;
use crate::{
  engine::world::World,
  model::{
    Slot,
    observation::{Observation, Phase},
    router::Mount,
    shown::Shown,
    traffic::{Live, Witness},
  },
};

pub(super) fn find(world: &World, observation: &Observation) -> Vec<Shown> {
  let mut found = Vec::new();
  if let Some(operation) = &observation.operation
    && operation.phase == Phase::Interrupted
  {
    found.push(format!(
      "operation {} ({}) was interrupted at {}",
      operation.id,
      operation.kind,
      operation.step.as_ref().map_or("its start", Shown::as_str)
    ));
  }
  if let Live::Disputed { .. } = observation.live {
    let words: Vec<String> = observation
      .witnesses
      .iter()
      .filter_map(Witness::claim)
      .collect();
    found.push(format!("the witnesses disagree: {}", words.join(", ")));
  }
  router(observation, &mut found);
  slots(observation, &mut found);
  found.iter().map(|text| world.shown(text)).collect()
}

fn router(observation: &Observation, found: &mut Vec<String>) {
  let Some(facts) = observation.router.value() else {
    return;
  };
  if !facts.proxy.running {
    found.push(format!("the proxy {} is not running", facts.proxy.name));
  }
  if let Err(why) = &facts.test {
    found.push(format!(
      "the proxy would refuse its configuration as it stands on disk: {why}"
    ));
  }
  let Some(file) = managed(&observation.router) else {
    if let Err(why) = &facts.file {
      found.push(format!("the managed file: {why}"));
    }
    return;
  };
  if facts.proxy.running && !file.is_seen() {
    found.push(if file.mount == Mount::SingleFile {
      format!(
        "the proxy sees another {} than this host: its single-file mount went stale; restart the proxy in a quiet hour",
        file.path
      )
    } else {
      format!("the proxy sees another {} than this host", file.path)
    });
  }
  if file.included == Some(false) {
    found.push(format!("the proxy does not include {}", file.path));
  }
  if !file.writable {
    found.push(format!("{} cannot be written by this user", file.path));
  }
  if let Some(record) = &observation.record
    && record.managed != file.hash
  {
    found.push(format!(
      "{} was changed by someone else since {}",
      file.path, record.operation
    ));
  }
}

fn slots(observation: &Observation, found: &mut Vec<String>) {
  let Some(live) = observation.live_slot() else {
    return;
  };
  if let Some(health) = observation.slots[live].health.value()
    && let Some(fault) = health.first_fault()
  {
    found.push(format!(
      "{} is live and not healthy: {} {}",
      live.shout(),
      fault.level,
      fault.detail
    ));
  }
  if let Some(record) = &observation.record
    && record.live != live
  {
    found.push(format!(
      "traffic was moved outside cutover: {} was live in {}, {} answers now",
      record.live.shout(),
      record.operation,
      live.shout()
    ));
  }
  shared_containers(observation, found);
}

fn shared_containers(observation: &Observation, found: &mut Vec<String>) {
  for container in observation.slots[Slot::Blue].containers() {
    if observation.slots[Slot::Green]
      .containers()
      .iter()
      .any(|c| c.id == container.id)
    {
      found.push(format!(
        "both slots resolve to the same container {}",
        container.name
      ));
    }
  }
}
