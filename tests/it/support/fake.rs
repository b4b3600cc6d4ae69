//! The fake world: containers, proxy, database, ledger and journal of one site behind one lock.
//! What can go wrong with it is in `faults` and `foreign`.

use std::{
  collections::BTreeMap,
  sync::{Arc, Mutex, MutexGuard, Weak},
  time::Duration,
};

use chrono::{DateTime, TimeZone, Utc};
use cutover::{
  config::Site,
  engine::{World, log_pipe::LogWriter, ports::Clock},
  model::{
    BySlot, Slot, VersionName,
    actor::Actor,
    change::Change,
    container::{Container, ContainerId},
    event::Record,
    evidence::{Evidence, LiveRecord, Pins},
    finding::Finding,
    log_line::LogEntry,
    observation::Holder,
    offer::SourceTag,
    operation::OperationId,
    plan::Order,
    presence::Watcher,
    router::{FileHash, Mount},
    watch::Ended,
  },
};
use sha2::{Digest, Sha256};
use tokio::{sync::Notify, time::Instant};

use super::{
  database::Server,
  faults::{Death, Trouble},
  foreign::Foreign,
  proxy::FakeProxy,
};

/// How a version behaves once it was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behavior {
  Good,
  NeverHealthy,
  /// Ends with exit code 1 after two seconds.
  Crash,
  /// Killed for memory after two seconds.
  OutOfMemory,
  SmokeFails,
  /// Healthy after 20 seconds.
  SlowStart,
}

#[derive(Clone, Debug)]
pub struct FakeContainer {
  pub container: Container,
  pub behavior: Behavior,
  pub started: Instant,
}

#[derive(Clone, Debug)]
pub struct Call {
  pub name: &'static str,
  /// The containers a mutating call names.
  pub names: Vec<ContainerId>,
}

#[derive(Default)]
pub struct Ledger {
  pub evidence: BySlot<Option<Evidence>>,
  pub pins: BySlot<Option<Pins>>,
  pub live: Option<LiveRecord>,
  pub watch_end: Option<Ended>,
  /// The team's own file; `None` when it is not there.
  pub state_file: Option<String>,
  pub orders: Vec<Order>,
  pub records: BTreeMap<u32, Vec<Record>>,
  pub lock: Option<Holder>,
  pub findings: Vec<Finding>,
  pub present: Vec<Weak<Watcher>>,
}

/// A container's log, and who follows it.
#[derive(Default)]
pub struct FakeLog {
  pub lines: Vec<LogEntry>,
  pub follower: Option<LogWriter>,
}

impl FakeLog {
  pub fn say(&mut self, line: LogEntry) {
    self.lines.push(line.clone());
    if let Some(follower) = &self.follower {
      follower.write(line);
    }
  }
}

pub struct State {
  pub site: Arc<Site>,
  pub slots: BySlot<Vec<FakeContainer>>,
  pub versions: BTreeMap<String, Behavior>,
  /// Versions whose images have names of ours, newest first.
  pub kept: BySlot<Vec<VersionName>>,
  pub proxy: FakeProxy,
  pub mount: Mount,
  /// The managed file on this host.
  pub disk: String,
  /// What a stale single-file mount still shows inside.
  pub stale: Option<String>,
  pub schema_head: String,
  pub server: Server,
  pub hook_exit: i64,
  pub hook_takes: Duration,
  pub ledger: Ledger,
  pub logs: BTreeMap<ContainerId, FakeLog>,
  pub calls: Vec<Call>,
  pub trouble: BTreeMap<&'static str, Trouble>,
  /// Foreign hands, before the port call with that number.
  pub foreign: Vec<(usize, Foreign)>,
  /// Journal writes that fail for want of space: first and last, counted from 1.
  pub full_disk: Option<(usize, usize)>,
  pub death: Option<Death>,
  pub dead: bool,
  pub written: usize,
  /// The port call since which the proxy has loaded what it has, and since which anything broke.
  pub moved_at: usize,
  pub broke_at: usize,
  /// An operator typed that the live slot may be stopped, or a broken one switched to.
  pub typed: bool,
  pub violations: Vec<String>,
  /// Who follows what happens to containers; dropping it is the daemon going away.
  pub told: Option<tokio::sync::mpsc::Sender<Change>>,
  /// Tags of the source tree.
  pub tags: Vec<SourceTag>,
  serial: u64,
}

