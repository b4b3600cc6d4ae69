//! What comes from beside the site's file: defaults files below it, environment and flags above.
//!
//! Only the keys of `schema::SHARED` may; everything else there is a fault.

use std::path::{Path, PathBuf};

use super::{
  ConfigFault, ConfigFaults,
  fault::did_you_mean,
  load::{LARGEST, Loading, Override},
  schema::SHARED,
  source::{SourceKind, Sources, Span},
  template::{From, Template},
  tree::{self, Grow, Node, RawFault, Table, Value, join},
};

impl Loading<'_> {
  /// Fills what the site's file leaves open; returns faults of syntax.
  pub(super) fn defaults(
    &self,
    root: &mut Table,
    files: &[PathBuf],
    lookup: &dyn Fn(&str) -> Option<(String, From)>,
    sources: &mut Sources,
    raw: &mut Vec<RawFault>,
  ) -> Vec<ConfigFault> {
    let mut syntax = Vec::new();
    for file in files.iter().rev() {
      let text = match self.disk.read(file, LARGEST) {
        Some(Ok(text)) => text,
        Some(Err(why)) if why.kind() != std::io::ErrorKind::NotFound => {
          let hint = "correct its owner and mode, or take the file away";
          syntax.extend(
            ConfigFaults::one(file, format!("the file cannot be read: {why}"), hint).faults,
          );
          continue;
        }
        _ => continue,
      };
      if let Some(Ok(found)) = self.disk.look(file)
        && found.mode & 0o002 != 0
      {
        let hint = format!("type: chmod o-w {}", file.display());
        let message = "anyone on this machine may change this file";
        syntax.extend(ConfigFaults::one(file, message, hint).faults);
      }
      let number = sources.add(SourceKind::Defaults, file, &text);
      let document = match tree::document(&text, number, sources, file) {
        Ok(document) => document,
        Err(faults) => {
          syntax.extend(faults);
          continue;
        }
      };
      let mut grow = Grow {
        source: number,
        lookup,
        faults: std::mem::take(raw),
      };
      let table = grow.table(&document, "");
      *raw = grow.faults;
      fill(root, &table, "", raw);
    }
    syntax
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
        raw.push(not_shared(&flag.key, span, "a flag"));
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
      _ => raw.push(not_shared(&path, entry.key_span, "a defaults file")),
    }
  }
}

fn not_shared(key: &str, span: Span, by: &str) -> RawFault {
  let hint =
    did_you_mean(key, SHARED).unwrap_or_else(|| format!("those that can: {}", SHARED.join(", ")));
  (
    key.to_owned(),
    span,
    format!("this key cannot be set by {by}"),
    hint,
  )
}
