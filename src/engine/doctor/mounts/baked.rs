//! Configuration that an image brings along, and that a mount hides or a rebuild changes.

use super::{
  super::{
    compose::{ComposeFile, Service},
    facts::{Texts, joined},
  },
  covering,
};
use crate::model::{
  finding::{Finding, Hazard, Place},
  surroundings::{TextFile, TextKind},
};

pub(super) fn findings(texts: &Texts<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  for file in &texts.compose {
    for service in file.services.values() {
      for dockerfile in of(texts, file, service) {
        found.extend(baked(service, dockerfile));
      }
    }
  }
  found
}

fn of<'a>(
  texts: &'a Texts<'_>,
  file: &ComposeFile,
  service: &Service,
) -> impl Iterator<Item = &'a TextFile> {
  let folder = service
    .builds
    .as_ref()
    .map(|context| joined(file.folder().trim_end_matches('/'), context));
  texts
    .files
    .of(TextKind::Dockerfile)
    .filter(move |dockerfile| {
      let own = dockerfile.path.rsplit_once('/').map_or("", |(own, _)| own);
      folder.as_deref() == Some(own)
    })
}

/// The first line that puts something into nginx's folder.
fn baked(service: &Service, dockerfile: &TextFile) -> Option<Finding> {
  let lines = dockerfile.text.lines().enumerate();
  let (number, path) = lines
    .filter_map(|(number, line)| {
      let word = line.split_whitespace().next()?;
      let puts = matches!(word, "COPY" | "ADD") || word == "RUN" && line.contains("ln -s");
      let path = line
        .split_whitespace()
        .rev()
        .find(|word| word.starts_with("/etc/nginx"))?;
      puts.then_some((number + 1, path))
    })
    .max_by_key(|(_, path)| covering(service, path).is_some())?;
  let finding = if let Some(mount) = covering(service, path) {
    Finding::amber(
      Hazard::Hz(5),
      format!(
        "the image of {} brings {path} along, and {} is mounted over it",
        service.name, mount.source
      ),
      "what the image brings is never read: a file that only it has is missing when nginx starts",
      format!("put the file into {} on this host", mount.source),
    )
  } else {
    Finding::amber(
      Hazard::Hz(5),
      format!("{path} is baked into the image of {}", service.name),
      "an image built for another environment brings another configuration, while every container looks healthy",
      "mount the configuration from this host, and look at what is loaded with 'nginx -T' in the container",
    )
  };
  Some(finding.at(Place::line(&dockerfile.path, number)))
}
