//! What the site remembers, in one folder: who is live, what was proven, what is pinned, and the
//! journal of every operation. Shared by everybody on the machine, guarded by one lock.
//!
//! Reading creates nothing; writing asks for the lock where two writers could meet. `files` makes
//! writes durable, `lock` is the lock, `chain` the journal's format, `safety` looks at owners and
//! modes, `team_truth` writes what belongs to the team.

mod chain;
mod files;
mod follow;
mod holder;
mod journal;
mod lock;
mod operations;
mod presence;
mod safety;
mod stamp;
mod team_files;
mod team_truth;
mod watch;

use std::{fs, future::Future, io, path::Path, pin::Pin, sync::Arc};

use nix::unistd::Group;

pub(crate) use follow::JournalTail;
pub use holder::{LockState, is_alive};
pub use journal::FileJournal;
pub use lock::{SiteLock, is_held};
pub use operations::OperationFolder;

pub(crate) use self::files::{Access, read_json};
use self::files::{failed, read};
use crate::{
  config::Site,
  engine::ports::{Ledger, PortError, PortErrorKind, StateFile, Torn},
  model::{
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
  },
};

/// The state folder of one site.
pub struct FileLedger {
  site: Arc<Site>,
  access: Access,
  newest: stamp::Newest,
  watch: watch::Watch,
}

impl FileLedger {
  /// Creates nothing. A folder that is there but cannot be read is an error now, not a site
  /// without a past.
  pub fn open(site: Arc<Site>) -> Result<Self, PortError> {
    let group = match &site.state_group {
      Some(name) => Some(group(name, &site.file)?),
      None => None,
    };
    match fs::read_dir(&site.state) {
      Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(
        format!("read the state folder {}", site.state.display()),
        &error,
      )),
      _ => Ok(Self {
        access: Access {
          owner: safety::owner(&site.state),
          group,
        },
        newest: stamp::Newest::default(),
        watch: watch::Watch::default(),
        site,
      }),
    }
  }

  pub fn site(&self) -> &Arc<Site> {
    &self.site
  }

  pub fn state(&self) -> &Path {
    &self.site.state
  }

  /// The site's lock, or `None` when somebody holds it. Creates the state folder.
  pub fn try_lock(&self) -> Result<Option<SiteLock>, PortError> {
    let path = self.state().join("lock");
    // Appending to it creates it with the site's mode and writes nothing.
    if !path.exists() {
      self.access.open_append(&path)?;
    }
    SiteLock::try_take(self.state())
  }

  /// The lock a front end handed to this process as its stdin.
  pub fn inherited_lock(&self) -> Result<SiteLock, PortError> {
    SiteLock::inherited_from_stdin(self.state())
  }

  pub fn folder(&self, id: OperationId) -> OperationFolder {
    OperationFolder::of(self.state(), id)
  }

  /// The number of the next operation: one more than any folder has, also an unfinished one.
  pub fn next_id(&self, _: &SiteLock) -> Result<OperationId, PortError> {
    let newest = operations::ids(self.state())?.first().map_or(0, |id| id.0);
    Ok(OperationId(newest + 1))
  }

  /// Makes an order durable, for its runner to read.
  pub fn put_order(&self, order: &Order, _: &SiteLock) -> Result<(), PortError> {
    self.access.put_json(&self.folder(order.id).order(), order)
  }

  /// The journal of an operation, to go on after its last valid record.
  pub fn journal(&self, id: OperationId, _: &SiteLock) -> Result<FileJournal, PortError> {
    FileJournal::open(
      self.folder(id).path(),
      operations::all(self.state()).join("reserve"),
      operations::root(self.state(), id)?,
      self.access,
    )
  }

  pub(crate) fn access(&self) -> Access {
    self.access
  }

  fn slot_file(&self, folder: &str, slot: Slot, extension: &str) -> std::path::PathBuf {
    self
      .state()
      .join(folder)
      .join(format!("{slot}.{extension}"))
  }
}

impl Ledger for FileLedger {
  fn evidence(&self, slot: Slot) -> Result<Option<Evidence>, PortError> {
    read_json(&self.slot_file("evidence", slot, "json"))
  }

  fn put_evidence(&self, evidence: &Evidence) -> Result<(), PortError> {
    self
      .access
      .put_json(&self.slot_file("evidence", evidence.slot, "json"), evidence)
  }

