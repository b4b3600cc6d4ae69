//! What may be deployed by name. The grammar is the image-tag grammar, so that no version can be
//! read as an option, a path or a shell word by anything it is handed to.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A version as typed by the operator: 1 to 128 of `[A-Za-z0-9_.-]`, not starting with `.` or `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionName(String);

impl VersionName {
  pub fn as_str(&self) -> &str {
    &self.0
  }

  /// Stands for a version that is not chosen yet, to ask whether any could be deployed at all.
  pub fn placeholder() -> Self {
    Self("_".to_owned())
  }
}

/// Why a text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadVersion {
  #[error("the version is empty: give one, such as --version 1.4.2")]
  Empty,
  #[error("the version is {0} characters long: 128 is the most an image tag can have")]
  TooLong(usize),
  #[error(
    "the version starts with '{0}': it must start with a letter, a digit or '_' (write 1.4.2, not -1.4.2)"
  )]
  BadStart(char),
  #[error(
    "the version contains {0:?} at position {1}: only letters, digits, '.', '_' and '-' are allowed"
  )]
  BadCharacter(char, usize),
}

impl FromStr for VersionName {
  type Err = BadVersion;

  fn from_str(text: &str) -> Result<Self, Self::Err> {
    let length = text.chars().count();
    if length == 0 {
      return Err(BadVersion::Empty);
    }
    if length > 128 {
      return Err(BadVersion::TooLong(length));
    }
    for (position, c) in text.chars().enumerate() {
      let word = c.is_ascii_alphanumeric() || c == '_';
      if position == 0 && !word && (c == '.' || c == '-') {
        return Err(BadVersion::BadStart(c));
      }
      if !word && c != '.' && c != '-' {
        return Err(BadVersion::BadCharacter(c, position + 1));
      }
    }
    Ok(Self(text.to_owned()))
  }
}

impl TryFrom<String> for VersionName {
  type Error = BadVersion;

  fn try_from(text: String) -> Result<Self, Self::Error> {
    text.parse()
  }
}

impl From<VersionName> for String {
  fn from(version: VersionName) -> Self {
    version.0
  }
}

impl fmt::Display for VersionName {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(&self.0)
  }
}
