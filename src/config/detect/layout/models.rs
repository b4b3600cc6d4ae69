//! The files of the chosen layout, as running containers name them, and the models they make.

use std::{
  collections::{BTreeMap, BTreeSet},
  path::Path,
};

use super::{Folders, Layout, candidates::Candidate, compose_files};
use crate::{
  config::{
    detect::{color, interpolate::interpolate, proposal::Proposal, stack::Stack, survey::Survey},
    parse_env,
  },
  model::{BySlot, Slot},
};

/// Files as running containers name them, then the models.
pub(super) fn layout(
  survey: &Survey,
  folders: &Folders,
  candidate: Candidate,
  out: &mut Proposal,
) -> Layout {
  let Candidate {
    folder,
    files,
    roles,
    why,
  } = candidate;
  let known = BySlot::from_fn(|slot| {
    survey
      .containers
      .iter()
      .filter(|seen| seen.folder.as_deref() == Some(&*folder))
      .filter(|seen| {
        let plain = roles.iter().all(|role| role.name.blue != role.name.green);
        let files = compose_files(&folder, seen);
        let of_slot = plain
          || files
            .iter()
            .any(|file| color::of(file).is_some_and(|(s, _)| s == slot));
        of_slot
          && roles
            .iter()
            .any(|role| seen.service.as_deref() == Some(&*role.name[slot]))
      })
      .map(|seen| compose_files(&folder, seen))
      .find(|files| !files.is_empty())
  });
  let files = BySlot::from_fn(|slot| {
    known[slot]
      .clone()
      .or_else(|| {
        let other = known[slot.other()].as_ref()?;
        Some(other.iter().map(|file| mirrored(file, slot)).collect())
      })
      .unwrap_or_else(|| files[slot].clone())
  });
  let raw = BySlot::from_fn(|slot| merged(folders.get(&folder), &files[slot]));
  let stacks = BySlot::from_fn(|slot| resolved(survey, &folder, &files[slot], &raw[slot], out));
  Layout {
    folder,
    files,
    roles,
    why,
    raw,
    stacks,
  }
}

/// The other slot's file becomes this one's.
pub(super) fn mirrored(file: &str, slot: Slot) -> String {
  match color::of(file) {
    Some((named, template)) if named != slot => color::filled(&template, slot),
    _ => file.to_owned(),
  }
}

/// Later files win, service by service and key by key where they say something.
pub(super) fn merged(files: Option<&BTreeMap<String, Stack>>, names: &[String]) -> Stack {
  let mut all = Stack::default();
  for stack in names.iter().filter_map(|name| files?.get(name)) {
    all.name = stack.name.clone().or(all.name);
    all.external.extend(stack.external.iter().cloned());
    for (name, service) in &stack.services {
      let before = all.services.remove(name).unwrap_or_default();
      all.services.insert(name.clone(), service.over(before));
    }
  }
  all
}

pub(super) fn resolved(
  survey: &Survey,
  folder: &Path,
  files: &[String],
  raw: &Stack,
  out: &mut Proposal,
) -> Stack {
  let profiles: BTreeSet<&String> = raw
    .services
    .values()
    .flat_map(|service| &service.profiles)
    .collect();
  let profiles: Vec<String> = profiles.into_iter().cloned().collect();
  if survey.compose.is_some() {
    match survey.model(folder, files, &profiles) {
      Some(Ok(text)) => {
        if let Some(stack) = Stack::read(text) {
          return stack;
        }
      }
      Some(Err(why)) => out.note(
        format!("Compose cannot resolve {}: {why}", files.join(" and ")),
        "the files were read as they are written; mend them before a deploy",
      ),
      None => {}
    }
  }
  let values = survey
    .read(&folder.join(".env"))
    .map(parse_env)
    .unwrap_or_default();
  let plain = files
    .iter()
    .filter_map(|file| {
      let text = survey.read(&folder.join(file))?;
      Some((file.clone(), Stack::read(&interpolate(text, &values))?))
    })
    .collect();
  merged(Some(&plain), files)
}
