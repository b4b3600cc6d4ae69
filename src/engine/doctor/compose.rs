//! Reads compose files as they are written, variables included, with the line of every part; what
//! Compose makes of them is the runtime's business.

mod service;

use std::collections::BTreeMap;

use serde_json::Value;

pub(super) use service::{Mount, Part, Service};

use crate::model::{Slot, surroundings::TextFile};

/// One compose file.
#[derive(Clone, Debug)]
pub(super) struct ComposeFile {
  pub(super) path: String,
  pub(super) services: BTreeMap<String, Service>,
  /// The real names of networks by their key, where they are named.
  networks: BTreeMap<String, String>,
}

impl ComposeFile {
  pub(super) fn read(file: &TextFile) -> Result<Self, String> {
    let value: Value = serde_saphyr::from_str(&file.text).map_err(|error| error.to_string())?;
    let lines: Vec<&str> = file.text.lines().collect();
    let mut services = BTreeMap::new();
    for (name, body) in value
      .get("services")
      .and_then(Value::as_object)
      .into_iter()
      .flatten()
    {
      services.insert(name.clone(), Service::read(&file.path, name, body, &lines));
    }
    let networks = value
      .get("networks")
      .and_then(Value::as_object)
      .into_iter()
      .flatten()
      .map(|(key, body)| {
        let named = body.get("name").and_then(Value::as_str);
        let external = body.pointer("/external/name").and_then(Value::as_str);
        (key.clone(), named.or(external).unwrap_or(key).to_owned())
      })
      .collect();
    Ok(Self {
      path: file.path.clone(),
      services,
      networks,
    })
  }

  /// The folder it lies in, with a `/` at its end; empty for the site's own.
  pub(super) fn folder(&self) -> &str {
    self
      .path
      .rfind('/')
      .map_or("", |at| self.path.get(..=at).unwrap_or_default())
  }

  /// The real names of the networks a service joins.
  pub(super) fn networks_of(&self, service: &Service) -> Vec<String> {
    if service.networks.is_empty() {
      return vec!["default".to_owned()];
    }
    service
      .networks
      .keys()
      .map(|key| self.networks.get(key).unwrap_or(key).clone())
      .collect()
  }

  /// The slot a service belongs to, by its name or the file's.
  pub(super) fn slot(&self, service: &Service) -> Option<Slot> {
    let file = self.path.rsplit('/').next().unwrap_or(&self.path);
    slot_of(&service.name)
      .or_else(|| slot_of(service.container.as_deref().unwrap_or_default()))
      .or_else(|| slot_of(file).filter(|_| !service.is_proxy()))
  }
}

/// The one slot a name speaks of.
pub(super) fn slot_of(name: &str) -> Option<Slot> {
  let name = name.to_ascii_lowercase();
  match (name.contains("blue"), name.contains("green")) {
    (true, false) => Some(Slot::Blue),
    (false, true) => Some(Slot::Green),
    _ => None,
  }
}

/// The same name of the other slot.
pub(super) fn twin(name: &str) -> String {
  let swap = |text: &str, from: &str, to: &str| text.replace(from, to);
  match slot_of(name) {
    Some(Slot::Blue) => swap(&swap(name, "blue", "green"), "BLUE", "GREEN"),
    Some(Slot::Green) => swap(&swap(name, "green", "blue"), "GREEN", "BLUE"),
    None => name.to_owned(),
  }
}

/// A name with the slot taken out, so that two slots' names compare equal.
pub(super) fn without_slot(name: &str) -> String {
  let mut out = name.to_owned();
  for word in ["blue", "green", "BLUE", "GREEN"] {
    out = out.replace(word, "{color}");
  }
  out
}
