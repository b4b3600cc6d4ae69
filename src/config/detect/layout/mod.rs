//! Where the two slots are: which compose files, which services, which project. Rules D1 to D6.
//!
//! Names alone say most of it; what runs says the rest, because Compose writes on every container
//! which files it was made from. More than one possibility is a question.

mod candidates;
mod models;

use std::{
  collections::{BTreeMap, BTreeSet},
  path::{Path, PathBuf},
};

use self::candidates::{Candidate, candidates};

use super::{
  color,
  proposal::{Choice, Proposal, Question},
  stack::{Service, Stack},
  survey::{Seen, Survey},
};
use crate::model::{BySlot, Slot};

/// A service that each slot has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role {
  pub(super) key: String,
  pub(super) name: BySlot<String>,
}

/// The two slots as Compose has them.
#[derive(Clone, Debug)]
pub(super) struct Layout {
  pub(super) folder: PathBuf,
  /// Compose files of each slot, in order, from the folder.
  pub(super) files: BySlot<Vec<String>>,
  pub(super) roles: Vec<Role>,
  /// Why these, for the file's comments.
  pub(super) why: String,
  /// The files as written, merged.
  pub(super) raw: BySlot<Stack>,
  /// With every variable replaced: by Compose where it could be asked.
  pub(super) stacks: BySlot<Stack>,
}

impl Layout {
  pub(super) fn service(&self, role: &Role, slot: Slot) -> Option<&Service> {
    self.stacks[slot].services.get(&role.name[slot])
  }

  /// The role's container in a slot, as it runs or is kept.
  pub(super) fn container<'a>(
    &self,
    survey: &'a Survey,
    role: &Role,
    slot: Slot,
  ) -> Option<&'a Seen> {
    let named = self
      .service(role, slot)
      .and_then(|service| service.container.as_deref());
    let ours = |seen: &&Seen| {
      seen.folder.as_deref() == Some(&*self.folder)
        && seen.service.as_deref() == Some(&*role.name[slot])
        && self.of_slot(seen, slot)
    };
    let mut all: Vec<&Seen> = survey.containers.iter().filter(ours).collect();
    all.sort_by_key(|seen| !seen.running);
    let exact = survey
      .containers
      .iter()
      .find(|seen| named == Some(&*seen.name));
    all.first().copied().or(exact)
  }

  /// Where both slots have the same service names, files or projects tell them apart.
  fn of_slot(&self, seen: &Seen, slot: Slot) -> bool {
    let same = self
      .roles
      .iter()
      .any(|role| role.name.blue == role.name.green);
    let files = compose_files(&self.folder, seen);
    let project = seen.project.as_deref().and_then(color::of);
    !same || files == self.files[slot] || project.is_some_and(|(named, _)| named == slot)
  }

  /// Every service of the slots' own files that is not one of theirs.
  pub(super) fn others(&self) -> BTreeMap<&str, &Service> {
    let mine: BTreeSet<&str> = self
      .roles
      .iter()
      .flat_map(|role| [&*role.name.blue, &*role.name.green])
      .collect();
    Slot::BOTH
      .into_iter()
      .flat_map(|slot| &self.stacks[slot].services)
      .map(|(name, service)| (name.as_str(), service))
      .filter(|(name, _)| !mine.contains(name))
      .collect()
  }
}

/// Compose files a container was made from, but for the pins this product adds itself.
pub(super) fn compose_files(folder: &Path, seen: &Seen) -> Vec<String> {
  seen
    .files
    .iter()
    .map(|file| folder.join(file))
    .filter(|file| !file.components().any(|part| part.as_os_str() == ".cutover"))
    .map(|file| Survey::shown(folder, &file))
    .collect()
}

/// The compose files of each folder.
pub(super) type Folders = BTreeMap<PathBuf, BTreeMap<String, Stack>>;

