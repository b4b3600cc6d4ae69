//! Keeps the truth where others read it: the team's variable and state files; `team_files` works
//! out the bytes; here they are read and written.

use std::path::Path;

use super::{
  FileLedger,
  files::{put_in_place, read},
  team_files,
};
use crate::{
  config::VersionKind,
  engine::ports::PortError,
  model::{
    Slot,
    evidence::{LiveRecord, Pins},
  },
};

/// More than any file a team keeps a word or its variables in.
pub(super) const LONGEST: u64 = 1 << 20;

impl FileLedger {
  pub(super) fn keep_variable(&self, pins: &Pins) -> Result<(), PortError> {
    let VersionKind::ImageVariable {
      variable,
      keep_in: Some(path),
      tag,
    } = &self.site.version.kind
    else {
      return Ok(());
    };
    let value = tag[pins.slot].replace("{version}", pins.version.as_str());
    let before = read(path, LONGEST)?.unwrap_or_default();
    let after = team_files::with_variable(&before, &variable[pins.slot], &value);
    if after == before {
      return Ok(());
    }
    put_in_place(path, &after, self.access)
  }

  /// The former slot first, so that a crash in between leaves the team's own files at the former
  /// truth; and again with the same record changes nothing.
  pub(super) fn keep_team_state(&self, record: &LiveRecord) -> Result<(), PortError> {
    let Some(current) = &self.site.truth.state_file else {
      return Ok(());
    };
    let now = read(current, LONGEST)?;
    let said = now
      .as_deref()
      .and_then(|text| team_files::slot_named(text).ok());
    let former = record.previous.or(said.filter(|slot| *slot != record.live));
    if let (Some(path), Some(former)) = (&self.site.truth.previous, former) {
      self.keep_slot(path, former, now.as_deref())?;
    }
    self.keep_slot(current, record.live, now.as_deref())
  }

  fn keep_slot(&self, path: &Path, slot: Slot, sample: Option<&[u8]>) -> Result<(), PortError> {
    let before = read(path, LONGEST)?;
    let after = team_files::slot_written(before.as_deref().or(sample), slot);
    if before.as_ref() == Some(&after) {
      return Ok(());
    }
    put_in_place(path, &after, self.access)
  }
}
