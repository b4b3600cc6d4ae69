//! The proxy and the one file of it that is ours, as it was last looked at. What is red here is
//! what refuses a plan that would switch.

use crate::{
  config::Site,
  model::{
    Known,
    finding::{Finding, Hazard, Place},
    observation::Observation,
    router::{ManagedFile, Mount, RouterFacts},
  },
};

/// What keeps the proxy from being switched, and what makes it fragile.
pub(in crate::engine) fn findings(seen: &Observation, site: &Site) -> Vec<Finding> {
  let facts = match &seen.router {
    Known::No { why, .. } => {
      return vec![Finding::red(
        Hazard::H(2),
        why,
        "nobody can tell what the proxy does with users, so nothing may be switched",
        "start the proxy, or correct [router]; then look again with 'cutover status'",
      )];
    }
    Known::Yes { value, .. } => value,
  };
  if !facts.proxy.running {
    return vec![Finding::red(
      Hazard::H(14),
      format!(
        "the proxy {} is not running: users get no answer",
        facts.proxy.name
      ),
      "every request to the site fails now",
      match facts.proxy.container {
        Some(_) => format!("docker start {}", facts.proxy.name),
        None => "start it; on a host with systemd: sudo systemctl start nginx".to_owned(),
      },
    )];
  }
  let mut found = Vec::new();
  found.extend(test(facts));
  match &facts.file {
    Err(why) => {
      let path = site.router.switch.path().display().to_string();
      found.push(
        Finding::red(
          Hazard::Hz(5),
          format!("the managed file cannot be used: {why}"),
          "it is the file a switch is made of",
          format!("look at {path}"),
        )
        .at(Place::file(path)),
      );
    }
    Ok(file) => found.extend(managed(file, facts)),
  }
  found
}

fn test(facts: &RouterFacts) -> Option<Finding> {
  let why = facts.test.as_ref().err()?;
  Some(Finding::red(
    Hazard::Hz(6),
    format!("the proxy's own test fails on what is on disk now: {why}"),
    "the next restart of the proxy, or of this machine, ends in no proxy at all",
    "mend the proxy's configuration; nothing may be reloaded until 'nginx -t' passes",
  ))
}

fn managed(file: &ManagedFile, facts: &RouterFacts) -> Vec<Finding> {
  let mut found = Vec::new();
  if !file.writable {
    found.push(Finding::red(
      Hazard::Hz(5),
      format!("{} cannot be written by this user", file.path),
      "neither a switch nor a rollback can be made by this user",
      format!(
        "give this user write permission on {} and its folder",
        file.path
      ),
    ));
  }
  if file.included == Some(false) {
    found.push(Finding::red(
      Hazard::Hz(5),
      format!(
        "the proxy does not include {}: changing it would move nobody",
        file.path
      ),
      "a switch would say it is done and users would stay where they are",
      "add an include of that file to the proxy's configuration, or correct [router] switch",
    ));
  }
  if file.inside.is_none() {
    found.push(Finding::red(
      Hazard::H(35),
      format!("{} does not see {} at all", facts.proxy.name, file.path),
      "either it is not the proxy that has the users, or its folder is not mounted there: a switch would change nothing",
      "correct service or container in [router], or mount the folder of the file into the proxy",
    ));
  } else if !file.is_seen() {
    found.push(Finding::red(
      Hazard::H(3),
      format!(
        "the proxy does not see the {} that is on this host: the mount is stale",
        file.path
      ),
      "reloads change nothing, and a restart of the proxy moves all users at once to whatever is on this host",
      "restart the proxy in a quiet hour, and mount the folder instead of the single file",
    ));
  } else if file.mount == Mount::SingleFile {
    found.push(Finding::amber(
      Hazard::Hz(7),
      format!("{} is mounted into the proxy as a single file", file.path),
      "an editor, git or 'sed -i' replaces the file, and the proxy keeps reading the old one while every reload says OK",
      "mount its folder instead, and restart the proxy once in a quiet hour",
    ));
  }
  found
    .into_iter()
    .map(|finding| finding.at(Place::file(&file.path)))
    .collect()
}
