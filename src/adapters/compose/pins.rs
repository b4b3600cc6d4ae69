//! The override file that pins a slot's services to image IDs, written by the ledger and passed
//! as the last `-f` of every `up`.
//!
//! Compose accepts an image ID as `image:`; with `--no-build` a `build:` of the base file is left
//! alone. The `x-cutover` part is ours: Compose ignores it, and it tells which version an ID was.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

use crate::{
  config::Site,
  model::{Slot, evidence::Pins},
};

use super::project::declared_version;

/// The override file of a slot.
pub(crate) fn file_of(site: &Site, slot: Slot) -> PathBuf {
  site.state.join("pins").join(format!("{slot}.yml"))
}

/// The text of the override file for these pins.
pub fn pins_override(site: &Site, pins: &Pins) -> String {
  use std::fmt::Write;
  let mut text = format!(
    "# Written by cutover: {} runs these images and no others. Do not edit; deploy instead.\n",
    pins.slot.shout()
  );
  // docker-compose before 1.27 refuses files whose versions differ.
  let base = site.compose().files[pins.slot].first();
  if let Some(version) = base.and_then(|file| declared_version(file)) {
    let _ = writeln!(text, "version: {}", quoted(&version));
  }
  let _ = writeln!(
    text,
    "x-cutover:\n  version: {}\nservices:",
    quoted(pins.version.as_str())
  );
  for image in &pins.images {
    let name = site
      .service(&image.service)
      .map_or(image.service.as_str(), |service| &service.name[pins.slot]);
    let _ = writeln!(
      text,
      "  {}:\n    image: {}",
      quoted(name),
      quoted(&image.id.0)
    );
  }
  text
}

/// JSON strings are YAML strings.
fn quoted(text: &str) -> String {
  serde_json::Value::from(text).to_string()
}

/// What an override file says, read back.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pinned {
  pub(crate) version: Option<String>,
  /// Compose service to image ID.
  pub(crate) images: BTreeMap<String, String>,
}

/// `None` when there is no readable override file.
pub(crate) fn read(site: &Site, slot: Slot) -> Option<Pinned> {
  parse(&std::fs::read_to_string(file_of(site, slot)).ok()?)
}

fn parse(text: &str) -> Option<Pinned> {
  #[derive(Deserialize)]
  struct File {
    #[serde(rename = "x-cutover")]
    ours: Option<Ours>,
    services: BTreeMap<String, Entry>,
  }
  #[derive(Deserialize)]
  struct Ours {
    version: String,
  }
  #[derive(Deserialize)]
  struct Entry {
    image: String,
  }
  let file: File = serde_saphyr::from_str(text).ok()?;
  Some(Pinned {
    version: file.ours.map(|ours| ours.version),
    images: file
      .services
      .into_iter()
      .map(|(name, entry)| (name, entry.image))
      .collect(),
  })
}

/// The pins in the form they are read back, for comparing.
pub(crate) fn expected(site: &Site, pins: &Pins) -> Option<Pinned> {
  parse(&pins_override(site, pins))
}
