//! What every key came to, and where its value came from: what `config show --origin` prints.

use std::{fmt, path::PathBuf};

use super::{
  source::{SourceKind, Sources},
  template::From,
  tree::{Node, Value},
};
use crate::model::shown::Shown;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
  Default,
  /// Written in this file at this line.
  File(PathBuf, usize),
  /// An environment variable, used as `${NAME}` or overriding a key.
  Environment(String),
  /// A variable of `env_file`, used as `${NAME}`.
  EnvFile(String),
  /// The default behind `${NAME:-…}`.
  Fallback(String),
  Flag(String),
}

impl Origin {
  pub(super) fn of(node: &Node, sources: &Sources) -> Self {
    if let Value::Text(text) = &node.value
      && let Some(from) = &text.from
      && !sources
        .get(node.span.source)
        .is_some_and(|s| s.kind == SourceKind::Flag)
    {
      return match from {
        From::Environment(name) => Self::Environment(name.clone()),
        From::EnvFile(name) => Self::EnvFile(name.clone()),
        From::Fallback(name) => Self::Fallback(name.clone()),
      };
    }
    let Some(source) = sources.get(node.span.source) else {
      return Self::Default;
    };
    let name = source.name.to_string_lossy().into_owned();
    match source.kind {
      SourceKind::Site | SourceKind::Defaults => {
        Self::File(source.name.clone(), source.line(node.span.start))
      }
      SourceKind::Variable => Self::Environment(name),
      SourceKind::Flag => Self::Flag(name),
    }
  }
}

impl fmt::Display for Origin {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match self {
      Self::Default => f.write_str("default"),
      Self::File(path, line) => write!(f, "{}:{line}", Shown::line(&path.to_string_lossy())),
      Self::Environment(name) => write!(f, "environment {name}"),
      Self::EnvFile(name) => write!(f, "env_file {name}"),
      Self::Fallback(name) => write!(f, "default of ${{{name}}}"),
      Self::Flag(name) => write!(f, "flag {name}"),
    }
  }
}

/// One key with what it came to. Its `Debug` leaves the value out, which may be a secret.
#[derive(Clone, PartialEq)]
pub struct Setting {
  /// Dotted path; a value which differs between the slots has one setting for each, ending in
  /// `.blue` and `.green`.
  pub key: String,
  pub value: serde_json::Value,
  pub origin: Origin,
}

impl fmt::Debug for Setting {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{} from {}", self.key, self.origin)
  }
}
