//! What comes from outside into a command, and secrets that stand in scripts.

use super::{super::slots::is_secret, Case};
use crate::model::finding::{Finding, Hazard};

pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  found.extend(options_from_outside(case));
  found.extend(secrets(case));
  found.extend(unverified(case));
  found
}

/// A branch named like an option of git is an option of git.
fn options_from_outside(case: &Case<'_>) -> Option<Finding> {
  case.commands().find_map(|(_, command)| {
    let verb = command.words.get(1)?.as_str();
    let takes = command.name() == "git" && matches!(verb, "fetch" | "checkout" | "clone" | "reset" | "pull");
    let fenced = command.has("--") || command.has("--end-of-options");
    let variable = command.words.iter().skip(2).any(|word| word.starts_with('$'));
    (takes && variable && !fenced).then(|| {
      Finding::note(
        Hazard::H(29),
        format!("it hands a name from outside to 'git {verb}' as it is"),
        "a branch or tag that begins with a dash is read as an option, and some options run commands",
        format!("git {verb} ... --end-of-options \"$NAME\""),
      )
      .at(case.at(command))
    })
  })
}

fn secrets(case: &Case<'_>) -> Option<Finding> {
  let literal = |word: &String| {
    let (name, value) = word.split_once('=')?;
    let kept = !value.is_empty() && !value.contains(['$', '(', '`', '/']);
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (plain && kept && is_secret(name)).then(|| name.to_owned())
  };
  case.commands().find_map(|(_, command)| {
    let name = command
      .given
      .iter()
      .chain(&command.words)
      .find_map(literal)?;
    Some(
      Finding::amber(
        Hazard::H(30),
        format!("{name} is written in the script"),
        "whoever may read the script or its history in git has it",
        "read it from a file with mode 600, and change it",
      )
      .at(case.at(command)),
    )
  })
}

fn unverified(case: &Case<'_>) -> Option<Finding> {
  case.commands().find_map(|(_, command)| {
    let curl = command.name() == "curl"
      && command.words.iter().any(|word| {
        word == "--insecure"
          || word.starts_with('-') && !word.starts_with("--") && word.contains('k')
      });
    let wget = command.name() == "wget" && command.has("--no-check-certificate");
    (curl || wget).then(|| {
      Finding::note(
        Hazard::H(31),
        "it asks without verifying the certificate",
        "whatever answers there counts, and an expired certificate is not noticed",
        "leave -k out, and give the certificate's authority with --cacert if it is your own",
      )
      .at(case.at(command))
    })
  })
}
