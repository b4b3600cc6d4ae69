//! What scripts do to the slot users are on, knowingly or not.

use super::{
  super::{
    compose::slot_of,
    shell::{Command, Judged},
  },
  Case,
  files::{is_proxy_file, is_state_file},
  words::{compose, docker, is_of_a_slot, only_says, reload},
};
use crate::model::finding::{Finding, Hazard};

pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  found.extend(blind(case));
  found.extend(sweeping(case));
  found.extend(by_part_of_a_name(case));
  found.extend(guessed(case));
  found.extend(undrained(case));
  found
}

/// The verb of a call that stops, removes or recreates containers of a slot.
pub(super) fn changes_a_slot(command: &Command) -> Option<&str> {
  let call = compose(command).or_else(|| docker(command))?;
  let verb = ["stop", "rm", "restart", "kill", "up", "down"]
    .into_iter()
    .find(|verb| *verb == call.verb)?;
  let of_a_slot = call
    .rest
    .iter()
    .chain(call.options)
    .any(|word| is_of_a_slot(word));
  of_a_slot.then_some(verb)
}

/// It finds out who is live before it acts.
fn looks(case: &Case<'_>) -> bool {
  let knows = |name: &str| {
    let name = name.to_ascii_lowercase();
    ["current", "live", "active"]
      .iter()
      .any(|word| name.contains(word))
  };
  case.commands().any(|(_, command)| {
    let reads = matches!(
      command.name(),
      "cat" | "grep" | "readlink" | "awk" | "source" | "." | "head" | "sed" | "read"
    );
    let about =
      command.words.iter().skip(1).any(|word| {
        is_state_file(word) || is_proxy_file(word) || knows(word) && word.contains('$')
      });
    let input = command
      .files
      .iter()
      .any(|(way, path)| *way == super::super::shell::Way::From && is_state_file(path));
    let kept = command.kept.as_deref().is_some_and(knows);
    let kubectl = command.name() == "kubectl" && command.has("get");
    (reads && about) || input || kept || kubectl
  })
}

fn blind(case: &Case<'_>) -> Option<Finding> {
  if looks(case) {
    return None;
  }
  let found = case.commands().find_map(|(_, command)| {
    let verb = changes_a_slot(command)?;
    (verb != "down").then_some((command, verb))
  });
  let (command, verb) = found?;
  Some(
    Finding::red(
      Hazard::H(11),
      format!("it runs '{verb}' on a slot and never asks which slot is live"),
      "run for the slot users are on, it takes the site down: a rollback of that kind causes the outage it should end",
      "use 'cutover deploy' and 'cutover rollback': they ask the proxy, and never touch the live slot",
    )
    .at(case.at(command)),
  )
}

/// Commands that hit everything around.
fn sweeping(case: &Case<'_>) -> Vec<Finding> {
  let mut said = Vec::new();
  let mut found = Vec::new();
  for (_, command) in case.commands() {
    let Some((what, why)) = sweep(command) else {
      continue;
    };
    if said.contains(&what) {
      continue;
    }
    said.push(what);
    let red = !what.contains("prune -f") && what != "docker container prune";
    let make = if red { Finding::red } else { Finding::amber };
    found.push(
      make(
        Hazard::Hz(13),
        &format!("it runs '{what}'"),
        why,
        "name the services to be stopped; cutover never runs down, --remove-orphans or prune",
      )
      .at(case.at(command)),
    );
  }
  found
}

fn sweep(command: &Command) -> Option<(&'static str, &'static str)> {
  if let Some(call) = compose(command) {
    let has = |word: &str| call.rest.iter().any(|other| other == word);
    if call.verb == "down" {
      return Some((
        "docker compose down",
        "it stops and removes every container of the project, the live slot, the proxy and the database too; the same project name can hit containers of other files",
      ));
    }
    if has("--remove-orphans") {
      return Some((
        "--remove-orphans",
        "containers of the project that these files do not name are removed: a live slot of another file or profile among them",
      ));
    }
  }
  let call = docker(command)?;
  let text = command.text();
  if call.verb == "system" && text.contains("prune") {
    return Some((
      "docker system prune",
      "it removes the stopped slot that a rollback needs, its image, and with --volumes data",
    ));
  }
  if text.contains("container prune") || text.contains("image prune") && text.contains("-a") {
    return Some((
      "docker container prune",
      "it removes the stopped slot or the image that a rollback needs",
    ));
  }
  let every = text.contains("$(docker ps") || text.contains("$(sudo docker ps");
  (matches!(call.verb, "rm" | "stop" | "kill") && every && !text.contains("--filter")).then_some((
    "docker rm $(docker ps ...)",
    "it hits every container of this machine, the live slot and the database too",
  ))
}

