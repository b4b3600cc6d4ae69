//! The fake world: containers, proxy, database, ledger and journal of one site behind one lock,
//! with faults, foreign hands and sudden death injectable at any port call or journal record.

use std::{
  collections::BTreeMap,
  sync::{Arc, Mutex, MutexGuard},
  time::Duration,
};

use chrono::{DateTime, TimeZone, Utc};
use cutover::{
  config::Site,
  engine::{
    World,
    log_pipe::LogWriter,
    ports::{Clock, PortError, PortErrorKind},
  },
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

use super::proxy::FakeProxy;

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

/// What happens instead of the port's effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
  /// An error, every time.
  Fails,
  /// An error, once.
  FailsOnce,
  /// Never answers.
  Hangs,
  /// Answers after ten seconds.
  Slow,
  /// Has its effect and then says it failed.
  FailsAfter,
}

/// Somebody else's hand, or fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
  /// certbot, logrotate: the proxy loads what it sees on disk.
  Reload,
  /// A comment is added to the managed file.
  Comment,
  /// Somebody switched by hand: file and reload.
  MoveTraffic(Slot),
  /// Docker starts one service again.
  Restart(Slot),
  /// `docker restart` of one service, which leaves the restart count as it was.
  RestartByHand(Slot),
  /// A container ends.
  Kill(Slot),
  ProxyDown,
  ProxyUp,
}

/// Where the runner dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
  BeforeRecord(usize),
  AfterRecord(usize),
  BeforeCall(usize),
  AfterCall(usize),
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
  pub recorded: Vec<Pins>,
  pub live: Option<LiveRecord>,
  pub watch_end: Option<Ended>,
  /// The team's own file; `None` when the site has none.
  pub state_file: Option<String>,
  pub orders: Vec<Order>,
  pub records: BTreeMap<u32, Vec<Record>>,
  pub lock: Option<Holder>,
  pub findings: Vec<Finding>,
  pub present: Vec<Watcher>,
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
  pub migration_locked: bool,
  pub backups: u32,
  pub hook_exit: i64,
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

/// Port calls that may pass between the engine's last look and its act.
const RACE: usize = 14;

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
      migration_locked: false,
      backups: 0,
      hook_exit: 0,
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
        .then(|| Arc::new(super::memory::FakeDatabase(self.clone())) as _),
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

  /// A port call begins: the place where foreign hands, troubles and death come in.
  pub(super) async fn enter(&self, name: &'static str) -> Result<(), PortError> {
    tokio::task::yield_now().await;
    let Some((trouble, number)) = self.begin(name) else {
      return std::future::pending().await;
    };
    if self.dies(Death::BeforeCall(number)) || trouble == Some(Trouble::Hangs) {
      return std::future::pending().await;
    }
    match trouble {
      Some(Trouble::Fails | Trouble::FailsOnce) => Err(injected(name)),
      Some(Trouble::Slow) => {
        tokio::time::sleep(Duration::from_secs(10)).await;
        Ok(())
      }
      Some(Trouble::Hangs | Trouble::FailsAfter) | None => Ok(()),
    }
  }

  /// `None` when the runner is dead and must have no more effect.
  fn begin(&self, name: &'static str) -> Option<(Option<Trouble>, usize)> {
    let mut state = self.state();
    if state.dead {
      return None;
    }
    let number = state.count(name);
    let trouble = state.trouble.get(name).copied();
    if trouble == Some(Trouble::FailsOnce) {
      state.trouble.remove(name);
    }
    Some((trouble, number))
  }

  /// A port call had its effect.
  pub(super) async fn leave(&self, name: &'static str) -> Result<(), PortError> {
    let number = self.state().calls.len();
    if self.dies(Death::AfterCall(number)) {
      return std::future::pending().await;
    }
    if self.state().trouble.get(name) == Some(&Trouble::FailsAfter) {
      return Err(injected(name));
    }
    Ok(())
  }

  /// The same for the ledger, which answers at once.
  pub(super) fn enter_now(&self, name: &'static str) -> Result<(), PortError> {
    let number = {
      let mut state = self.state();
      if state.dead {
        return Err(injected(name));
      }
      state.count(name)
    };
    if self.dies(Death::BeforeCall(number)) {
      return Err(injected(name));
    }
    let mut state = self.state();
    match state.trouble.get(name).copied() {
      Some(Trouble::FailsOnce) => {
        state.trouble.remove(name);
        Err(injected(name))
      }
      Some(_) => Err(injected(name)),
      None => Ok(()),
    }
  }

  pub(super) fn dies(&self, here: Death) -> bool {
    let mut state = self.state();
    if state.death != Some(here) {
      return false;
    }
    state.dead = true;
    drop(state);
    self.died.notify_one();
    true
  }
}

