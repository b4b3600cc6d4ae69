//! Project, files, services and what both slots share: everything Compose decides.

mod project;
mod services;

use std::collections::{BTreeMap, BTreeSet};

use self::{
  project::{folder_name, project},
  services::followers,
};
use super::{
  color,
  layout::{Folders, Layout, compose_files},
  proposal::{InForce, Proposal, Sure, Value, list, quoted},
  stack::{Service, Stack},
  survey::{Seen, Survey},
};
use crate::model::{BySlot, Slot};

pub(super) use services::services;

/// What both slots share, and where it is described.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
  /// Its own compose files.
  pub(super) files: Vec<String>,
  pub(super) sure: bool,
  /// By name, with whether it is in the slots' own files.
  pub(super) services: BTreeMap<String, (Service, bool)>,
}

pub(super) fn shared(survey: &Survey, folders: &Folders, layout: &Layout) -> Shared {
  let mut all = Shared::default();
  for (name, service) in layout.others() {
    all
      .services
      .insert(name.to_owned(), (service.clone(), true));
  }
  let slots: BTreeSet<&String> = layout
    .files
    .blue
    .iter()
    .chain(&layout.files.green)
    .collect();
  for seen in ours(survey, layout) {
    let files = compose_files(&layout.folder, seen);
    let other = files.iter().all(|file| !slots.contains(file)) && !files.is_empty();
    if other && all.files.is_empty() {
      (all.files, all.sure) = (files, true);
    }
  }
  let stacks: &BTreeMap<String, Stack> = match folders.get(&layout.folder) {
    Some(stacks) => stacks,
    None => return all,
  };
  if all.files.is_empty() && layout.files.blue != layout.files.green {
    let speaks = |name: &String| {
      ["shared", "infra", "common", "base", "proxy"]
        .iter()
        .any(|word| name.contains(word))
    };
    all.files = stacks
      .keys()
      .filter(|name| !slots.contains(name) && speaks(name))
      .cloned()
      .collect();
  }
  for (name, service) in all
    .files
    .iter()
    .filter_map(|file| stacks.get(file))
    .flat_map(|stack| &stack.services)
  {
    all
      .services
      .entry(name.clone())
      .or_insert_with(|| (service.clone(), false));
  }
  all
}

fn ours<'a>(survey: &'a Survey, layout: &'a Layout) -> impl Iterator<Item = &'a Seen> {
  survey
    .containers
    .iter()
    .filter(|seen| seen.folder.as_deref() == Some(&*layout.folder))
}

pub(super) fn put(survey: &Survey, layout: &Layout, shared: &Shared, out: &mut Proposal) {
  let project = project(survey, layout, out);
  let site = project.as_ref().map_or_else(
    || folder_name(layout),
    |project| {
      project
        .blue
        .replace(Slot::Blue.name(), "")
        .trim_matches(['-', '_'])
        .to_owned()
    },
  );
  let site = if site.is_empty() {
    folder_name(layout)
  } else {
    site
  };
  out.values.insert(
    0,
    Value {
      key: "name".to_owned(),
      value: quoted(&site),
      source: "the Compose project".to_owned(),
      sure: Sure::Found,
      in_force: InForce::Yes,
    },
  );
  files(layout, shared, out);
  if survey.read(&layout.folder.join(".env")).is_some() {
    out.found(
      "runtime.env_file",
      quoted(".env"),
      "beside the compose files; its values are masked wherever anything is shown",
    );
  }
  let profiles: BTreeSet<&String> = layout
    .roles
    .iter()
    .flat_map(|role| {
      Slot::BOTH
        .into_iter()
        .filter_map(|slot| layout.raw[slot].services.get(&role.name[slot]))
    })
    .flat_map(|service| &service.profiles)
    .collect();
  if !profiles.is_empty() {
    let profiles: Vec<&String> = profiles.into_iter().collect();
    out.found(
      "runtime.profiles",
      list(&profiles),
      "profiles of the slots' services",
    );
  }
  if !shared.services.is_empty() {
    let names: Vec<&String> = shared.services.keys().collect();
    out.found(
      "runtime.shared",
      list(&names),
      "every service that is of neither slot: never stopped, never recreated",
    );
  }
  let external: BTreeSet<&String> = Slot::BOTH
    .into_iter()
    .flat_map(|slot| &layout.stacks[slot].external)
    .collect();
  if !external.is_empty() {
    let external: Vec<&String> = external.into_iter().collect();
    out.found(
      "runtime.networks",
      list(&external),
      "external networks of the slots' files",
    );
  }
  followers(layout, shared, out);
}

fn files(layout: &Layout, shared: &Shared, out: &mut Proposal) {
  let both = &layout.files;
  if both.blue == both.green {
    out.found("runtime.files", list(&both.blue), layout.why.clone());
  } else {
    let pairs: Vec<Option<String>> = both
      .blue
      .iter()
      .zip(&both.green)
      .map(|(blue, green)| {
        if blue == green {
          return Some(blue.clone());
        }
        color::pair(&BySlot {
          blue: blue.clone(),
          green: green.clone(),
        })
      })
      .collect();
    match pairs.into_iter().collect::<Option<Vec<String>>>() {
      Some(files) if both.blue.len() == both.green.len() => {
        out.found("runtime.files", list(&files), layout.why.clone());
      }
      _ => {
        for slot in Slot::BOTH {
          out.found(
            &format!("slots.{slot}.files"),
            list(&both[slot]),
            layout.why.clone(),
          );
        }
      }
    }
  }
  if !shared.files.is_empty() {
    let (why, sure) = if shared.sure {
      ("what both slots share was started from it", Sure::Found)
    } else {
      ("by its name", Sure::Guess)
    };
    out.put("runtime.shared_files", list(&shared.files), why, sure);
  }
}
