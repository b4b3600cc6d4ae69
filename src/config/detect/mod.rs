//! `init`'s detection: from what was found on a machine to a proposed `cutover.toml`. Pure.
//!
//! [`look`] is run until the survey wants nothing more; its last answer counts. Every value carries
//! its source; two possible answers are a question; what this version cannot drive is refused by
//! name. Nothing is guessed into something else: `docs/decisions/0007` says why.

mod color;
mod data;
mod elsewhere;
mod health;
mod interpolate;
mod layout;
mod names;
mod nginx;
mod proof;
mod proposal;
mod proxy;
mod runtime;
mod stack;
mod survey;
mod switch;
mod truth;
mod version;
mod write;

pub use proposal::{Choice, InForce, Obstacle, Proposal, Question, Sure, Value};
pub use survey::{Fact, FileFact, Mount, Nginx, Published, Reply, Seen, Survey, Want};
pub use write::text;

use health::Checks;
use layout::Layout;
use proposal::quoted;
use proxy::{At, Proxy};
use switch::Switch;

/// What the survey comes to, as far as it is known.
pub fn look(survey: &Survey) -> Proposal {
  let mut out = Proposal {
    root: survey.folder.clone(),
    ..Proposal::default()
  };
  let folders = layout::folders(survey);
  let Some(layout) = layout::choose(survey, &folders, &mut out) else {
    if out.questions.is_empty() {
      elsewhere::refuse(survey, &folders, &mut out);
    }
    return out;
  };
  out.root.clone_from(&layout.folder);
  let shared = runtime::shared(survey, &folders, &layout);
  runtime::put(survey, &layout, &shared, &mut out);
  version::find(survey, &layout, &mut out);
  let Some(proxy) = proxy::choose(survey, &layout, &mut out) else {
    return out;
  };
  let Some(switch) = switch::find(survey, &layout, &proxy, &mut out) else {
    return out;
  };
  out.live = switch.live;
  let checks = health::find(survey, &layout, &switch, &mut out);
  runtime::services(&layout, &checks.services, &mut out);
  slots(&checks, &mut out);
  router(&layout, &proxy, &switch, &mut out);
  proof::put(survey, &layout, &proxy, (&switch, &checks), &mut out);
  let said = truth::find(survey, &layout, switch.live, &mut out);
  out.live = out.live.or(said);
  idle(&switch, &mut out);
  data::put(survey, &layout, &shared, &checks, &mut out);
  smoke(&checks, &mut out);
  out
}

/// Ports that tell the slots apart on this host.
fn slots(checks: &Checks, out: &mut Proposal) {
  if let Some(ports) = checks.ports {
    for (slot, port) in ports.iter() {
      out.found(
        &format!("slots.{slot}.port"),
        port.to_string(),
        "published on this host",
      );
    }
  }
}

fn router(layout: &Layout, proxy: &Proxy, switch: &Switch, out: &mut Proposal) {
  match &proxy.at {
    At::Service(name) => out.found(
      "router.service",
      quoted(name),
      "nginx, and its configuration names a slot",
    ),
    At::Container(name) => out.found(
      "router.container",
      quoted(name),
      "nginx, and its configuration names a slot",
    ),
    At::Host(command) => {
      out.found(
        "router.host",
        "true".to_owned(),
        "it runs on this host, and its configuration names a slot",
      );
      if command.len() > 1 || command.first().is_some_and(|program| program != "nginx") {
        out.found(
          "router.command",
          proposal::list(command),
          "as it was started",
        );
      }
    }
  }
  switch::put(switch, &layout.folder, proxy, out);
}

/// A proxy that names both slots does not start while one of them is gone.
fn idle(switch: &Switch, out: &mut Proposal) {
  if switch.needs_idle {
    out.found("retire.then", quoted("keep"), "another file of the proxy names both slots: without the idle one it neither starts nor reloads");
  }
}

/// What answered once must answer before users come.
fn smoke(checks: &Checks, out: &mut Proposal) {
  for (index, (key, path)) in checks.paths.iter().enumerate() {
    let at = |name: &str| format!("smoke[{index}].{name}");
    out.found(&at("name"), quoted(&format!("{key} answers")), "");
    out.found(&at("service"), quoted(key), "");
    out.found(
      &at("url"),
      quoted(path),
      "the live slot answered it; add what your users do first",
    );
  }
}