/// `--filter name=` and `grep` find parts of names.
fn by_part_of_a_name(case: &Case<'_>) -> Option<Finding> {
  let mut before: Option<&Command> = None;
  for (_, command) in case.commands() {
    let lists = docker(command).is_some_and(|call| call.verb == "ps");
    let filter = lists
      && command.words.iter().any(|word| {
        word.starts_with("name=") && !word.starts_with("name=^")
          || word.starts_with("--filter=name=")
      });
    let grep = before.is_some_and(|before| {
      command.name() == "grep"
        && command.join == super::super::shell::Join::Pipe
        && docker(before).is_some_and(|call| call.verb == "ps")
        && !command.text().contains('^')
        && !command
          .words
          .iter()
          .any(|word| word.starts_with('-') && word.contains('x'))
    });
    if filter || grep {
      return Some(
        Finding::amber(
          Hazard::Hz(17),
          "it finds a container by a part of its name",
          "every container with these letters in its name matches: the wrong one is asked, or two at once and the command breaks",
          "use the exact name: docker inspect NAME, or --filter name=^NAME$",
        )
        .at(case.at(command)),
      );
    }
    before = Some(command);
  }
  None
}

/// Which slot is live is taken from which one runs.
fn guessed(case: &Case<'_>) -> Option<Finding> {
  let mut asked: Option<&Command> = None;
  for (_, command) in case.commands() {
    let words = command.text();
    let about_running = docker(command).is_some_and(|call| matches!(call.verb, "ps" | "inspect"))
      && command.judged == Judged::Yes
      || asked.is_some() && command.name() == "grep" && command.judged == Judged::Yes;
    if docker(command).is_some_and(|call| call.verb == "ps")
      || about_running && slot_of(&words).is_some()
    {
      asked = Some(command);
      continue;
    }
    let decides = command
      .words
      .first()
      .and_then(|word| word.split_once('='))
      .is_some_and(|(name, value)| {
        let name = name.to_ascii_lowercase();
        slot_of(value).is_some()
          && ["current", "live", "active"]
            .iter()
            .any(|word| name.contains(word))
      });
    if let Some(asked) = asked
      && decides
      && command.branches > 0
    {
      return Some(
        Finding::amber(
          Hazard::Hz(11),
          "it takes the slot that runs for the one that is live",
          "after every deploy both run, and while one restarts none does: the guess is then wrong",
          "ask the proxy; 'cutover status --json' says who is live and who says so",
        )
        .at(case.at(asked)),
      );
    }
    if !only_says(command) && decides {
      asked = None;
    }
  }
  None
}

/// The former slot is stopped right behind the switch.
fn undrained(case: &Case<'_>) -> Option<Finding> {
  let calls_switch = |command: &Command| {
    let name = command.name().to_ascii_lowercase();
    (name.contains("switch") || name.contains("cutover.sh")) && !only_says(command)
  };
  let (at, _) = case
    .commands()
    .rfind(|(_, command)| reload(command).is_some() || calls_switch(command))?;
  let (verb, command) = case.after(at).find_map(|(_, command)| {
    let verb = changes_a_slot(command)?;
    matches!(verb, "stop" | "rm" | "down" | "kill").then_some((verb, command))
  })?;
  let finding = if matches!(verb, "rm" | "down") {
    Finding::amber(
      Hazard::Hz(9),
      format!("right after the switch it runs '{verb}' on the former slot"),
      "there is nothing left to go back to, and requests it was still answering are cut off",
      "keep it: cutover leaves the former slot running until 'cutover stop'",
    )
  } else {
    Finding::amber(
      Hazard::H(6),
      "it stops the former slot right after the reload",
      "former workers of the proxy still send it requests for as long as one takes: those are lost",
      "wait until no worker of the proxy is shutting down; cutover shows how many are, and stops only when told",
    )
  };
  Some(finding.at(case.at(command)))
}
