//! The services of a slot by name and container, and workers outside of both slots.

use std::collections::{BTreeMap, BTreeSet};

use super::Shared;
use crate::{
  config::detect::{
    color,
    layout::{Layout, Role},
    proposal::{Proposal, Sure, quoted},
  },
  model::{BySlot, Slot},
};

/// Workers outside the slots that share a slot's image take no new version here.
pub(super) fn followers(layout: &Layout, shared: &Shared, out: &mut Proposal) {
  const WORDS: [&str; 7] = [
    "worker",
    "celery",
    "beat",
    "queue",
    "scheduler",
    "daemon",
    "consumer",
  ];
  let images: BTreeSet<&String> = layout
    .roles
    .iter()
    .flat_map(|role| {
      Slot::BOTH
        .into_iter()
        .filter_map(|slot| layout.service(role, slot))
    })
    .filter_map(|service| service.image.as_ref())
    .collect();
  for (name, (service, _)) in &shared.services {
    let same_image = service
      .image
      .as_ref()
      .is_some_and(|image| images.contains(image));
    if same_image && WORDS.iter().any(|word| name.contains(word)) {
      out.note(
        format!("{name} runs the slots' image outside of both slots, and stays at its version when users are switched"),
        "recreate it from a hook after the switch: [hooks] after_switch = [\"…\"]",
      );
    }
  }
}

/// The services of a slot, by name and container.
pub(in crate::config::detect) fn services(
  layout: &Layout,
  checks: &BTreeMap<String, (String, String)>,
  out: &mut Proposal,
) {
  let single = layout.roles.len() == 1;
  for role in &layout.roles {
    let key = |rest: &str| format!("services.{}.{rest}", role.key);
    let source = format!("{} and {}", role.name.blue, role.name.green);
    if role.name.blue == role.name.green {
      out.found(
        &key("name"),
        quoted(&role.name.blue),
        "the same in both projects",
      );
    } else if let Some(template) = color::pair(&role.name) {
      out.found(&key("name"), quoted(&template), source);
    } else if single {
      out.put(&key("name"), quoted(&role.name.blue), source, Sure::Found);
      for slot in Slot::BOTH {
        let why = if slot == Slot::Blue {
          "the plain one is called blue"
        } else {
          "its standby is called green"
        };
        out.put(
          &format!("slots.{slot}.service"),
          quoted(&role.name[slot]),
          why,
          Sure::Guess,
        );
        out.put(
          &format!("slots.{slot}.label"),
          quoted(&role.name[slot]),
          "shown beside the color",
          Sure::Guess,
        );
      }
    } else {
      out.refuse(
        format!(
          "{} and {} differ in more than their color, and a slot has several services",
          role.name.blue, role.name.green
        ),
        "name them alike, such as api-blue and api-green",
      );
    }
    container(layout, role, out);
    if let Some((check, source)) = checks.get(&role.key) {
      out.found(&key("check"), check.clone(), source.clone());
    }
  }
}

pub(super) fn container(layout: &Layout, role: &Role, out: &mut Proposal) {
  let names = BySlot::from_fn(|slot| layout.service(role, slot)?.container.clone());
  let (Some(blue), Some(green)) = (names.blue, names.green) else {
    return;
  };
  if let Some(template) = color::pair(&BySlot { blue, green }) {
    out.found(
      &format!("services.{}.container", role.key),
      quoted(&template),
      "container_name of both",
    );
  }
}