  fn pins(&self, slot: Slot) -> Result<Option<Pins>, PortError> {
    read_json(&self.slot_file("pins", slot, "json"))
  }

  fn put_pins(&self, pins: &Pins) -> Result<(), PortError> {
    let compose = super::compose::pins_override(&self.site, pins);
    self.access.put(
      &self.slot_file("pins", pins.slot, "yml"),
      compose.as_bytes(),
    )?;
    self
      .access
      .put_json(&self.slot_file("pins", pins.slot, "json"), pins)?;
    self.keep_variable(pins)
  }

  fn recorded_pins(&self, version: &VersionName) -> Result<Option<Pins>, PortError> {
    let mut found: Vec<Pins> = operations::pinned(self.state(), version)?
      .into_iter()
      .collect();
    for slot in Slot::BOTH {
      found.extend(self.pins(slot)?.filter(|pins| pins.version == *version));
    }
    Ok(found.into_iter().max_by_key(|pins| pins.at))
  }

  fn last_pins(&self, slot: Slot, most: usize) -> Result<Vec<Pins>, PortError> {
    let own = self.pins(slot)?.into_iter().collect();
    operations::last_pinned(self.state(), slot, own, most)
  }

  fn live_record(&self) -> Result<Option<LiveRecord>, PortError> {
    read_json(&self.state().join("live.json"))
  }

  fn put_live_record(&self, record: &LiveRecord) -> Result<(), PortError> {
    self
      .access
      .put_json(&self.state().join("live.json"), record)?;
    self.keep_team_state(record)
  }

  fn watch_end(&self) -> Result<Option<Ended>, PortError> {
    read_json(&self.state().join("watch.json"))
  }

  fn put_watch_end(&self, ended: &Ended) -> Result<(), PortError> {
    self
      .access
      .put_json(&self.state().join("watch.json"), ended)
  }

  fn state_file(&self) -> Result<Option<StateFile>, PortError> {
    let Some(path) = &self.site.truth.state_file else {
      return Ok(None);
    };
    let said = match read(path, team_truth::LONGEST)? {
      Some(text) => team_files::slot_named(&text),
      None => Err("it does not exist".to_owned()),
    };
    Ok(Some(StateFile {
      name: path.display().to_string(),
      says: said,
    }))
  }

  fn lock_holder(&self) -> Result<Option<Holder>, PortError> {
    holder::shown(self.lock_state()?, self)
  }

  fn orders(&self, most: usize) -> Result<Vec<Order>, PortError> {
    operations::orders(self.state(), most)
  }

  fn order(&self, id: OperationId) -> Result<Option<Order>, PortError> {
    operations::order(self.state(), id)
  }

  fn records(&self, id: OperationId) -> Result<(Vec<Record>, Torn), PortError> {
    operations::records(self.state(), id)
  }

  fn preflight(&self) -> Vec<Finding> {
    safety::preflight(&self.site, self.access)
  }

  fn verify(&self) -> Result<Vec<Finding>, PortError> {
    operations::verify(self.state())
  }

  fn announce(&self, actor: &Actor, presence: Presence) -> Result<Box<dyn Send + Sync>, PortError> {
    presence::announce(self, actor, presence)
  }

  fn present(&self) -> Result<Vec<Watcher>, PortError> {
    presence::list(self.state())
  }

  fn stamp(&self) -> u64 {
    stamp::of(&self.site, &self.newest)
  }

  fn changed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
    Box::pin(self.watch.changed(self.state(), &self.newest))
  }

  fn pinned(&self, most: usize) -> Result<Vec<Pins>, PortError> {
    operations::all_pinned(self.state(), most)
  }
}

fn group(name: &str, file: &Path) -> Result<nix::unistd::Gid, PortError> {
  Group::from_name(name)
    .ok()
    .flatten()
    .map(|group| group.gid)
    .ok_or_else(|| {
      PortError::new(
        PortErrorKind::Misconfigured,
        format!("use state_group '{name}'"),
        format!(
          "there is no such group here: groupadd {name}, or change state_group in {}",
          file.display()
        ),
      )
    })
}

/// How many records a journal of these bytes holds; the reader as the fuzz target sees it.
#[cfg(feature = "fuzzing")]
pub fn read_journal(bytes: &[u8]) -> usize {
  chain::read(bytes).0.len()
}