pub(super) fn folders(survey: &Survey) -> Folders {
  let mut folders = Folders::new();
  for (path, file) in &survey.files {
    let Some((folder, name)) = path
      .parent()
      .zip(path.file_name().and_then(|name| name.to_str()))
    else {
      continue;
    };
    let yaml = Path::new(name)
      .extension()
      .is_some_and(|end| end == "yml" || end == "yaml");
    if let Some(stack) = file
      .text
      .as_deref()
      .filter(|_| yaml)
      .and_then(Stack::read)
      .filter(|stack| !stack.services.is_empty())
    {
      let files = folders.entry(folder.to_owned()).or_default();
      files.insert(name.to_owned(), stack);
    }
  }
  folders
}

/// The site's layout; `None` when there is none or a question is open.
pub(super) fn choose(survey: &Survey, folders: &Folders, out: &mut Proposal) -> Option<Layout> {
  let mut all: Vec<Candidate> = folders
    .iter()
    .flat_map(|(folder, files)| candidates(folder, files))
    .collect();
  let runs = |candidate: &Candidate| running(survey, candidate) > 0;
  if all.len() > 1 && all.iter().any(runs) {
    all.retain(runs);
  }
  let name = |candidate: &Candidate| {
    let files = candidate.files.blue.join(",");
    Survey::shown(&survey.folder, &candidate.folder.join(files))
  };
  if let Some(answer) = survey.answers.get("runtime.files") {
    all.retain(|candidate| name(candidate) == *answer);
  }
  if all.len() > 1 {
    out.questions.push(Question {
      key: "runtime.files".to_owned(),
      text:
        "more than one set of compose files holds a blue and a green side: which is this site's?"
          .to_owned(),
      choices: all
        .iter()
        .map(|candidate| Choice {
          value: name(candidate),
          why: candidate.why.clone(),
        })
        .collect(),
    });
    return None;
  }
  let candidate = all.pop()?;
  track(survey, candidate, out).map(|candidate| models::layout(survey, folders, candidate, out))
}

/// Two services that switch each on its own are two sites.
fn track(survey: &Survey, mut candidate: Candidate, out: &mut Proposal) -> Option<Candidate> {
  let states = crate::config::detect::truth::states(survey, &candidate.folder);
  let own = |role: &Role| {
    states
      .iter()
      .any(|(path, _)| path.to_string_lossy().to_lowercase().contains(&*role.key))
  };
  if candidate.roles.len() < 2 || !candidate.roles.iter().all(own) {
    return Some(candidate);
  }
  let keys: Vec<String> = candidate
    .roles
    .iter()
    .map(|role| role.key.clone())
    .collect();
  if let Some(answer) = survey.answers.get("track") {
    candidate.roles.retain(|role| role.key == *answer);
    out.note(
      format!("{} switch each on its own", keys.join(" and ")),
      "one file describes one pair: run init again for the other, into a folder of its own",
    );
    return Some(candidate);
  }
  out.questions.push(Question {
    key: "track".to_owned(),
    text: format!(
      "{} have a state file each, so they switch each on its own: which of them is this file about?",
      keys.join(" and ")
    ),
    choices: keys
      .into_iter()
      .map(|value| Choice {
        why: format!("the pair of {value}"),
        value,
      })
      .collect(),
  });
  None
}

fn running(survey: &Survey, candidate: &Candidate) -> usize {
  survey
    .containers
    .iter()
    .filter(|seen| seen.running && seen.folder.as_deref() == Some(&*candidate.folder))
    .filter(|seen| {
      let files = compose_files(&candidate.folder, seen);
      let same = |slot: Slot| {
        candidate.files[slot]
          .iter()
          .all(|file| files.contains(file))
          || files.is_empty()
      };
      candidate.roles.iter().any(|role| {
        Slot::BOTH
          .into_iter()
          .any(|slot| seen.service.as_deref() == Some(&*role.name[slot]) && same(slot))
      })
    })
    .count()
}
