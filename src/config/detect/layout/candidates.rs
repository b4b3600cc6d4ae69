//! Which compose files of a folder may hold two sides, by names alone. Rules D1 to D5.

use std::{
  collections::BTreeMap,
  path::{Path, PathBuf},
};

use super::Role;
use crate::{
  config::detect::{
    color,
    stack::{Service, Stack},
  },
  model::{BySlot, Slot},
};

/// A possibility.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
  pub(super) folder: PathBuf,
  pub(super) files: BySlot<Vec<String>>,
  pub(super) roles: Vec<Role>,
  pub(super) why: String,
}

pub(super) fn candidates(folder: &Path, files: &BTreeMap<String, Stack>) -> Vec<Candidate> {
  let mut found = Vec::new();
  for (name, stack) in files {
    let mut roles = by_color(&stack.services, &stack.services);
    let mut rule = "services that differ in their color only";
    if roles.is_empty() {
      roles = by_standby(&stack.services);
      rule = "a service and its standby";
    }
    if !roles.is_empty() {
      let own = with_base(files, name, &roles);
      found.push(Candidate {
        folder: folder.to_owned(),
        files: BySlot::from_fn(|_| own.clone()),
        why: format!("{name}: {rule}"),
        roles,
      });
    }
    let Some((Slot::Blue, template)) = color::of(name) else {
      continue;
    };
    let green = color::filled(&template, Slot::Green);
    let Some(other) = files.get(&green) else {
      continue;
    };
    let mut roles = by_color(&stack.services, &other.services);
    if roles.is_empty() {
      roles = by_file(stack, other);
    }
    if !roles.is_empty() {
      found.push(Candidate {
        folder: folder.to_owned(),
        files: BySlot {
          blue: with_base(files, name, &roles),
          green: with_base(files, &green, &roles),
        },
        why: format!("{name} and {green}: a compose file for each slot"),
        roles,
      });
    }
  }
  found
}

/// `api-blue` here, `api-green` there.
pub(super) fn by_color(
  blue: &BTreeMap<String, Service>,
  green: &BTreeMap<String, Service>,
) -> Vec<Role> {
  blue
    .keys()
    .filter_map(|name| {
      let (slot, template) = color::of(name)?;
      let other = color::filled(&template, Slot::Green);
      (slot == Slot::Blue && green.contains_key(&other)).then(|| Role {
        key: color::stem(&template),
        name: BySlot {
          blue: name.clone(),
          green: other,
        },
      })
    })
    .collect()
}

/// The same services in a blue and in a green file; what both merely share is not theirs.
pub(super) fn by_file(blue: &Stack, green: &Stack) -> Vec<Role> {
  blue
    .services
    .iter()
    .filter(|(name, service)| {
      green
        .services
        .get(*name)
        .is_some_and(|other| differ(service, other))
    })
    .map(|(name, _)| Role {
      key: color::stem(name),
      name: BySlot::from_fn(|_| name.clone()),
    })
    .collect()
}

pub(super) fn differ(one: &Service, other: &Service) -> bool {
  one.container != other.container
    || one.published != other.published
    || one.environment != other.environment
    || one.image != other.image
}

/// `api` and `api-green`, `ui` and `ui-b`: the plain one is blue.
pub(super) fn by_standby(services: &BTreeMap<String, Service>) -> Vec<Role> {
  const STANDBY: [&str; 6] = ["-green", "_green", "-b", "-2", "-standby", "-next"];
  services
    .keys()
    .filter_map(|name| {
      let plain = STANDBY.iter().find_map(|end| name.strip_suffix(end))?;
      services.contains_key(plain).then(|| Role {
        key: color::stem(plain),
        name: BySlot {
          blue: plain.to_owned(),
          green: name.clone(),
        },
      })
    })
    .collect()
}

/// The base file first, when the file cannot stand alone.
pub(super) fn with_base(
  files: &BTreeMap<String, Stack>,
  name: &str,
  roles: &[Role],
) -> Vec<String> {
  const BASES: [&str; 5] = [
    "docker-compose.yml",
    "docker-compose.yaml",
    "compose.yml",
    "compose.yaml",
    "docker-compose.base.yml",
  ];
  let Some(stack) = files.get(name) else {
    return vec![name.to_owned()];
  };
  let mine = roles
    .iter()
    .flat_map(|role| [&role.name.blue, &role.name.green]);
  let leans = mine
    .filter_map(|service| stack.services.get(service))
    .any(|service| {
      let bare = service.image.is_none() && service.build.is_none();
      bare
        || service
          .after
          .iter()
          .any(|after| !stack.services.contains_key(after))
    });
  let base = BASES
    .into_iter()
    .find(|base| *base != name && files.contains_key(*base));
  match base.filter(|_| leans) {
    Some(base) => vec![base.to_owned(), name.to_owned()],
    None => vec![name.to_owned()],
  }
}
