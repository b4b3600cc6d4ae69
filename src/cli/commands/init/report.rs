//! The one object of `init --json`.

use serde::Serialize;

use crate::config::detect::Proposal;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
  No,
  Yes,
}

/// The one object of `--json`.
#[derive(Serialize)]
pub(super) struct Report<'a> {
  schema: u32,
  written: bool,
  #[serde(flatten)]
  proposal: &'a Proposal,
  /// The whole file, when there is one to offer.
  file: Option<String>,
}

impl<'a> Report<'a> {
  pub(super) fn of(proposal: &'a Proposal, file: Option<String>, written: Written) -> Self {
    Self {
      schema: 1,
      written: written == Written::Yes,
      proposal,
      file,
    }
  }
}
