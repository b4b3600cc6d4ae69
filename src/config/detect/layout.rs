//! Where the two slots are: which compose files, which services, which project. Rules D1 to D6.
//!
//! Names alone say most of it; what runs says the rest, because Compose writes on every container
//! which files it was made from. More than one possibility is a question.

use std::{
  collections::{BTreeMap, BTreeSet},
  path::{Path, PathBuf},
};

use super::{
  color,
  interpolate::interpolate,
  proposal::{Choice, Proposal, Question},
  stack::{Service, Stack},
  survey::{Seen, Survey},
};
use crate::{
  config::parse_env,
  model::{BySlot, Slot},
};

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

/// A possibility.
#[derive(Clone, Debug)]
struct Candidate {
  folder: PathBuf,
  files: BySlot<Vec<String>>,
  roles: Vec<Role>,
  why: String,
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
  track(survey, candidate, out).map(|candidate| layout(survey, folders, candidate, out))
}

/// Two services that switch each on its own are two sites.
fn track(survey: &Survey, mut candidate: Candidate, out: &mut Proposal) -> Option<Candidate> {
  let states = super::truth::states(survey, &candidate.folder);
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

fn candidates(folder: &Path, files: &BTreeMap<String, Stack>) -> Vec<Candidate> {
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
fn by_color(blue: &BTreeMap<String, Service>, green: &BTreeMap<String, Service>) -> Vec<Role> {
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
fn by_file(blue: &Stack, green: &Stack) -> Vec<Role> {
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

fn differ(one: &Service, other: &Service) -> bool {
  one.container != other.container
    || one.published != other.published
    || one.environment != other.environment
    || one.image != other.image
}

/// `api` and `api-green`, `ui` and `ui-b`: the plain one is blue.
fn by_standby(services: &BTreeMap<String, Service>) -> Vec<Role> {
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
fn with_base(files: &BTreeMap<String, Stack>, name: &str, roles: &[Role]) -> Vec<String> {
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

/// Files as running containers name them, then the models.
fn layout(survey: &Survey, folders: &Folders, candidate: Candidate, out: &mut Proposal) -> Layout {
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
fn mirrored(file: &str, slot: Slot) -> String {
  match color::of(file) {
    Some((named, template)) if named != slot => color::filled(&template, slot),
    _ => file.to_owned(),
  }
}

/// Later files win, service by service and key by key where they say something.
fn merged(files: Option<&BTreeMap<String, Stack>>, names: &[String]) -> Stack {
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

fn resolved(
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
