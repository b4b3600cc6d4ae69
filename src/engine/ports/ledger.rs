//! What outlives every process: records of the site and of its operations.

use std::{future::Future, pin::Pin};

use super::PortError;
use crate::model::{
  Slot, VersionName,
  actor::Actor,
  event::Record,
  evidence::{Evidence, LiveRecord, Pins},
  finding::Finding,
  observation::Holder,
  operation::OperationId,
  plan::Order,
  presence::{Presence, Watcher},
  watch::Ended,
};

/// What the site remembers: one folder, owned by the site, shared by everyone on the machine.
pub trait Ledger: Send + Sync {
  fn evidence(&self, slot: Slot) -> Result<Option<Evidence>, PortError>;
  fn put_evidence(&self, evidence: &Evidence) -> Result<(), PortError>;
  fn pins(&self, slot: Slot) -> Result<Option<Pins>, PortError>;
  /// Pins the slot: the compose override, the pin record, and the team's own variable file.
  fn put_pins(&self, pins: &Pins) -> Result<(), PortError>;
  /// The newest pins of a version: as a journal tells them, or as a slot is pinned now.
  fn recorded_pins(&self, version: &VersionName) -> Result<Option<Pins>, PortError>;
  /// The newest pins of each of the last `most` versions pinned for `slot`, newest first. What it is
  /// pinned to now counts before its journal says so.
  fn last_pins(&self, slot: Slot, most: usize) -> Result<Vec<Pins>, PortError>;
  fn live_record(&self) -> Result<Option<LiveRecord>, PortError>;
  /// Writes the live record, then the team's state file(s), also those that are missing.
  fn put_live_record(&self, record: &LiveRecord) -> Result<(), PortError>;
  /// The newest word of an operator that a watch is over.
  fn watch_end(&self) -> Result<Option<Ended>, PortError>;
  fn put_watch_end(&self, ended: &Ended) -> Result<(), PortError>;
  /// What the team's own state file says; `None` when none is configured.
  fn state_file(&self) -> Result<Option<StateFile>, PortError>;
  /// Who holds the lock now, asked of the kernel; the holder record is only for showing.
  fn lock_holder(&self) -> Result<Option<Holder>, PortError>;
  /// Operations newest first, at most `most`.
  fn orders(&self, most: usize) -> Result<Vec<Order>, PortError>;
  fn order(&self, id: OperationId) -> Result<Option<Order>, PortError>;
  /// All whole, valid records; a torn tail is left out and reported by the bool.
  fn records(&self, id: OperationId) -> Result<(Vec<Record>, Torn), PortError>;
  /// What is wrong or unwise about the folder's owner, modes, place and free space. What is red
  /// stops every operation.
  fn preflight(&self) -> Vec<Finding>;
  /// Journals that were edited, shortened or removed. Reads all of them.
  fn verify(&self) -> Result<Vec<Finding>, PortError>;
  /// Lets other consoles see that this one is open, until the guard is dropped or the process
  /// ends, however it ends.
  fn announce(&self, actor: &Actor, presence: Presence) -> Result<Box<dyn Send + Sync>, PortError>;
  /// The consoles that are open now, this one too, the longest open first.
  fn present(&self) -> Result<Vec<Watcher>, PortError>;
  /// Changes whenever anything may have changed that the ledger would tell: a few `stat` calls.
  fn stamp(&self) -> u64;
  /// Resolves when an operation may have begun or ended, sooner than `stamp` can be asked. Pends
  /// for ever where nobody tells.
  fn changed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
    Box::pin(std::future::pending())
  }
  /// What the newest `most` operations pinned, newest first. One that pinned nothing is one of them.
  fn pinned(&self, most: usize) -> Result<Vec<Pins>, PortError>;
}

/// The team's own state file: its name, and the slot it names or why it names none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFile {
  pub name: String,
  pub says: Result<Slot, String>,
}

/// Whether a journal ends in a torn or damaged record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Torn {
  Whole,
  /// The reason and the line number from which nothing was read.
  At(usize, String),
}
