//! What the detection says: values with their sources, questions, and why it refuses.

use std::path::PathBuf;

use serde::Serialize;

use crate::model::Slot;

/// How certain a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sure {
  /// Read where it is decided, or answered by what runs.
  Found,
  /// The operator's own answer.
  Answered,
  /// Likely, and marked so in the file.
  Guess,
}

/// Whether a value is in force or only shown, behind a `#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InForce {
  Yes,
  No,
}

/// One key of the proposed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Value {
  /// Dotted, such as `runtime.files`; `smoke[0].url` for a table of a list.
  pub key: String,
  /// As written in TOML.
  pub value: String,
  /// Where it comes from.
  pub source: String,
  pub sure: Sure,
  pub in_force: InForce,
}

/// Two answers are possible, and only the operator can tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
  /// What `--answer KEY=…` names.
  pub key: String,
  pub text: String,
  pub choices: Vec<Choice>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
  pub value: String,
  pub why: String,
}

/// Something in the way, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Obstacle {
  pub what: String,
  pub fix: String,
}

/// Everything `init` can say about a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Proposal {
  /// Where the file would be.
  pub root: PathBuf,
  pub live: Option<Slot>,
  pub values: Vec<Value>,
  pub questions: Vec<Question>,
  /// With any of these there is no file to write.
  pub refusals: Vec<Obstacle>,
  /// What was seen, is not right, and does not keep the file from being written.
  pub notes: Vec<Obstacle>,
}

impl Proposal {
  /// Whether there is a file to offer.
  pub fn is_whole(&self) -> bool {
    self.refusals.is_empty() && self.questions.is_empty() && !self.values.is_empty()
  }

  /// The TOML of a key that is in force.
  pub fn value(&self, key: &str) -> Option<&str> {
    self
      .values
      .iter()
      .find(|value| value.key == key && value.in_force == InForce::Yes)
      .map(|value| value.value.as_str())
  }

  pub(super) fn put(&mut self, key: &str, value: String, source: impl Into<String>, sure: Sure) {
    self.values.push(Value {
      key: key.to_owned(),
      value,
      source: source.into(),
      sure,
      in_force: InForce::Yes,
    });
  }

  pub(super) fn found(&mut self, key: &str, value: String, source: impl Into<String>) {
    self.put(key, value, source, Sure::Found);
  }

  /// Shown behind a `#`: it changes the site and nothing here proves it.
  pub(super) fn shown(&mut self, key: &str, value: String, source: impl Into<String>) {
    self.values.push(Value {
      key: key.to_owned(),
      value,
      source: source.into(),
      sure: Sure::Guess,
      in_force: InForce::No,
    });
  }

  pub(super) fn refuse(&mut self, what: impl Into<String>, fix: impl Into<String>) {
    self.refusals.push(Obstacle {
      what: what.into(),
      fix: fix.into(),
    });
  }

  pub(super) fn note(&mut self, what: impl Into<String>, fix: impl Into<String>) {
    let note = Obstacle {
      what: what.into(),
      fix: fix.into(),
    };
    if !self.notes.contains(&note) {
      self.notes.push(note);
    }
  }
}

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
  toml::Value::String(text.to_owned()).to_string()
}

pub(super) fn list<T: AsRef<str>>(texts: &[T]) -> String {
  let all: Vec<String> = texts.iter().map(|text| quoted(text.as_ref())).collect();
  format!("[{}]", all.join(", "))
}