pub struct FakeSite {
  state: Mutex<State>,
  began: Instant,
  pub died: Notify,
  pub spoke: Notify,
}

impl FakeSite {
  /// Blue is live at 1.0, healthy, recorded by nobody; green is empty.
  pub fn new(site: Site) -> Arc<Self> {
    let versions = ["1.0", "1.1", "1.2", "2.0"]
      .into_iter()
      .map(|version| (version.to_owned(), Behavior::Good))
      .collect();
    let state_file = site.truth.state_file.is_some().then(|| "blue".to_owned());
    let mut state = State {
      site: Arc::new(site),
      slots: BySlot::default(),
      versions,
      kept: BySlot::default(),
      proxy: FakeProxy::new(),
      mount: Mount::Directory,
      disk: String::new(),
      stale: None,
      schema_head: "1.0".into(),
      server: Server::new(),
      hook_exit: 0,
      hook_takes: Duration::ZERO,
      ledger: Ledger {
        state_file,
        ..Ledger::default()
      },
      logs: BTreeMap::new(),
      calls: Vec::new(),
      trouble: BTreeMap::new(),
      foreign: Vec::new(),
      full_disk: None,
      death: None,
      dead: false,
      written: 0,
      moved_at: 0,
      broke_at: 0,
      typed: false,
      violations: Vec::new(),
      told: None,
      tags: Vec::new(),
      serial: 0,
    };
    state.disk = state.text(Slot::Blue, 1, OperationId(0));
    state.create(Slot::Blue, "1.0", Utc::now());
    state.load_from_disk();
    state.proxy.settle();
    Arc::new(Self {
      state: Mutex::new(state),
      began: Instant::now(),
      died: Notify::new(),
      spoke: Notify::new(),
    })
  }

  #[track_caller]
  pub fn state(&self) -> MutexGuard<'_, State> {
    self
      .state
      .try_lock()
      .expect("the fake world is locked by this very test")
  }

  pub fn world(self: &Arc<Self>) -> World {
    let site = self.state().site.clone();
    World {
      database: site
        .database
        .is_some()
        .then(|| Arc::new(super::database::FakeDatabase(self.clone())) as _),
      site,
      clock: self.clone(),
      runtime: self.clone(),
      probe: self.clone(),
      router: self.clone(),
      commands: self.clone(),
      ledger: self.clone(),
      surroundings: self.clone(),
    }
  }
}

pub fn hash(text: &str) -> FileHash {
  FileHash(cutover::model::plan::hex(&Sha256::digest(text.as_bytes())))
}

pub fn actor() -> Actor {
  Actor {
    user: "anna".into(),
    as_user: None,
    from: None,
    host: "vm".into(),
    pid: 7,
  }
}

impl State {
  pub fn serial(&mut self) -> u64 {
    self.serial += 1;
    self.serial
  }

  /// Every container of the slot runs and answers.
  pub fn serves(&self, slot: Slot) -> bool {
    let now = Instant::now();
    !self.slots[slot].is_empty()
      && self.slots[slot]
        .iter()
        .all(|found| super::containers::answers(found, now))
  }

  pub fn container_ids(&self, slot: Slot) -> Vec<ContainerId> {
    let mut ids: Vec<ContainerId> = self.slots[slot]
      .iter()
      .map(|found| found.container.id.clone())
      .collect();
    ids.sort();
    ids
  }

  pub fn calls_of(&self, name: &str) -> usize {
    self.calls.iter().filter(|call| call.name == name).count()
  }

  pub fn records(&self, id: OperationId) -> &[Record] {
    self.ledger.records.get(&id.0).map_or(&[], Vec::as_slice)
  }
}

pub fn base() -> DateTime<Utc> {
  Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

impl Clock for FakeSite {
  fn now(&self) -> DateTime<Utc> {
    base() + chrono::Duration::from_std(self.began.elapsed()).unwrap_or_default()
  }
}

/// How long a reload's old and new workers both answer.
pub const MIXED: Duration = Duration::from_millis(100);
