//! What only all scripts together show: that nothing keeps two of them apart, that they name
//! containers nobody makes, that they select by different labels.

use std::collections::BTreeSet;

use super::{
  super::{facts::Texts, shell::Command},
  Case,
  live::changes_a_slot,
  words::{docker, reload},
};
use crate::model::finding::{Finding, Hazard, Place};

pub(super) fn findings(texts: &Texts<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  found.extend(no_lock(texts));
  found.extend(nobodys_containers(texts));
  found.extend(selectors(texts));
  found
}

fn no_lock(texts: &Texts<'_>) -> Option<Finding> {
  let locks = |command: &Command| {
    matches!(command.name(), "flock" | "lockfile" | "setlock")
      || command.name() == "mkdir" && command.text().to_ascii_lowercase().contains("lock")
  };
  let changing: Vec<&str> = texts
    .scripts
    .iter()
    .filter(|script| !script.commands.iter().any(locks))
    .filter(|script| {
      let case = Case { script, texts };
      case.switches()
        || case
          .commands()
          .any(|(_, it)| changes_a_slot(it).is_some() || reload(it).is_some())
    })
    .map(|script| script.path.as_str())
    .collect();
  let first = changing.first()?;
  let names = match changing.as_slice() {
    [one] => (*one).to_owned(),
    [one, other] => format!("{one} and {other}"),
    [one, rest @ ..] => format!("{one} and {} more", rest.len()),
    [] => return None,
  };
  Some(
    Finding::amber(
      Hazard::Hz(1),
      format!("nothing keeps two runs of {names} apart"),
      "two people, or a person and CI, deploy and switch into each other; cutover's own lock does not hold a script back",
      "let people and CI use cutover only; until then begin each script with: exec 9>.lock; flock -n 9 || exit 1",
    )
    .at(Place::file(first)),
  )
}

/// Exact container names that no compose file gives.
fn nobodys_containers(texts: &Texts<'_>) -> Vec<Finding> {
  let any = texts.compose.iter().any(|file| !file.services.is_empty());
  if !any {
    return Vec::new();
  }
  let known = |name: &str| {
    texts.knows(name)
      || texts.compose.iter().any(|file| {
        file.services.keys().any(|service| {
          name.ends_with(&format!("_{service}_1")) || name.ends_with(&format!("-{service}-1"))
        })
      })
  };
  let mut said = BTreeSet::new();
  let mut found = Vec::new();
  for script in &texts.scripts {
    for command in &script.commands {
      let Some(name) = named(command).filter(|name| is_plain(name) && !known(name)) else {
        continue;
      };
      if said.insert((script.path.clone(), name.to_owned())) {
        found.push(
          Finding::amber(
            Hazard::Hz(17),
            format!("it speaks of the container '{name}', which no compose file here makes"),
            "what waits for it waits in vain, and what asks it always fails",
            "write the container_name of the compose file",
          )
          .at(Place::line(&script.path, command.line)),
        );
      }
    }
  }
  found
}

fn named(command: &Command) -> Option<&str> {
  if let Some(container) = &command.container {
    return Some(container);
  }
  let call = docker(command)?;
  let plain = || {
    call
      .rest
      .iter()
      .find(|word| !word.starts_with('-') && !word.contains("{{"))
  };
  match call.verb {
    "inspect" | "logs" | "wait" | "stop" | "start" | "restart" => plain().map(String::as_str),
    "ps" => call
      .rest
      .iter()
      .find_map(|word| {
        word
          .strip_prefix("name=")
          .or_else(|| word.strip_prefix("--filter=name="))
      })
      .map(|name| name.trim_matches(['^', '$', '/']))
      // A part of a name is another defect, said elsewhere.
      .filter(|name| name.contains('-')),
    _ => None,
  }
}

fn is_plain(name: &str) -> bool {
  !name.is_empty()
    && name
      .chars()
      .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// Two ways to patch one selector can leave it matching nothing.
fn selectors(texts: &Texts<'_>) -> Option<Finding> {
  let mut first: Option<(BTreeSet<&str>, Place)> = None;
  for script in &texts.scripts {
    for command in &script.commands {
      let text = command.text();
      if command.name() != "kubectl" || !command.has("patch") || !text.contains("selector") {
        continue;
      }
      let keys: BTreeSet<&str> = ["color", "colour", "version", "slot", "app"]
        .into_iter()
        .filter(|key| {
          let selector = text.split("selector").nth(1).unwrap_or_default();
          selector.contains(&format!("\"{key}\"")) || selector.contains(&format!("{key}:"))
        })
        .collect();
      let place = Place::line(&script.path, command.line);
      match &first {
        Some((before, other)) if *before != keys => {
          return Some(
            Finding::red(
              Hazard::Hz(5),
              format!("the service's selector is patched by different labels here and at {other}"),
              "a label that one of them leaves behind matches no pod of the other: users get no answer",
              "set the same labels in every place, and null for the ones that must go",
            )
            .at(place),
          );
        }
        Some(_) => {}
        None => first = Some((keys, place)),
      }
    }
  }
  None
}
