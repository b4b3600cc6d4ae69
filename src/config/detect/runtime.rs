//! Project, files, services and what both slots share: everything Compose decides.

use std::collections::{BTreeMap, BTreeSet};

use super::{
  color,
  layout::{Folders, Layout, Role, compose_files},
  proposal::{Choice, Proposal, Question, Sure, list, quoted},
  stack::{Service, Stack},
  survey::{Seen, Survey},
};
use crate::{
  config::parse_env,
  model::{BySlot, Slot},
};

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
    super::proposal::Value {
      key: "name".to_owned(),
      value: quoted(&site),
      source: "the Compose project".to_owned(),
      sure: Sure::Found,
      in_force: super::proposal::InForce::Yes,
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

fn folder_name(layout: &Layout) -> String {
  layout
    .folder
    .file_name()
    .unwrap_or_default()
    .to_string_lossy()
    .to_lowercase()
    .chars()
    .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
    .collect::<String>()
    .trim_matches(['-', '_'])
    .to_owned()
}

/// The project of each slot: what runs says it, then what Compose would choose.
fn project(survey: &Survey, layout: &Layout, out: &mut Proposal) -> Option<BySlot<String>> {
  let apart = layout
    .roles
    .iter()
    .any(|role| role.name.blue == role.name.green);
  let labels = BySlot::from_fn(|slot| {
    layout
      .roles
      .iter()
      .find_map(|role| layout.container(survey, role, slot))
      .and_then(|seen| seen.project.clone())
  });
  if let Some(project) = labels.iter().find_map(|(_, project)| project.clone()) {
    let pair = BySlot::from_fn(|slot| {
      let other = color::of(&project).map(|(_, template)| color::filled(&template, slot));
      labels[slot]
        .clone()
        .or(other.filter(|_| apart))
        .unwrap_or_else(|| project.clone())
    });
    write_project(&pair, "the label of its containers", Sure::Found, out);
    return Some(pair);
  }
  if apart {
    return spoken_project(survey, layout, out);
  }
  let dotenv = survey
    .read(&layout.folder.join(".env"))
    .map(parse_env)
    .unwrap_or_default();
  let named = layout
    .raw
    .blue
    .name
    .as_ref()
    .and(layout.stacks.blue.name.as_ref());
  let (project, why, sure) = match (dotenv.get("COMPOSE_PROJECT_NAME"), named) {
    (Some(name), _) => (name.clone(), "COMPOSE_PROJECT_NAME in .env", Sure::Found),
    (None, Some(name)) => (name.clone(), "name: of the compose file", Sure::Found),
    (None, None) => (
      folder_name(layout),
      "Compose's own choice: the folder's name; nothing runs that says it",
      Sure::Guess,
    ),
  };
  let pair = BySlot::from_fn(|_| project.clone());
  write_project(&pair, why, sure, out);
  Some(pair)
}

fn write_project(pair: &BySlot<String>, why: &str, sure: Sure, out: &mut Proposal) {
  if pair.blue == pair.green {
    out.put("runtime.project", quoted(&pair.blue), why, sure);
  } else if let Some(template) = color::pair(pair) {
    out.put("runtime.project", quoted(&template), why, sure);
  } else {
    for slot in Slot::BOTH {
      out.put(
        &format!("slots.{slot}.project"),
        quoted(&pair[slot]),
        why,
        sure,
      );
    }
  }
}

/// Both slots have the same service names, so only their projects keep them apart.
fn spoken_project(survey: &Survey, layout: &Layout, out: &mut Proposal) -> Option<BySlot<String>> {
  let mut found = BTreeSet::new();
  for file in survey.files.values() {
    let words: Vec<&str> = file
      .text
      .as_deref()
      .unwrap_or_default()
      .split_whitespace()
      .collect();
    for pair in words.windows(2) {
      if matches!(pair, ["-p" | "--project-name", name] if color::of(name).is_some()) {
        found.extend(color::of(pair[1].trim_matches(['"', '\''])).map(|(_, template)| template));
      }
    }
  }
  let fallback = format!("{}-{{color}}", folder_name(layout));
  let answer = survey.answers.get("runtime.project").cloned();
  let only = (found.len() == 1)
    .then(|| found.iter().next().cloned())
    .flatten();
  if let Some(template) = answer.or(only) {
    let pair = BySlot::from_fn(|slot| color::filled(&template, slot));
    write_project(&pair, "scripts call Compose with it", Sure::Guess, out);
    return Some(pair);
  }
  found.extend(["{color}".to_owned(), fallback]);
  out.questions.push(Question {
    key: "runtime.project".to_owned(),
    text: "both slots have the same service names, so each is a Compose project of its own: how are the two called?".to_owned(),
    choices: found
      .into_iter()
      .map(|value| Choice {
        why: format!(
          "{} and {}",
          color::filled(&value, Slot::Blue),
          color::filled(&value, Slot::Green)
        ),
        value,
      })
      .collect(),
  });
  None
}

/// Workers outside the slots that share a slot's image take no new version here.
fn followers(layout: &Layout, shared: &Shared, out: &mut Proposal) {
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
pub(super) fn services(
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

fn container(layout: &Layout, role: &Role, out: &mut Proposal) {
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
