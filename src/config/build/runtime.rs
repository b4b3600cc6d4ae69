//! `[runtime]` and `[services]`: what a slot is made of.

use std::path::PathBuf;

use super::{View, health, within};
use crate::{
  config::{Compose, RuntimeConfig, Service},
  model::{BySlot, Slot},
};

/// They are compared with each other.
const MOST_SERVICES: usize = 100;

/// Letters, digits, `_`, `-` and `.`, beginning with a letter or digit: what Compose and Docker
/// take as a name, and what no program takes for an option.
pub(super) fn is_container_name(text: &str) -> bool {
  text.len() <= 128
    && text.starts_with(|c: char| c.is_ascii_alphanumeric())
    && text
      .chars()
      .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// Faults the first of these names that Docker would not take.
pub(super) fn check_names<'n>(
  view: &View<'_>,
  key: &str,
  names: impl IntoIterator<Item = &'n String>,
) {
  if let Some(name) = names
    .into_iter()
    .find(|name| !name.is_empty() && !is_container_name(name))
  {
    let hint = "use letters, digits, '_', '-' and '.', beginning with a letter or digit";
    view.fault(
      key,
      format!("'{name}' is not a name Docker knows"),
      Some(hint),
    );
  }
}

pub(super) fn runtime(top: &View<'_>) -> RuntimeConfig {
  let view = top.table("runtime");
  if !top.has("runtime") {
    top.missing(
      "runtime",
      "write [runtime] with files = [\"docker-compose.yml\"]",
    );
  }
  if view.choice("kind") == "process" {
    view.path("env_file");
    return RuntimeConfig::Processes;
  }
  RuntimeConfig::Compose(compose(top, &view))
}

fn compose(top: &View<'_>, view: &View<'_>) -> Compose {
  let build = view.build;
  let root = |file: &String| within(&build.root, file);
  let common = view.slotted_list("files");
  let files = BySlot::from_fn(|slot| {
    let own: Option<Vec<PathBuf>> = build.words[slot].files.clone();
    own
      .or_else(|| {
        common
          .as_ref()
          .map(|files| files[slot].iter().map(root).collect())
      })
      .unwrap_or_default()
  });
  let named = view.has("files")
    || Slot::BOTH
      .into_iter()
      .all(|slot| top.table("slots").table(slot.name()).has("files"));
  if !named && view.is_present() {
    view.missing("files", "write files = [\"docker-compose.yml\"]");
  } else if common.as_ref().is_some_and(|files| files.blue.is_empty()) {
    view.fault(
      "files",
      "the list is empty",
      Some("write files = [\"docker-compose.yml\"]"),
    );
  }
  let project = view.slotted("project");
  let project = BySlot::from_fn(|slot| {
    build.words[slot]
      .project
      .clone()
      .or_else(|| project.as_ref().map(|names| names[slot].clone()))
  });
  check_names(
    view,
    "project",
    project.iter().filter_map(|(_, name)| name.as_ref()),
  );
  let shared = view.list("shared").unwrap_or_default();
  check_names(view, "shared", &shared);
  let (profiles, networks) = (
    view.list("profiles").unwrap_or_default(),
    view.list("networks").unwrap_or_default(),
  );
  check_names(view, "profiles", &profiles);
  check_names(view, "networks", &networks);
  Compose {
    command: if view.has("command") {
      view.command("command").unwrap_or_default()
    } else {
      Vec::new()
    },
    files,
    shared_files: view
      .list("shared_files")
      .unwrap_or_default()
      .iter()
      .map(root)
      .collect(),
    project,
    profiles,
    env_file: view.path("env_file"),
    shared,
    networks,
  }
}

pub(super) fn services(top: &View<'_>) -> Vec<Service> {
  let mut named = top.table("services").each();
  if named.len() > MOST_SERVICES {
    let hint = "one file describes one pair of environments";
    top.fault(
      "services",
      format!(
        "there are {} services: {MOST_SERVICES} is the most",
        named.len()
      ),
      Some(hint),
    );
    named.truncate(MOST_SERVICES);
  }
  if named.is_empty() {
    top.missing(
      "services",
      "write [services.api] for each service of a slot",
    );
  }
  let only = named.len() == 1;
  named
    .iter()
    .map(|(key, view)| service(key, view, only))
    .collect()
}

fn service(key: &str, view: &View<'_>, only: bool) -> Service {
  if !is_container_name(key) {
    view.fault(
      "",
      format!("'{key}' is not a service key"),
      Some("use letters, digits, '_', '-' and '.'"),
    );
  }
  let common = view.slotted_or("name", &format!("{key}-{{color}}"));
  let name = BySlot::from_fn(|slot| match &view.build.words[slot].service {
    Some(own) if only => own.clone(),
    Some(_) => {
      let fix = "write [services.NAME] name = … with {color} instead, for each service";
      view.build.faults.push(
        &format!("slots.{slot}.service"),
        None,
        "this is for sites with one service; this one has several",
        Some(fix.to_owned()),
      );
      common[slot].clone()
    }
    None => common[slot].clone(),
  });
  let container = view.slotted("container");
  check_names(view, "name", name.iter().map(|(_, name)| name));
  check_names(
    view,
    "container",
    container
      .iter()
      .flat_map(BySlot::iter)
      .map(|(_, name)| name),
  );
  Service {
    key: key.to_owned(),
    name,
    run: view.slotted_command("run").unwrap_or_default(),
    container: BySlot::from_fn(|slot| container.as_ref().map(|names| names[slot].clone())),
    optional: view.flag_or_default("optional"),
    check: if view.has("check") {
      let check = health::check(&view.table("check"));
      BySlot {
        blue: Some(check.blue),
        green: Some(check.green),
      }
    } else {
      BySlot::default()
    },
  }
}