pub fn injected(name: &str) -> PortError {
  PortError::new(
    PortErrorKind::Unexpected,
    name,
    "injected fault with hunter2hunter2",
  )
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
  fn count(&mut self, name: &'static str) -> usize {
    self.calls.push(Call {
      name,
      names: Vec::new(),
    });
    let number = self.calls.len();
    let due: Vec<Foreign> = self
      .foreign
      .iter()
      .filter(|(at, _)| *at == number)
      .map(|(_, foreign)| *foreign)
      .collect();
    for foreign in due {
      self.act(foreign);
    }
    number
  }

  pub fn serial(&mut self) -> u64 {
    self.serial += 1;
    self.serial
  }

  /// Somebody else acts.
  pub fn act(&mut self, foreign: Foreign) {
    let before = self.proxy.slot();
    match foreign {
      Foreign::Reload => {
        if self.proxy.running && super::proxy::routes(&self.inside()).is_some() {
          self.load_from_disk();
        }
      }
      Foreign::Comment => self.disk.push_str("# edited by hand\n"),
      Foreign::MoveTraffic(slot) => {
        self.disk = format!("server ala-api-{slot}:8000; # by hand\n");
        self.stale = None;
        if self.proxy.running {
          self.load_from_disk();
        }
      }
      Foreign::Restart(slot) | Foreign::RestartByHand(slot) => {
        let number = self.serial();
        self.broke_at = self.calls.len();
        if let Some(found) = self.slots[slot].first_mut() {
          found.container.restarts += u32::from(matches!(foreign, Foreign::Restart(_)));
          found.container.started_at =
            Some(base() + chrono::Duration::seconds(86_400 + i64::try_from(number).unwrap()));
        }
      }
      Foreign::Kill(slot) => {
        self.broke_at = self.calls.len();
        if let Some(found) = self.slots[slot].first_mut() {
          found.container.state = cutover::model::container::ContainerState::Exited;
          found.container.exit_code = Some(137);
        }
      }
      Foreign::ProxyDown => {
        self.broke_at = self.calls.len();
        self.proxy.running = false;
      }
      Foreign::ProxyUp => {
        if !self.proxy.running {
          self.proxy.running = true;
          self.stale = None;
          if super::proxy::routes(&self.inside()).is_some() {
            self.load_from_disk();
            self.proxy.settle();
          } else {
            self.proxy.running = false;
          }
        }
      }
    }
    if self.proxy.slot() != before {
      self.moved_at = self.calls.len();
    }
  }

  pub fn just_moved(&self) -> bool {
    self.moved_at > 0 && self.calls.len() - self.moved_at < RACE
  }

  /// The runner is about to change `slot`: which must not be the one users are on.
  pub fn mutates(&mut self, slot: Slot, names: Vec<ContainerId>) {
    let fresh = self.just_moved();
    let alive = self.slots[slot].iter().any(|c| c.container.is_running());
    if self.proxy.running && self.proxy.slot() == Some(slot) && alive && !fresh && !self.typed {
      let name = self.calls.last().map_or("?", |call| call.name);
      self.violations.push(format!("I2: {name} on live {slot}"));
    }
    if let Some(call) = self.calls.last_mut() {
      call.names = names;
    }
  }

  /// The runner has the proxy load: the slot it loads must be able to serve.
  pub fn points_users(&mut self, before: Option<Slot>, after: Option<Slot>) {
    let (Some(before), Some(after)) = (before, after) else {
      return;
    };
    let fresh = self.broke_at > 0 && self.calls.len() - self.broke_at < RACE;
    if before != after && !self.serves(after) && self.serves(before) && !fresh && !self.typed {
      self.violations.push(format!(
        "I3: users were moved to {after}, which cannot serve"
      ));
    }
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
