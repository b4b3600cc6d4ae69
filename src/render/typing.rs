//! Commands to be typed, the way they must be typed here: with `--config` where it was needed to
//! get here, so that a line can be copied from any screen and works in any folder.

use std::path::Path;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing(String);

impl Default for Typing {
  fn default() -> Self {
    Self("cutover".to_owned())
  }
}

impl Typing {
  /// For a site whose configuration is not found from the current folder.
  pub fn with_config(file: &Path) -> Self {
    Self(format!("cutover --config {}", file.display()))
  }

  /// `cutover attach 128`.
  pub fn line(&self, words: &str) -> String {
    format!("{} {words}", self.0)
  }
}
