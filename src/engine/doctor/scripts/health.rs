//! Checks that cannot fail, checks that are no checks, and branches that are never reached.

use super::{
  super::shell::{Command, Join, Judged},
  Case,
  words::{asks, is_config_test, only_says},
};
use crate::model::finding::{Finding, Hazard};

/// A pause of so many seconds outside of a loop stands for a check; from `WATCH` on for watching.
const PAUSE: u64 = 5;
const WATCH: u64 = 60;

pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  found.extend(sleeps(case));
  found.extend(any_answer(case));
  found.extend(never_reached(case));
  found.extend(first_ends_it(case));
  found
}

fn seconds(command: &Command) -> Option<u64> {
  let text = command.words.get(1)?;
  let (digits, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
    Some(at) => text.split_at(at),
    None => (text.as_str(), "s"),
  };
  let count: u64 = digits.parse().ok()?;
  match unit {
    "s" => Some(count),
    "m" => Some(count * 60),
    "h" => Some(count * 3600),
    _ => None,
  }
}

fn sleeps(case: &Case<'_>) -> Option<Finding> {
  let (command, length) = case
    .commands()
    .filter(|(_, command)| command.name() == "sleep" && command.loops == 0)
    .filter_map(|(_, command)| Some((command, seconds(command)?)))
    .filter(|(_, length)| *length >= PAUSE)
    .max_by_key(|(_, length)| *length)?;
  let finding = if length >= WATCH {
    Finding::amber(
      Hazard::Hz(18),
      format!("it watches the site by sleeping {length} s"),
      "nothing is looked at meanwhile: users can have errors all the time",
      "watch what users get: cutover shows requests and errors of each slot, and rolls back by one key",
    )
  } else {
    Finding::amber(
      Hazard::Hz(18),
      format!("it sleeps {length} s instead of waiting until the slot is healthy"),
      "a slow start is switched to too early, and a fast one waits for nothing",
      "ask the health page until it has answered well several times, with a deadline",
    )
  };
  Some(finding.at(case.at(command)))
}

/// curl calls every answer a success, also 500, unless it is told not to.
fn any_answer(case: &Case<'_>) -> Option<Finding> {
  case.commands().find_map(|(index, command)| {
    if command.name() != "curl" || command.judged == Judged::No || asks(command).is_empty() {
      return None;
    }
    let strict = command.words.iter().any(|word| {
      word.starts_with("--fail")
        || word.starts_with("--write-out")
        || word.starts_with('-') && !word.starts_with("--") && word.contains(['f', 'w'])
    });
    let next = case.script.commands.get(index + 1);
    let read = next.is_some_and(|next| next.join == Join::Pipe) || command.kept.is_some();
    (!strict && !read).then(|| {
      Finding::amber(
        Hazard::Hz(18),
        "its health check takes any answer for a good one",
        "curl without --fail ends well also on a 500 or 404: the check passes while the slot serves errors",
        "curl --fail --max-time 5 URL",
      )
      .at(case.at(command))
    })
  })
}

/// Under `set -e` a script is gone before it can look at `$?`.
fn never_reached(case: &Case<'_>) -> Option<Finding> {
  if !case.script.exits_on_error {
    return None;
  }
  let tests: Vec<(&Command, &Command)> = case
    .commands()
    .filter(|(_, command)| {
      matches!(command.name(), "[" | "[[" | "test")
        && command.words.iter().any(|word| word.contains("$?"))
    })
    .filter_map(|(index, command)| {
      Some((command, case.script.commands.get(index.checked_sub(1)?)?))
    })
    .filter(|(_, before)| before.judged == Judged::No && !only_says(before))
    .collect();
  let (command, _) = tests
    .iter()
    .find(|(_, before)| is_config_test(before))
    .or(tests.first())?;
  let more = match tests.len() {
    1 => String::new(),
    count => format!(", nor {} others like it", count - 1),
  };
  let fix = "test the command itself: if ! nginx -t; then ...";
  let finding = if tests.iter().any(|(_, before)| is_config_test(before))
    && !case.proxy_writes().is_empty()
  {
    Finding::red(
      Hazard::Hz(23),
      format!("its branch for a failed test of the proxy is never reached{more}"),
      "set -e ends the script at the failing command: the bad file stays where the next reload finds it, and nothing is put back",
      fix,
    )
  } else {
    Finding::amber(
      Hazard::Hz(23),
      format!("under 'set -e' its branch on $? is never reached{more}"),
      "the script ends at the failing command without a word, and nothing it meant to undo is undone",
      fix,
    )
  };
  Some(finding.at(case.at(command)))
}

/// A check of one slot that ends the script before the other is looked at.
fn first_ends_it(case: &Case<'_>) -> Option<Finding> {
  if !case.script.exits_on_error {
    return None;
  }
  let failing = &case.script.failing_functions;
  let calls: Vec<&Command> = case
    .commands()
    .map(|(_, command)| command)
    .filter(|command| failing.iter().any(|name| name == command.name()))
    .filter(|command| command.judged == Judged::No && command.function.is_none())
    .collect();
  let twice = calls.iter().any(|one| {
    calls
      .iter()
      .filter(|other| other.name() == one.name())
      .count()
      > 1
  }) || calls.iter().any(|call| call.loops > 0);
  let first = calls.first()?;
  twice.then(|| {
    Finding::amber(
      Hazard::Hz(23),
      format!(
        "it ends at the first slot that is not healthy ('{}' fails under 'set -e')",
        first.name()
      ),
      "the other slot and the summary are never shown, just when both matter",
      format!(
        "{} ... || failed=1, and exit with $failed at the end; 'cutover health' shows both",
        first.name()
      ),
    )
    .at(case.at(first))
  })
}
