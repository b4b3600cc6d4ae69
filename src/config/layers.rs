//! What comes from beside the site's file: defaults files below it, environment and flags above.
//!
//! Only the keys of `schema::SHARED` may, and of a defaults file `schema::CONSOLE`, which is no
//! site's business; everything else there is a fault.

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::{
  ConfigFault, ConfigFaults,
  disk::Disk,
  fault::did_you_mean,
  load::{Environment, LARGEST, Loading, Override},
  schema::{self, CONSOLE, SHARED, UI},
  source::{SourceKind, Sources, Span},
  template::{From, Template},
  tree::{self, Grow, Node, RawFault, Table, Value, join},
};

/// Hands over each defaults file there is, strongest first; returns what is wrong with the files
/// themselves and with their syntax.
pub(super) fn defaults_files(
  disk: &dyn Disk,
  files: &[PathBuf],
  sources: &mut Sources,
  take: &mut dyn FnMut(usize, DeTable<'_>),
) -> Vec<ConfigFault> {
  let mut faults = Vec::new();
  for file in files.iter().rev() {
    let text = match disk.read(file, LARGEST) {
      Some(Ok(text)) => text,
      Some(Err(why)) if why.kind() != std::io::ErrorKind::NotFound => {
        let hint = "correct its owner and mode, or take the file away";
        faults
          .extend(ConfigFaults::one(file, format!("the file cannot be read: {why}"), hint).faults);
        continue;
      }
      _ => continue,
    };
    if let Some(Ok(found)) = disk.look(file)
      && found.mode & 0o002 != 0
    {
      let hint = format!("type: chmod o-w {}", file.display());
      let message = "anyone on this machine may change this file";
      faults.extend(ConfigFaults::one(file, message, hint).faults);
    }
    let number = sources.add(SourceKind::Defaults, file, &text);
    match tree::document(&text, number, sources, file) {
      Ok(document) => take(number, document),
      Err(syntax) => faults.extend(syntax),
    }
  }
  faults
}

impl Loading<'_> {
  /// Fills what the site's file leaves open; returns faults of files and syntax.
  pub(super) fn defaults(
    &self,
    root: &mut Table,
    files: &[PathBuf],
    lookup: &dyn Fn(&str) -> Option<(String, From)>,
    sources: &mut Sources,
    raw: &mut Vec<RawFault>,
  ) -> Vec<ConfigFault> {
    defaults_files(self.disk, files, sources, &mut |source, document| {
      let mut grow = Grow {
        source,
        lookup,
        faults: std::mem::take(raw),
      };
      let table = grow.chosen(&document, "", |key| !is_personal(key));
      *raw = grow.faults;
      fill(root, &table, "", raw);
    })
  }

  pub(super) fn overrides(
    &self,
    root: &mut Table,
    flags: &[Override],
    sources: &mut Sources,
    raw: &mut Vec<RawFault>,
  ) {
    for key in SHARED {
      let name = variable(key);
      if let Some(value) = (self.environment)(&name).filter(|value| !value.is_empty()) {
        put(root, key, SourceKind::Variable, &name, &value, sources);
      }
    }
    for flag in flags {
      if SHARED.contains(&flag.key.as_str()) {
        put(
          root,
          &flag.key,
          SourceKind::Flag,
          &flag.flag,
          &flag.value,
          sources,
        );
      } else {
        let source = sources.add(SourceKind::Flag, Path::new(&flag.flag), &flag.value);
        let span = Span {
          source,
          start: 0,
          end: flag.value.len(),
        };
        raw.push(not_shared(&flag.key, span, "a flag", &SHARED));
      }
    }
  }
}

/// The environment variable that sets a shared key: `deploy.gate` is `CUTOVER_DEPLOY_GATE`.
pub fn variable(key: &str) -> String {
  format!("CUTOVER_{}", key.to_ascii_uppercase().replace('.', "_"))
}

fn put(
  root: &mut Table,
  key: &str,
  kind: SourceKind,
  name: &str,
  value: &str,
  sources: &mut Sources,
) {
  let source = sources.add(kind, Path::new(name), value);
  let from = From::Environment(name.to_owned());
  let text = Template::literal_from(value, from);
  let span = Span {
    source,
    start: 0,
    end: value.len(),
  };
  root.put(
    key,
    Node {
      span,
      value: Value::Text(text),
    },
  );
}

/// Takes the shared keys of a defaults file which are not set yet.
fn fill(root: &mut Table, table: &Table, path: &str, raw: &mut Vec<RawFault>) {
  for entry in &table.0 {
    let path = join(path, &entry.key);
    match &entry.node.value {
      _ if SHARED.contains(&path.as_str()) => {
        if root.at(&path).is_none() {
          root.put(&path, entry.node.clone());
        }
      }
      Value::Table(inner) => fill(root, inner, &path, raw),
      _ => raw.push(not_in_defaults(&path, entry.key_span)),
    }
  }
}

/// Whether a key of a defaults file is the console's.
pub(super) fn is_personal(key: &str) -> bool {
  schema::row(CONSOLE, key).is_some()
}

/// The keys of `[ui]`, dotted; each may also come from its variable.
pub(super) fn ui_keys() -> impl Iterator<Item = String> {
  let rows = UI.iter().flat_map(|group| group.iter());
  rows.map(|key| join("ui", key.name))
}

/// What the environment says about the console.
pub(super) fn console_variables(environment: Environment<'_>, sources: &mut Sources) -> Table {
  let mut table = Table::default();
  for key in ui_keys() {
    let name = variable(&key);
    if let Some(value) = environment(&name).filter(|value| !value.is_empty()) {
      put(
        &mut table,
        &key,
        SourceKind::Variable,
        &name,
        &value,
        sources,
      );
    }
  }
  table
}

/// Faults of what neither a site nor the console takes from a defaults file: where there is no
/// site, nobody else would tell.
pub(super) fn strangers(document: &DeTable<'_>, source: usize, raw: &mut Vec<RawFault>) {
  for key in document.keys() {
    let name = key.get_ref().as_ref();
    let shared = |path: &&str| path.split('.').next() == Some(name);
    if !is_personal(name) && !SHARED.iter().any(shared) {
      let span = Span {
        source,
        start: key.span().start,
        end: key.span().end,
      };
      raw.push(not_in_defaults(name, span));
    }
  }
}

fn not_in_defaults(key: &str, span: Span) -> RawFault {
  let personal = CONSOLE.iter().flat_map(|group| group.iter());
  let known: Vec<&str> = SHARED
    .into_iter()
    .chain(personal.map(|key| key.name))
    .collect();
  not_shared(key, span, "a defaults file", &known)
}

fn not_shared(key: &str, span: Span, by: &str, known: &[&str]) -> RawFault {
  let hint = did_you_mean(key, known.iter().copied())
    .unwrap_or_else(|| format!("those that can: {}", known.join(", ")));
  (
    key.to_owned(),
    span,
    format!("this key cannot be set by {by}"),
    hint,
  )
}
