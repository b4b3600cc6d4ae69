//! Both slots as the compose files describe them: where they are one thing, where they differ
//! though they should not, and what a reboot or a plain `up` would do.

mod pair;
mod secrets;

pub(super) use secrets::is_secret;

use super::{
  compose::{ComposeFile, Part, Service, slot_of},
  facts::Texts,
};
use crate::model::{
  Slot,
  finding::{Finding, Hazard},
  surroundings::TextKind,
};

pub(super) fn findings(texts: &Texts<'_>) -> Vec<Finding> {
  let mut found = pair::findings(texts);
  for file in &texts.compose {
    for service in file.services.values() {
      found.extend(undefined(texts, file, service));
      found.extend(secrets::written(service));
      if file.slot(service).is_some() {
        found.extend(health(texts, file, service));
        found.extend(forgotten_version(texts, service));
        found.extend(docker_inside(service));
      }
      if service.is_proxy() {
        found.extend(waits_for_both(service));
        found.extend(first_process(service));
      }
    }
  }
  found
}

/// Compose refuses a file whose `depends_on` names nobody.
fn undefined(texts: &Texts<'_>, file: &ComposeFile, service: &Service) -> Vec<Finding> {
  let beside = |name: &str| {
    texts
      .compose
      .iter()
      .any(|other| other.folder() == file.folder() && other.services.contains_key(name))
  };
  service
    .depends_on
    .iter()
    .filter(|name| !beside(name))
    .map(|name| {
      Finding::red(
        Hazard::Hz(5),
        format!(
          "{} depends on '{name}', which no compose file here defines",
          service.name
        ),
        "Compose refuses the whole file, so nothing in it can be started",
        format!("name the service as it is defined, or take '{name}' out of depends_on"),
      )
      .at(service.listing(name))
    })
    .collect()
}

/// A health check that asks a port the service does not have, or none at all.
fn health(texts: &Texts<'_>, file: &ComposeFile, service: &Service) -> Option<Finding> {
  let Some(test) = &service.healthcheck else {
    return (!has_own_check(texts, file, service)).then(|| {
      Finding::note(
        Hazard::Hz(18),
        format!("{} has no health check of Docker's", service.name),
        "Docker calls it healthy as soon as it runs",
        format!(
          "add a healthcheck: to {}, or a check to its service in cutover.toml",
          service.name
        ),
      )
      .at(service.at(Part::Whole))
    });
  };
  let asked = port_of(test)?;
  let own = service
    .ports
    .iter()
    .cloned()
    .chain(service.environment.get("PORT").cloned())
    .collect::<Vec<_>>();
  let known = own.iter().all(|port| port.parse::<u16>().is_ok());
  (known && !own.is_empty() && !own.contains(&asked)).then(|| {
    Finding::amber(
      Hazard::Hz(18),
      format!(
        "the health check of {} asks port {asked}, and it listens on {}",
        service.name,
        own.join(", ")
      ),
      "it stays unhealthy, or what answers there is something else",
      format!("ask port {} in its healthcheck", own.join(" or ")),
    )
    .at(service.at(Part::Healthcheck))
  })
}

fn has_own_check(texts: &Texts<'_>, file: &ComposeFile, service: &Service) -> bool {
  let Some(context) = &service.builds else {
    return false;
  };
  let folder = super::facts::joined(file.folder().trim_end_matches('/'), context);
  texts.files.of(TextKind::Dockerfile).any(|dockerfile| {
    dockerfile.path.starts_with(folder.trim_start_matches('/'))
      && dockerfile.text.contains("HEALTHCHECK")
  })
}

/// The port of the address in a health check.
fn port_of(test: &str) -> Option<String> {
  let (_, rest) = test
    .split_once("://localhost:")
    .or_else(|| test.split_once("://127.0.0.1:"))?;
  let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
  (!port.is_empty()).then_some(port)
}

/// `${BLUE_VERSION:-latest}` that nothing keeps: a later plain `up` brings another version.
fn forgotten_version(texts: &Texts<'_>, service: &Service) -> Option<Finding> {
  let image = service.image.as_deref()?;
  let (_, rest) = image.split_once("${")?;
  let (name, default) = rest.split_once('}')?.0.split_once(":-")?;
  let kept = texts.files.of(TextKind::EnvFile).any(|file| {
    file
      .text
      .lines()
      .any(|line| line.starts_with(&format!("{name}=")))
  });
  (default == "latest" && !kept).then(|| {
    Finding::amber(
      Hazard::Hz(12),
      format!("{name} chooses the version of {} and is kept nowhere", service.name),
      "the next 'up' from another shell recreates the slot as 'latest'",
      format!("write {name}=VERSION into the .env beside the compose file; cutover does it with keep_in = \".env\""),
    )
    .at(service.at(Part::Image))
  })
}

fn docker_inside(service: &Service) -> Option<Finding> {
  let mounts = service
    .mounts
    .iter()
    .any(|mount| mount.source.ends_with("docker.sock"));
  mounts.then(|| {
    Finding::amber(
      Hazard::H(32),
      format!("{} can use Docker (its socket is mounted)", service.name),
      "whoever breaks into the application is root on this machine",
      "take the mount of docker.sock out",
    )
    .at(service.saying("docker.sock"))
  })
}

/// A proxy that starts only with both slots up does not survive a reboot while one is stopped.
fn waits_for_both(service: &Service) -> Option<Finding> {
  let names = |slot| {
    service
      .depends_on
      .iter()
      .any(|name| slot_of(name) == Some(slot))
  };
  (names(Slot::Blue) && names(Slot::Green)).then(|| {
    Finding::amber(
      Hazard::H(10),
      format!("{} depends on both slots", service.name),
      "'up' of the proxy starts the idle slot too, and waits for it: the proxy does not come up while one slot cannot",
      "take the slots out of its depends_on",
    )
    .at(service.at(Part::DependsOn))
  })
}

/// A shell as the first process swallows signals meant for nginx.
fn first_process(service: &Service) -> Option<Finding> {
  let command = service.command.as_deref()?;
  let shell = command.starts_with("sh -c")
    || command.starts_with("/bin/sh -c")
    || command.starts_with("bash -c")
    || command.starts_with("/bin/bash -c");
  (shell && !command.contains("exec nginx")).then(|| {
    Finding::amber(
      Hazard::H(1),
      format!("a shell is the first process of {}", service.name),
      "a signal to reload or to stop reaches the shell, which ignores it without a word",
      "begin the last command with exec: sh -c '...; exec nginx -g \"daemon off;\"'",
    )
    .at(service.at(Part::Command))
  })
}
