//! The team's own state file: a small file that holds the word `blue` or `green`. Rule D16.

use std::path::{Path, PathBuf};

use super::{
  layout::Layout,
  proposal::{Choice, Proposal, Question, quoted},
  survey::Survey,
};
use crate::model::Slot;

/// Files right in the folder that hold one word, which is a slot's.
pub(super) fn states(survey: &Survey, folder: &Path) -> Vec<(PathBuf, Slot)> {
  survey
    .files
    .iter()
    .filter(|(path, _)| path.parent() == Some(folder))
    .filter_map(|(path, file)| Some((path.clone(), file.text.as_deref()?.trim().parse().ok()?)))
    .collect()
}

pub(super) fn find(
  survey: &Survey,
  layout: &Layout,
  proven: Option<Slot>,
  out: &mut Proposal,
) -> Option<Slot> {
  let name = |path: &Path| Survey::shown(&layout.folder, path);
  let is_former = |path: &Path| {
    let name = name(path).to_lowercase();
    ["prev", "former", "last", "old"]
      .iter()
      .any(|word| name.contains(word))
  };
  let (former, mut now): (Vec<_>, Vec<_>) = states(survey, &layout.folder)
    .into_iter()
    .partition(|(path, _)| is_former(path));
  // Of one track among several, only its own.
  if let [role] = layout.roles.as_slice() {
    let own = |(path, _): &(PathBuf, Slot)| name(path).to_lowercase().contains(&*role.key);
    if now.len() > 1 && now.iter().any(own) {
      now.retain(own);
    }
  }
  if let Some(answer) = survey.answers.get("truth.state_file") {
    now.retain(|(path, _)| name(path) == *answer);
  }
  let (path, slot) = match now.as_slice() {
    [] => return None,
    [one] => one.clone(),
    many => {
      out.questions.push(Question {
        key: "truth.state_file".to_owned(),
        text: "more than one file holds the name of a slot: which one says who is live?".to_owned(),
        choices: many
          .iter()
          .map(|(path, slot)| Choice {
            value: name(path),
            why: format!("it says {slot}"),
          })
          .collect(),
      });
      return None;
    }
  };
  out.found(
    "truth.state_file",
    quoted(&name(&path)),
    format!("it says {slot}"),
  );
  if let [(path, slot)] = former.as_slice() {
    out.found(
      "truth.previous",
      quoted(&name(path)),
      format!("it says {slot}"),
    );
  }
  if let Some(proven) = proven.filter(|proven| *proven != slot) {
    out.note(
      format!(
        "{} says {slot}, and the proxy sends users to {proven}",
        name(&path)
      ),
      format!("'cutover switch {proven}' writes down what is true and moves nobody"),
    );
  }
  Some(slot)
}
