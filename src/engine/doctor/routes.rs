//! The proxy's configuration as text: names that resolve to nobody, both slots named at once,
//! weights nginx refuses, and what a reload costs.

use std::collections::BTreeSet;

use super::{
  compose::{ComposeFile, Service, slot_of},
  facts::{Seen, Texts},
  nginx::{Directive, NginxFile},
  settings,
};
use crate::model::{
  Slot,
  finding::{Finding, Hazard, Place},
};

mod reload;

pub(super) fn findings(texts: &Texts<'_>, seen: Option<Seen<'_>>) -> Vec<Finding> {
  let mut found = Vec::new();
  for file in &texts.nginx {
    found.extend(both_slots(file, seen));
    found.extend(weights(file));
    if !texts.effective {
      found.extend(nobody(texts, file));
    }
  }
  if !texts.effective {
    found.extend(apart(texts));
    found.extend(live_file_in_git(texts, seen));
  }
  found.extend(reload::findings(texts, seen));
  found
}

/// Every server name of the file, with its directive.
fn servers(file: &NginxFile) -> impl Iterator<Item = (&Directive, &str)> {
  file.directives.iter().filter_map(|directive| {
    let address = match directive.name() {
      "server" => directive.upstream().map(|_| directive.value())?,
      "proxy_pass" | "fastcgi_pass" | "grpc_pass" => directive
        .value()
        .split_once("://")
        .map_or(directive.value(), |(_, rest)| rest),
      _ => return None,
    };
    let name = address.split(['/', ':']).next().unwrap_or_default();
    (!name.is_empty() && !name.contains('$')).then_some((directive, name))
  })
}

/// A proxy that names both slots cannot start while one of them is stopped or removed.
fn both_slots(file: &NginxFile, seen: Option<Seen<'_>>) -> Option<Finding> {
  if slot_of(file.base()).is_some() {
    return None;
  }
  let of = |slot| servers(file).find(|(_, name)| slot_of(name) == Some(slot));
  let (blue, green) = (of(Slot::Blue)?, of(Slot::Green)?);
  let idle = seen.and_then(|seen| {
    let standby = seen.observation.standby()?;
    (!seen.observation.slots[standby].any_running()).then_some(standby)
  });
  let place = Place::line(&file.path, blue.0.line.max(green.0.line));
  let what = format!("the proxy names both slots: {} and {}", blue.1, green.1);
  let why = "nginx looks every name up when it starts: with one slot stopped it does not start or reload, and the site does not survive a reboot";
  let fix = "let the proxy name the live slot only, in the one file that is switched";
  Some(
    match idle {
      Some(idle) => Finding::red(
        Hazard::Hz(14),
        format!("{what}, and {} is stopped now", idle.shout()),
        why,
        format!(
          "start it with 'cutover start {idle}' before anything reloads the proxy; then {fix}"
        ),
      ),
      None => Finding::amber(Hazard::Hz(14), what, why, fix),
    }
    .at(place),
  )
}

/// nginx refuses a weight of 0 and a block of nothing but backups.
fn weights(file: &NginxFile) -> Vec<Finding> {
  let mut found = Vec::new();
  let refused = |what: String, line| {
    Finding::red(
      Hazard::Hz(24),
      what,
      "nginx refuses the whole configuration, so this split can never be loaded",
      "leave the server out of the block, or write 'down' behind it",
    )
    .at(Place::line(&file.path, line))
  };
  for server in file.named("server").filter(|it| it.upstream().is_some()) {
    if server.words.iter().any(|word| word == "weight=0") {
      found.push(refused(
        format!("{} has a weight of 0", server.value()),
        server.line,
      ));
    }
  }
  for upstream in file.named("upstream") {
    let name = upstream.value();
    let mut servers = file
      .named("server")
      .filter(|server| server.upstream() == Some(name))
      .peekable();
    if servers.peek().is_some() && servers.all(|it| it.words.iter().any(|word| word == "backup")) {
      found.push(refused(
        format!("upstream {name} has nothing but backup servers"),
        upstream.line,
      ));
    }
  }
  found
}

/// A name that no container of the compose files has.
fn nobody(texts: &Texts<'_>, file: &NginxFile) -> Vec<Finding> {
  if !texts.compose.iter().any(|file| !file.services.is_empty()) {
    return Vec::new();
  }
  let mut said = BTreeSet::new();
  servers(file)
    .filter(|(_, name)| {
      !name.contains('.') && *name != "localhost" && *name != "unix" && !name.starts_with('@')
    })
    .filter(|(_, name)| !texts.knows(name) && !texts.is_upstream(name))
    .filter(|(_, name)| said.insert((*name).to_owned()))
    .map(|(directive, name)| {
      Finding::red(
        Hazard::Hz(5),
        format!("the proxy sends requests to '{name}', and no compose file makes a container of that name"),
        "nginx refuses a configuration whose names do not resolve, so a switch to this file cannot work",
        "write the service's or container's real name",
      )
      .at(Place::line(&file.path, directive.line))
    })
    .collect()
}

/// The proxy and the slots share no network.
fn apart(texts: &Texts<'_>) -> Vec<Finding> {
  let networks = |file: &ComposeFile, service: &Service| -> BTreeSet<String> {
    file
      .networks_of(service)
      .into_iter()
      .map(|name| {
        if name == "default" {
          format!("{} default", file.folder())
        } else {
          name
        }
      })
      .collect()
  };
  let slots: Vec<(&ComposeFile, &Service)> = Slot::BOTH
    .into_iter()
    .flat_map(|slot| texts.of_slot(slot))
    .collect();
  if slots.is_empty() {
    return Vec::new();
  }
  texts
    .proxies()
    .filter(|(_, proxy)| proxy.network_mode.is_none())
    .filter(|(file, proxy)| {
      let own = networks(file, proxy);
      !slots
        .iter()
        .any(|(file, service)| !own.is_disjoint(&networks(file, service)))
    })
    .map(|(file, proxy)| {
      Finding::red(
        Hazard::Hz(5),
        format!(
          "{} shares no network with any slot (it joins {})",
          proxy.name,
          file.networks_of(proxy).join(", ")
        ),
        "the slots' names do not resolve for the proxy: it cannot send them anything",
        "let proxy and slots join the same network by its name",
      )
      .at(proxy.at(super::compose::Part::Networks))
    })
    .collect()
}

/// The file that says who is live, found by its name or by its two siblings.
fn live_file_in_git(texts: &Texts<'_>, seen: Option<Seen<'_>>) -> Vec<Finding> {
  if seen.is_some() {
    return Vec::new();
  }
  let words = ["active", "current", "live"];
  texts
    .nginx
    .iter()
    .filter(|file| {
      let base = file.base();
      slot_of(base).is_none() && words.iter().any(|word| base.contains(word))
    })
    .map(|file| file.path.as_str())
    .chain(
      texts
        .files
        .entries
        .keys()
        .filter(|path| super::scripts::is_state_file(path))
        .map(String::as_str),
    )
    .filter(|path| texts.files.is_tracked(path))
    .map(settings::live_file_in_git)
    .collect()
}
