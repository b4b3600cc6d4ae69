//! How scripts make the proxy read its configuration, and what they do when it does not.

use super::{
  super::shell::Join,
  Case,
  words::{Reload, is_config_test, reload},
};
use crate::model::finding::{Finding, Hazard};

pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  found.extend(restart_instead(case));
  found.extend(signals(case));
  found.extend(both(case));
  found.extend(swallowed(case));
  found.extend(untested(case));
  found
}

/// A reload that failed is followed by a restart: the refused configuration becomes an outage.
fn restart_instead(case: &Case<'_>) -> Option<Finding> {
  let mut tried = false;
  for (_, command) in case.commands() {
    match reload(command) {
      Some(Reload::Restart) if tried && (command.join == Join::Or || command.branches > 0) => {
        return Some(
          Finding::red(
            Hazard::Hz(19),
            "when the reload fails it restarts the proxy",
            "a configuration that nginx refused to load is what the restarted proxy cannot start with: users get no answer",
            "put the former file back instead, and reload again",
          )
          .at(case.at(command)),
        );
      }
      Some(Reload::Restart) | None => {}
      Some(_) => tried = true,
    }
  }
  case
    .commands()
    .find(|(_, command)| reload(command) == Some(Reload::Restart))
    .filter(|_| !tried)
    .map(|(_, command)| {
      Finding::amber(
        Hazard::Hz(19),
        "it restarts the proxy to switch",
        "every open request is cut off, and with a bad file the proxy does not come back",
        "reload it: nginx -s reload in the proxy",
      )
      .at(case.at(command))
    })
}

fn signals(case: &Case<'_>) -> Option<Finding> {
  case.commands().find_map(|(_, command)| {
    let finding = match reload(command)? {
      Reload::DockerSignal => Finding::red(
        Hazard::H(4),
        "it sends HUP to the proxy through Docker",
        "Docker then takes the proxy for stopped on purpose: after a crash or a reboot it does not start it again; and the signal succeeds whatever nginx thinks of the file",
        "docker exec PROXY nginx -s reload",
      ),
      Reload::Signal => Finding::amber(
        Hazard::Hz(20),
        "it reloads by a signal to a process id",
        "the signal succeeds also when the id is a worker's, a shell's or somebody else's, and when nginx keeps the old configuration",
        "nginx -s reload, which finds the master by itself and says when the file is wrong",
      ),
      Reload::Own | Reload::Service | Reload::Restart => return None,
    };
    Some(finding.at(case.at(command)))
  })
}

/// A proxy in a container and one on this host: which one has the users is anybody's guess.
fn both(case: &Case<'_>) -> Option<Finding> {
  let inside = case
    .commands()
    .any(|(_, it)| reload(it) == Some(Reload::Own) && it.container.is_some());
  let (_, outside) = case.commands().find(|(_, it)| {
    reload(it) == Some(Reload::Service) || reload(it) == Some(Reload::Own) && it.container.is_none()
  })?;
  inside.then(|| {
    Finding::amber(
      Hazard::H(35),
      "it reloads the nginx of this host and one in a container, whichever is there",
      "when both run, a reload of the wrong one counts as the switch",
      "name the one proxy that has the users; cutover knows it by [router]",
    )
    .at(case.at(outside))
  })
}

/// What is said about a failed reload changes nothing about it.
fn swallowed(case: &Case<'_>) -> Option<Finding> {
  case
    .commands()
    .find(|(index, command)| {
      (reload(command).is_some() || is_config_test(command)) && case.is_swallowed(*index)
    })
    .map(|(_, command)| {
      Finding::red(
        Hazard::Hz(16),
        "it goes on when the proxy's test or reload fails",
        "the switch is recorded and reported, and users are where they were",
        "end the script there and put the former file back",
      )
      .at(case.at(command))
    })
}

/// A reload alone; with a write of the file in the same script it is said there.
fn untested(case: &Case<'_>) -> Option<Finding> {
  if !case.proxy_writes().is_empty() || case.commands().any(|(_, it)| is_config_test(it)) {
    return None;
  }
  case
    .commands()
    .find(|(_, command)| {
      matches!(
        reload(command),
        Some(Reload::Own | Reload::Service | Reload::DockerSignal | Reload::Signal)
      )
    })
    .map(|(_, command)| {
      Finding::amber(
        Hazard::Hz(4),
        "it reloads the proxy without a test of its configuration",
        "whatever lies on disk is loaded, also what somebody else left there",
        "run 'nginx -t' in the proxy first and stop when it fails",
      )
      .at(case.at(command))
    })
}
