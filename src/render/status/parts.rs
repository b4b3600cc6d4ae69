//! What both slots share: services, proxy, lock, the last operation, the engine.

use super::{View, slots};
use crate::{
  model::{
    container::Container,
    observation::{Observation, OperationState, Phase},
    router::{ManagedFile, Mount, RouterFacts},
    shown::Shown,
  },
  render::{
    Detail, Page, Tone, lock,
    words::{ago, count},
  },
};

pub(super) fn sections(page: &mut Page, seen: &Observation, view: &View) {
  page.push(Tone::Strong, "Shared");
  match view.fresh(&seen.shared) {
    Ok(containers) => shared(page, containers, view),
    Err(unknown) => page.push(Tone::Warn, format!("  services  {unknown}")),
  }
  match view.fresh(&seen.router) {
    Ok(router) => proxy(page, router),
    Err(unknown) => page.push(Tone::Warn, format!("  proxy  {unknown}")),
  }
  page.append(lock::lines(seen.lock.as_ref(), view.now));
  if let Some(last) = &seen.operation {
    ended(page, last, view);
  }
  if view.detail == Detail::Verbose {
    page.faint(match view.fresh(&seen.runtime) {
      Ok(facts) if facts.api.as_str().is_empty() => format!("  engine  {}", facts.engine),
      Ok(facts) => format!(
        "  engine  {}, API {}, {}",
        facts.engine, facts.api, facts.compose
      ),
      Err(unknown) => format!("  engine  {unknown}"),
    });
  }
}

fn shared(page: &mut Page, containers: &[Container], view: &View) {
  let rows: Vec<Vec<String>> = containers
    .iter()
    .map(|container| {
      let mut row = slots::row(container, view);
      if let Some(name) = row.first_mut() {
        *name = Shown::line(&container.name).to_string();
      }
      row
    })
    .collect();
  for (line, container) in crate::render::page::table(2, &rows)
    .into_iter()
    .zip(containers)
  {
    page.push(slots::tone(container), line);
  }
}

fn proxy(page: &mut Page, router: &RouterFacts) {
  let version = router
    .proxy
    .version
    .as_ref()
    .map_or_else(String::new, |version| format!(", {version}"));
  let name = &router.proxy.name;
  match (&router.test, router.proxy.running) {
    (_, false) => page.push(Tone::Bad, format!("  proxy   {name} IS NOT RUNNING")),
    (Ok(()), true) => page.plain(format!(
      "  proxy   {name} runs{version}, its configuration test passes"
    )),
    (Err(why), true) => {
      page.wrapped(
        Tone::Bad,
        &format!("  proxy   {name} runs{version}, its configuration test FAILS: {why}"),
        10,
      );
    }
  }
  match &router.file {
    Ok(file) => managed(page, file),
    Err(why) => page.wrapped(Tone::Bad, &format!("  file    cannot be read: {why}"), 10),
  }
  if let Some(workers) = router
    .workers
    .as_ref()
    .filter(|workers| !workers.shutting_down.is_empty())
  {
    let old = count(workers.shutting_down.len() as u64, "former worker");
    page.push(
      Tone::Warn,
      format!("  drain   {old} still finishing requests of the former slot"),
    );
  }
}

fn managed(page: &mut Page, file: &ManagedFile) {
  let names = file.names.map_or("names no slot", |slot| slot.shout());
  let generation = file
    .generation
    .map_or_else(String::new, |number| format!(", generation {number}"));
  let path = Shown::line(&file.path);
  page.plain(format!("  file    {path}: {names}{generation}"));
  for fault in faults(file) {
    page.wrapped(Tone::Bad, &format!("          {fault}"), 10);
  }
}

fn faults(file: &ManagedFile) -> Vec<&'static str> {
  let mut out = Vec::new();
  if file.mount == Mount::Absent {
    out.push("the proxy does not see this file");
  } else if file
    .inside
    .as_ref()
    .is_some_and(|inside| *inside != file.hash)
  {
    out.push("the proxy sees other bytes than this host: the mount is stale");
  }
  if file.included == Some(false) {
    out.push("the proxy's configuration does not include it");
  }
  if !file.writable {
    out.push("it is not writable for you");
  }
  out
}

fn ended(page: &mut Page, last: &OperationState, view: &View) {
  if let Phase::Ended { verdict } = &last.phase {
    let text = format!(
      "  last    {} by {}, begun {}: {}",
      operation(last),
      last.actor.user,
      ago(last.begun, view.now),
      verdict.outcome
    );
    page.wrapped(Tone::Plain, &text, 10);
  }
}

/// `#128 deploy 2.0.0 to GREEN`.
pub(super) fn operation(operation: &OperationState) -> String {
  let version = operation
    .version
    .as_ref()
    .map_or_else(String::new, |version| format!(" {version}"));
  let to = operation
    .target
    .map_or_else(String::new, |slot| format!(" to {}", slot.shout()));
  format!("{} {}{version}{to}", operation.id, operation.kind)
}
