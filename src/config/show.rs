//! `config show`: every key with what it came to, as lines one could nearly paste back.
//!
//! Secrets are starred out by name and by value before anything else happens to them.

use std::fmt::Write;

use serde_json::Value as Json;

use super::{Loaded, LoadedConsole, Secrets, origin::Setting, secret::looks_secret};
use crate::model::shown::Shown;

const MASK: &str = "********";

/// Whether each line ends with where its value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origins {
  Hide,
  Show,
}

/// The effective configuration as text.
pub fn show(loaded: &Loaded, origins: Origins) -> String {
  settings(&loaded.settings, &loaded.site.secrets, origins)
}

/// What the console's settings came to, as text.
pub fn show_console(loaded: &LoadedConsole, origins: Origins) -> String {
  settings(&loaded.settings, &Secrets::default(), origins)
}

fn settings(settings: &[Setting], secrets: &Secrets, origins: Origins) -> String {
  let mut out = String::new();
  let mut tables: Vec<(&str, Vec<(&str, &Setting)>)> = vec![("", Vec::new())];
  for setting in settings {
    let (table, key) = split(&setting.key);
    match tables.iter_mut().find(|(name, _)| *name == table) {
      Some((_, rows)) => rows.push((key, setting)),
      None => tables.push((table, vec![(key, setting)])),
    }
  }
  for (table, rows) in &tables {
    if !table.is_empty() {
      let _ = writeln!(out, "\n[{}]", Shown::line(table));
    }
    for (key, setting) in rows {
      let value = masked(&setting.key, &setting.value, secrets);
      let line = Shown::line(&format!("{key} = {}", toml(&value)));
      let _ = match origins {
        Origins::Hide => writeln!(out, "{line}"),
        Origins::Show => writeln!(out, "{line}  # {}", setting.origin),
      };
    }
  }
  out
}

/// The table of a path and its key; the slot of a value that differs stays with the key.
fn split(path: &str) -> (&str, &str) {
  let stem = [".blue", ".green"]
    .into_iter()
    .find_map(|slot| path.strip_suffix(slot));
  let at = stem.unwrap_or(path).rfind('.');
  at.map_or(("", path), |at| (&path[..at], &path[at + 1..]))
}

fn masked(path: &str, value: &Json, secrets: &Secrets) -> Json {
  if looks_secret(split(path).1) {
    return MASK.into();
  }
  match value {
    Json::String(text) => secrets.mask(text).into(),
    Json::Array(items) => items.iter().map(|item| masked("", item, secrets)).collect(),
    Json::Object(fields) => fields
      .iter()
      .map(|(name, value)| (name.clone(), masked(name, value, secrets)))
      .collect::<serde_json::Map<_, _>>()
      .into(),
    Json::Null | Json::Bool(_) | Json::Number(_) => value.clone(),
  }
}

/// JSON's texts, numbers and lists are TOML's too; only tables are written another way.
fn toml(value: &Json) -> String {
  match value {
    Json::Object(fields) => {
      let rows: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{} = {}", bare(name), toml(value)))
        .collect();
      format!("{{ {} }}", rows.join(", "))
    }
    Json::Array(items) => {
      format!(
        "[{}]",
        items.iter().map(toml).collect::<Vec<_>>().join(", ")
      )
    }
    _ => value.to_string(),
  }
}

fn bare(name: &str) -> String {
  let plain = !name.is_empty()
    && name
      .chars()
      .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
  if plain {
    name.to_owned()
  } else {
    Json::from(name).to_string()
  }
}
