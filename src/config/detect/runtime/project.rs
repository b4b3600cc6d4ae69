//! Which Compose project each slot is: what runs says it, then what Compose would choose.

use std::collections::BTreeSet;

use crate::{
  config::{
    detect::{
      color,
      layout::Layout,
      proposal::{Choice, Proposal, Question, Sure, quoted},
      survey::Survey,
    },
    parse_env,
  },
  model::{BySlot, Slot},
};

pub(super) fn folder_name(layout: &Layout) -> String {
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
pub(super) fn project(
  survey: &Survey,
  layout: &Layout,
  out: &mut Proposal,
) -> Option<BySlot<String>> {
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

pub(super) fn write_project(pair: &BySlot<String>, why: &str, sure: Sure, out: &mut Proposal) {
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
pub(super) fn spoken_project(
  survey: &Survey,
  layout: &Layout,
  out: &mut Proposal,
) -> Option<BySlot<String>> {
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
