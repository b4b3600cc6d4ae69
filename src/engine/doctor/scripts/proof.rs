//! Whether a script that switches looks at what users get. Nearly none does.

use super::{
  super::compose::slot_of,
  Case,
  words::{asks, host, is_of_a_slot, port, says},
};
use crate::model::{
  Slot,
  finding::{Finding, Hazard},
};

const WHY: &str = "nginx says OK to reloads that its master refuses: the script reports success and users are where they were";
const FIX: &str = "ask a page through the proxy that says which slot answered, many times on new connections; 'cutover switch' proves it so";

pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  found.extend(no_host(case));
  found.extend(own_copy(case));
  found.extend(unproven(case));
  found.extend(by_hand(case));
  found
}

/// The name of an nginx `upstream` means nothing outside of nginx.
fn no_host(case: &Case<'_>) -> Option<Finding> {
  case.commands().find_map(|(_, command)| {
    let name = asks(command)
      .into_iter()
      .map(host)
      .find(|name| case.texts.is_upstream(name) && !case.texts.knows(name))?;
    Some(
      Finding::red(
        Hazard::Hz(2),
        format!("it asks the host '{name}', which is only the name of an upstream in nginx"),
        "no such host exists, so the check fails after every switch, also after a good one; and it does not go through the proxy",
        "ask the proxy's own address, such as http://127.0.0.1/health",
      )
      .at(case.at(command)),
    )
  })
}

/// Looking for the new slot in the file that was just written cannot fail.
fn own_copy(case: &Case<'_>) -> Option<Finding> {
  let writes = case.proxy_writes();
  case.commands().find_map(|(index, command)| {
    if !matches!(command.name(), "grep" | "cat" | "diff" | "cmp") {
      return None;
    }
    let write = writes
      .iter()
      .find(|(at, _, write)| *at < index && command.has(&write.path))?;
    Some(
      Finding::amber(
        Hazard::Hz(2),
        format!(
          "it verifies the switch by looking into {}, which it has just written",
          write.2.path
        ),
        WHY,
        FIX,
      )
      .at(case.at(command)),
    )
  })
}

fn unproven(case: &Case<'_>) -> Option<Finding> {
  let last = case.last_reload().filter(|_| case.switches())?;
  let reload = case.script.commands.get(last)?;
  let asked: Vec<(&str, super::super::shell::Command)> = case
    .after(last)
    .flat_map(|(_, command)| {
      asks(command)
        .into_iter()
        .map(move |url| (url, command.clone()))
    })
    .collect();
  let Some((_, first)) = asked.first() else {
    return Some(
      Finding::amber(
        Hazard::Hz(2),
        "after the reload it asks nobody which slot answers",
        WHY,
        FIX,
      )
      .at(case.at(reload)),
    );
  };
  asked
    .iter()
    .all(|(url, command)| {
      is_the_slots_own(case, url) || command.container.as_deref().is_some_and(is_of_a_slot)
    })
    .then(|| {
      Finding::amber(
        Hazard::Hz(2),
        "after the reload it asks the slot itself, not the proxy",
        "the slot answers whether users reach it or not",
        FIX,
      )
      .at(case.at(first))
    })
}

fn is_the_slots_own(case: &Case<'_>, url: &str) -> bool {
  if is_of_a_slot(host(url)) || port(url).is_some_and(is_of_a_slot) || slot_of(url).is_some() {
    return true;
  }
  let Some(port) = port(url) else { return false };
  if port.starts_with('$') {
    return port.to_ascii_uppercase().contains("API") || port.to_ascii_uppercase().contains("APP");
  }
  Slot::BOTH.into_iter().any(|slot| {
    case.texts.of_slot(slot).any(|(_, service)| {
      service
        .publishes
        .iter()
        .any(|published| published.trim_end_matches('}').ends_with(port))
    })
  })
}

/// A person is asked to switch and to press Enter, and that is the proof.
fn by_hand(case: &Case<'_>) -> Option<Finding> {
  let (at, read) = case
    .commands()
    .filter(|(_, command)| command.name() == "read")
    .rfind(|(_, command)| command.text().to_ascii_lowercase().contains("enter"))?;
  let looks = case.after(at).any(|(_, command)| !asks(command).is_empty());
  let (_, done) = case.after(at).find(|(_, command)| {
    says(command).is_some_and(|text| {
      ["success", "complete", "switched", "is live", "done"]
        .iter()
        .any(|word| text.contains(word))
    })
  })?;
  let _ = read;
  (!looks).then(|| {
    Finding::amber(
      Hazard::Hz(2),
      "it reports the switch as done because somebody pressed Enter",
      "nobody looks whether the address leads to the new slot",
      FIX,
    )
    .at(case.at(done))
  })
}
