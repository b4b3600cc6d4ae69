//! What `cutover.toml` itself leaves weak, and how its files lie in this folder.

use std::path::Path;

use super::facts::Seen;
use crate::{
  config::{ProofBy, Site, VersionKind, Via},
  model::{
    Slot,
    finding::{Finding, Hazard, Place},
    surroundings::Files,
  },
};

pub(super) fn findings(seen: Seen<'_>, files: &Files) -> Vec<Finding> {
  let mut found = Vec::new();
  found.extend(version(seen.site));
  found.extend(proof(seen));
  found.extend(checks(seen));
  found.extend(tracked(seen.site, files));
  found.extend(env_file(seen.site, files));
  found
}

fn here(site: &Site) -> Place {
  Place::file(site.file.display().to_string())
}

fn version(site: &Site) -> Option<Finding> {
  let VersionKind::ImageVariable {
    variable,
    keep_in: None,
    ..
  } = &site.version.kind
  else {
    return None;
  };
  Some(
    Finding::amber(
      Hazard::Hz(12),
      format!(
        "{} chooses the version and is kept nowhere",
        variable[Slot::Blue]
      ),
      "a plain 'up' by hand recreates the slot at the compose file's default version",
      "add keep_in = \".env\" to [version]",
    )
    .at(here(site)),
  )
}

fn proof(seen: Seen<'_>) -> Option<Finding> {
  let site = seen.site;
  match &site.proof.by {
    ProofBy::Effective => Some(
      Finding::amber(
        Hazard::Hz(2),
        "no answer proves which slot users are on: only the proxy's own configuration is asked",
        "nginx says OK to reloads that its master refuses, and keeps the old configuration",
        "set [proof] to something only the slot itself answers: field, header or body; or marker = true",
      )
      .at(here(site)),
    ),
    ProofBy::Marker => {
      let file = seen.observation.router.value()?.file.as_ref().ok()?;
      (file.generation.is_none()).then(|| {
        Finding::red(
          Hazard::H(1),
          format!("{} has no generation marker, and [proof] asks for one", file.path),
          "nothing tells which configuration the proxy has loaded, so no switch can be proven",
          format!(
            "cutover --config {} switch {}, which writes it and moves nobody",
            site.file.display(),
            file.names.map_or("SLOT".to_owned(), |slot| slot.to_string())
          ),
        )
        .at(Place::file(&file.path))
      })
    }
    ProofBy::Field { .. } | ProofBy::Header { .. } | ProofBy::Body { .. } | ProofBy::Log => None,
  }
}

/// Services that count as healthy too easily.
fn checks(seen: Seen<'_>) -> Vec<Finding> {
  let site = seen.site;
  site
    .services
    .iter()
    .filter_map(|service| {
      let Some(check) = &service.check[Slot::Blue] else {
        return Some(Finding::amber(
          Hazard::Hz(18),
          format!("service {} has no check", service.key),
          "it counts as healthy as soon as it runs",
          format!("add check = {{ ... }} to [services.{}]", service.key),
        ));
      };
      if check.via == Via::Docker {
        return None;
      }
      (check.consecutive < 2).then(|| {
        Finding::amber(
          Hazard::H(21),
          format!("one good answer makes {} healthy", service.key),
          "a service that comes and goes passes",
          format!(
            "set consecutive = 3 in the check of [services.{}]",
            service.key
          ),
        )
      })
    })
    .map(|finding| finding.at(here(site)))
    .collect()
}

/// What git may replace under the proxy's eyes.
fn tracked(site: &Site, files: &Files) -> Vec<Finding> {
  let managed = Some(site.router.switch.path());
  managed
    .into_iter()
    .chain(site.truth.state_file.as_ref())
    .chain(site.truth.previous.as_ref())
    .filter_map(|path| inside(path, files))
    .filter(|path| files.is_tracked(path))
    .map(|path| live_file_in_git(&path))
    .collect()
}

/// A path as git and the operator name it from the site's folder.
fn inside(path: &Path, files: &Files) -> Option<String> {
  let path = path.strip_prefix(&files.root).ok()?;
  Some(path.display().to_string())
}

fn untrack(path: &str) -> String {
  format!("git rm --cached {path} && echo /{path} >> .gitignore")
}

/// Said of the proxy's and the team's own files alike.
pub(super) fn live_file_in_git(path: &str) -> Finding {
  Finding::amber(
    Hazard::Hz(10),
    format!("{path} says who is live and is kept in git"),
    "a pull, reset or checkout puts back an old slot, and the next reload moves the users there",
    untrack(path),
  )
  .at(Place::file(path))
}

fn env_file(site: &Site, files: &Files) -> Vec<Finding> {
  let path = site.compose().env_file.as_ref();
  let Some(path) = path.and_then(|path| inside(path, files)) else {
    return Vec::new();
  };
  let entry = files.entries.get(&path);
  let open = entry.is_some_and(|entry| entry.mode & 0o004 != 0);
  let exposed = [
    open.then(|| {
      (
        format!("everybody on this machine may read {path}"),
        "it holds the passwords of the site",
        format!("chmod 600 {path}"),
      )
    }),
    files.is_tracked(&path).then(|| {
      (
        format!("{path} is kept in git"),
        "whoever can read the repository has the passwords of the site",
        format!("{}; then change what is in it", untrack(&path)),
      )
    }),
  ];
  exposed
    .into_iter()
    .flatten()
    .map(|(what, because, fix)| {
      Finding::amber(Hazard::H(30), what, because, fix).at(Place::file(&path))
    })
    .collect()
}
