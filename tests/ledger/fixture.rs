//! A small site, a plan, and this binary started in one of its `roles`.

use std::{
  collections::BTreeMap,
  io::{BufRead, BufReader, Lines},
  path::{Path, PathBuf},
  process::{Child, ChildStdout, Command, Stdio},
  sync::Arc,
  time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use cutover::{
  adapters::{actor::actor, ledger::FileLedger},
  config::{
    Compose, DeployRules, Nginx, Place, Proof, ProofBy, ProxyConfig, Retire, RouterConfig,
    RuntimeConfig, Secrets, Site, SlotConfig, SwitchFile, Then, Truth, VersionKind, VersionRead,
    VersionSource,
  },
  model::{
    BySlot, Slot,
    actor::Actor,
    evidence::{LiveRecord, Pins, ServiceImage},
    operation::{Kind, OperationId},
    plan::{OnFailure, Order, Plan, Premise, Risk},
    router::FileHash,
  },
};
use tempfile::TempDir;

pub(crate) fn folder() -> TempDir {
  let folder = tempfile::Builder::new()
    .prefix("cutover-")
    .tempdir()
    .unwrap();
  std::fs::write(folder.path().join("cutover.toml"), "").unwrap();
  folder
}

pub(crate) fn site(root: &Path) -> Site {
  let slot = SlotConfig {
    label: None,
    port: None,
    host: "127.0.0.1".into(),
    url: None,
  };
  let service = |name: &str| cutover::config::Service {
    key: name.into(),
    name: BySlot::from_fn(|slot| format!("{name}-{slot}")),
    container: BySlot::default(),
    optional: false,
    check: BySlot::default(),
    run: BySlot::default(),
  };
  Site {
    name: "shop".into(),
    file: root.join("cutover.toml"),
    root: root.to_owned(),
    state: root.join(".cutover"),
    production: false,
    state_group: None,
    slots: BySlot {
      blue: slot.clone(),
      green: slot,
    },
    runtime: RuntimeConfig::Compose(Compose {
      command: Vec::new(),
      files: BySlot::default(),
      shared_files: Vec::new(),
      project: BySlot::default(),
      profiles: Vec::new(),
      env_file: None,
      shared: Vec::new(),
      networks: Vec::new(),
    }),
    services: vec![service("api"), service("web")],
    version: VersionSource {
      kind: VersionKind::ImageVariable {
        variable: BySlot {
          blue: "BLUE_TAG".into(),
          green: "GREEN_TAG".into(),
        },
        keep_in: Some(root.join(".env")),
        tag: BySlot::from_fn(|_| "v{version}".into()),
      },
      read: VersionRead::ImageTag,
    },
    router: RouterConfig {
      proxy: ProxyConfig::Nginx(Nginx {
        place: Place::Host,
        command: vec!["nginx".into()],
      }),
      switch: SwitchFile::Render {
        to: root.join("live.conf"),
        text: BySlot::default(),
      },
    },
    proof: Proof {
      url: None,
      by: ProofBy::Effective,
      samples: 1,
      over: Duration::ZERO,
    },
    truth: Truth {
      state_file: Some(root.join(".current-env")),
      previous: Some(root.join(".previous-env")),
    },
    retire: Retire {
      then: Then::Keep,
      drain: Duration::ZERO,
      after: Duration::ZERO,
    },
    database: None,
    smoke: Vec::new(),
    hooks: BTreeMap::new(),
    deploy: DeployRules {
      gate: Duration::ZERO,
      evidence: Duration::ZERO,
      on_failure: OnFailure::KeepForInspection,
    },
    watch: cutover::model::watch::Limits::default(),
    secrets: Secrets::default(),
  }
}

pub(crate) fn ledger(root: &Path) -> FileLedger {
  FileLedger::open(Arc::new(site(root))).unwrap()
}

pub(crate) fn plan() -> Plan {
  Plan {
    schema: 1,
    kind: Kind::Switch,
    site: "shop".into(),
    target: Some(Slot::Green),
    from: Some(Slot::Blue),
    version: None,
    from_version: None,
    steps: Vec::new(),
    premise: Premise {
      live: Some(Slot::Blue),
      managed: None,
      untouched: Vec::new(),
      undoes: None,
    },
    risk: Risk::Green,
    word: None,
    warnings: Vec::new(),
    notes: Vec::new(),
    on_failure: OnFailure::KeepForInspection,
    reason: None,
    preempts: None,
  }
}

pub(crate) fn order(id: u32) -> Order {
  Order {
    id: OperationId(id),
    plan: plan(),
    actor: me(),
    at: moment(),
  }
}

pub(crate) fn me() -> Actor {
  actor()
}

pub(crate) fn moment() -> DateTime<Utc> {
  DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

pub(crate) fn live(slot: Slot, operation: u32) -> LiveRecord {
  LiveRecord {
    live: slot,
    previous: Some(slot.other()),
    generation: u64::from(operation),
    since: moment(),
    operation: OperationId(operation),
    version: None,
    previous_version: None,
    containers: Vec::new(),
    previous_containers: Vec::new(),
    managed: FileHash("00".into()),
    schema_head: None,
  }
}

pub(crate) fn pins(slot: Slot, version: &str, digest: &str) -> Pins {
  Pins {
    slot,
    version: version.parse().unwrap(),
    at: moment(),
    images: vec![ServiceImage {
      service: "api".into(),
      reference: format!("shop-api:v{version}"),
      id: cutover::model::container::ImageId(format!("sha256:{digest}")),
    }],
  }
}

/// This binary as a command that plays `role`; what follows `--` are the role's own arguments.
pub(crate) fn role_command(role: &str) -> Vec<String> {
  let me = std::env::current_exe().unwrap().display().to_string();
  let role = format!("roles::{role}");
  [&me, "--exact", &role, "--ignored", "--nocapture", "--"]
    .map(str::to_owned)
    .to_vec()
}

/// A role as a process: killed and reaped when the test ends, however it ends.
pub(crate) struct Player {
  child: Child,
  lines: Lines<BufReader<ChildStdout>>,
}

impl Player {
  pub(crate) fn start(role: &str, folder: &Path) -> Self {
    let command = role_command(role);
    let mut child = Command::new(&command[0])
      .args(&command[1..])
      .arg(folder)
      .stdin(Stdio::piped())
      .stdout(Stdio::piped())
      .spawn()
      .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Self { child, lines }
  }

  /// The next word it says; `None` when it ended.
  pub(crate) fn said(&mut self) -> Option<String> {
    self
      .lines
      .by_ref()
      .map_while(Result::ok)
      .find_map(|line| line.strip_prefix('@').map(ToOwned::to_owned))
  }

  pub(crate) fn kill(&mut self) {
    self.child.kill().unwrap();
    self.child.wait().unwrap();
  }

  /// Closes its stdin, which each role takes as the wish that it ends.
  pub(crate) fn release(&mut self) {
    drop(self.child.stdin.take());
    assert!(self.child.wait().unwrap().success());
  }
}

impl Drop for Player {
  fn drop(&mut self) {
    let _ = self.child.kill();
    let _ = self.child.wait();
  }
}

/// Asks again until it is so; a test that would hang fails instead.
pub(crate) fn until(what: &str, most: Duration, mut is_so: impl FnMut() -> bool) {
  let deadline = Instant::now() + most;
  while !is_so() {
    assert!(Instant::now() < deadline, "not within {most:?}: {what}");
    std::thread::yield_now();
  }
}

pub(crate) fn modes_under(folder: &Path) -> Vec<(PathBuf, u32)> {
  use std::os::unix::fs::PermissionsExt;
  let mut found = Vec::new();
  let mut waiting = vec![folder.to_owned()];
  while let Some(path) = waiting.pop() {
    let mode = std::fs::symlink_metadata(&path)
      .unwrap()
      .permissions()
      .mode();
    if path.is_dir() {
      waiting.extend(
        std::fs::read_dir(&path)
          .unwrap()
          .map(|entry| entry.unwrap().path()),
      );
    }
    found.push((path, mode & 0o7777));
  }
  found
}
