//! The team's own note of who is live: written where, and when.

use super::{
  super::shell::Command,
  Case,
  files::{How, Write, is_state_file, writes},
  words::reload,
};
use crate::model::finding::{Finding, Hazard};

pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  let noted: Vec<(usize, &Command, Write)> = case
    .commands()
    .flat_map(|(index, command)| {
      writes(command)
        .into_iter()
        .filter(|write| write.how != How::Gone && is_state_file(&write.path))
        .map(move |write| (index, command, write))
    })
    .collect();
  found.extend(somewhere(case, &noted));
  found.extend(too_early(case, &noted));
  found.extend(regardless(case, &noted));
  found
}

/// A path that depends on where the caller stands.
fn somewhere(case: &Case<'_>, noted: &[(usize, &Command, Write)]) -> Option<Finding> {
  let goes_home = |index: usize| {
    case.commands().take(index).any(|(_, command)| {
      command.name() == "cd"
        && command
          .words
          .get(1)
          .is_some_and(|folder| folder.starts_with("@here") || folder.starts_with('/'))
    })
  };
  let (_, command, write) = noted.iter().find(|(index, _, write)| {
    let path = &write.path;
    !path.starts_with(['/', '@', '$', '~']) && !goes_home(*index)
  })?;
  Some(
    Finding::red(
      Hazard::H(11),
      format!("it writes {} relative to wherever it was called from", write.path),
      "called from another folder it notes the switch in the wrong place: the next deploy takes the live slot for the idle one and rebuilds it under the users",
      "cd \"$(dirname \"$0\")\" first; better let cutover find out who is live: it asks the proxy",
    )
    .at(case.at(command)),
  )
}

fn too_early(case: &Case<'_>, noted: &[(usize, &Command, Write)]) -> Option<Finding> {
  let last = case.last_reload()?;
  let (_, command, write) = noted.iter().find(|(index, ..)| *index < last)?;
  Some(
    Finding::red(
      Hazard::Hz(16),
      format!("it writes {} before the proxy is reloaded", write.path),
      "when the reload fails the file names a slot that has no users, and the next deploy rebuilds the one that has",
      "write it last, after the proxy has proven who answers",
    )
    .at(case.at(command)),
  )
}

/// Noted also when the proxy's file was never written.
fn regardless(case: &Case<'_>, noted: &[(usize, &Command, Write)]) -> Option<Finding> {
  let (index, command, write) = noted.last()?;
  let proxy = case.proxy_writes();
  let (from, last) = proxy
    .iter()
    .filter(|(at, ..)| at < index)
    .map(|(at, it, _)| (*at, *it))
    .next_back()?;
  let only_maybe = last.branches > command.branches
    && proxy
      .iter()
      .all(|(_, it, _)| it.branches > command.branches);
  let gives_up = case
    .after(from)
    .take_while(|(at, _)| at < index)
    .any(|(_, it)| matches!(it.name(), "exit" | "return" | "die" | "fail"));
  let reloads = case.commands().any(|(_, it)| reload(it).is_some());
  (only_maybe && !gives_up && reloads).then(|| {
    Finding::red(
      Hazard::Hz(16),
      format!("it writes {} also when the proxy's file was not there to be changed", write.path),
      "a switch is recorded that did not happen, and the next deploy rebuilds the slot users are on",
      "end the script where the proxy's file is missing",
    )
    .at(case.at(command))
  })
}
