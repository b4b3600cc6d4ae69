//! A site as the engine and the adapters read it: checked, with paths absolute and both slots
//! resolved. Only `config::load` makes one.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use crate::model::{BySlot, Slot, plan::MigrateWhen, watch::Limits};

#[derive(Clone, Debug)]
pub struct Site {
  pub name: String,
  /// Real users depend on it.
  pub production: bool,
  /// The file this came from.
  pub file: PathBuf,
  pub root: PathBuf,
  /// The state folder: lock, journal, evidence, pins.
  pub state: PathBuf,
  /// Shared with a group (0660/2770) instead of 0600/0700.
  pub state_group: Option<String>,
  pub slots: BySlot<SlotConfig>,
  pub runtime: RuntimeConfig,
  /// In the order of the file.
  pub services: Vec<Service>,
  pub version: VersionSource,
  pub router: RouterConfig,
  pub proof: Proof,
  pub truth: Truth,
  pub retire: Retire,
  pub database: Option<Postgres>,
  pub smoke: Vec<SmokeTest>,
  pub hooks: BTreeMap<Hook, Vec<String>>,
  pub deploy: DeployRules,
  /// What must hold after a switch.
  pub watch: Limits,
  /// Values never to be printed: everything read from `env_file` and every `${NAME}` whose name
  /// speaks of a secret. Longest first.
  pub secrets: Secrets,
}

/// Words that must never reach a screen, journal or log.
#[derive(Clone, Default)]
pub struct Secrets(pub Vec<String>);

impl Secrets {
  /// `text` with every secret replaced.
  pub fn mask(&self, text: &str) -> String {
    let mut out = text.to_owned();
    for secret in &self.0 {
      if out.contains(secret.as_str()) {
        out = out.replace(secret.as_str(), "********");
      }
    }
    out
  }
}

impl std::fmt::Debug for Secrets {
  fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    write!(f, "Secrets({})", self.0.len())
  }
}

#[derive(Clone, Debug)]
pub struct SlotConfig {
  pub label: Option<String>,
  pub port: Option<u16>,
  pub host: String,
  pub url: Option<String>,
}

/// What runs the slots' services.
#[derive(Clone, Debug)]
pub enum RuntimeConfig {
  Compose(Compose),
  /// Child processes of this host, each started by its service's `run`.
  Processes,
}

/// Docker Compose, either generation.
#[derive(Clone, Debug)]
pub struct Compose {
  /// Argument-list prefix: `["docker-compose"]`, `["docker", "compose"]`; empty = detect.
  pub command: Vec<String>,
  /// Compose files of each slot, absolute, in order.
  pub files: BySlot<Vec<PathBuf>>,
  pub shared_files: Vec<PathBuf>,
  /// Compose project of each slot; `None` = Compose's own default for the first file.
  pub project: BySlot<Option<String>>,
  pub profiles: Vec<String>,
  pub env_file: Option<PathBuf>,
  /// Compose services never stopped or recreated.
  pub shared: Vec<String>,
  pub networks: Vec<String>,
}

/// One role of a slot, such as `api`.
#[derive(Clone, Debug)]
pub struct Service {
  /// The key of `[services.NAME]`.
  pub key: String,
  /// Compose service name in each slot; of a process its name.
  pub name: BySlot<String>,
  /// The argument list of a process, started in the folder of its version.
  pub run: BySlot<Vec<String>>,
  /// Exact container name, when the compose file fixes it.
  pub container: BySlot<Option<String>>,
  /// Its absence is no fault.
  pub optional: bool,
  pub check: BySlot<Option<Check>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
  /// Docker's own health status is the check.
  Docker,
  /// A request from this host to `url`.
  Host,
  /// A request made inside the service's container (curl or wget there).
  Exec,
  /// A request from this host to the container's own network address; no port published.
  Network,
  /// A request through the proxy.
  Router,
  /// An argument list; exit 0 passes.
  Command,
}

#[derive(Clone, Debug)]
pub struct Check {
  pub via: Via,
  pub url: Option<String>,
  pub command: Vec<String>,
  pub expect: Expect,
  /// How long the slot has to become healthy.
  pub timeout: Duration,
  /// Between two tries.
  pub every: Duration,
  /// Passes in a row that make it healthy.
  pub consecutive: u32,
}

/// What an answer must look like.
#[derive(Clone, Debug, Default)]
pub struct Expect {
  /// Default 200.
  pub status: Option<u16>,
  /// Header name (any case) to a text its value must contain.
  pub headers: BTreeMap<String, String>,
  /// Dotted path or JSON pointer to the exact value.
  pub json: BTreeMap<String, serde_json::Value>,
  pub contains: Option<String>,
  /// The whole exchange must be done within this; default 5 s.
  pub within: Option<Duration>,
}

#[derive(Clone, Debug)]
pub struct VersionSource {
  pub kind: VersionKind,
  /// Where a running version is read from.
  pub read: VersionRead,
}

#[derive(Clone, Debug)]
pub enum VersionKind {
  /// An environment variable chooses the image tag; one per slot or one for both.
  ImageVariable {
    variable: BySlot<String>,
    /// The file that keeps the variable, so that a later plain `up` keeps the version.
    keep_in: Option<PathBuf>,
    /// The variable's value; `{version}` stands for what was asked for. Default `{version}`.
    tag: BySlot<String>,
  },
  /// Built by Compose from a source tree.
  Build {
    variable: Option<BySlot<String>>,
    tag: BySlot<String>,
    source: Option<Source>,
    no_cache: bool,
  },
  /// A folder for each version in this one.
  Folder { releases: PathBuf },
}

#[derive(Clone, Debug)]
pub struct Source {
  pub git: PathBuf,
  pub pull: bool,
}

#[derive(Clone, Debug)]
pub enum VersionRead {
  ImageTag,
  Label(String),
}

/// The proxy in front of both slots and the one file of it that is ours.
#[derive(Clone, Debug)]
pub struct RouterConfig {
  pub proxy: ProxyConfig,
  pub switch: SwitchFile,
}

#[derive(Clone, Debug)]
pub enum ProxyConfig {
  Nginx(Nginx),
  /// `cutover proxy` on this host, listening here.
  Embedded {
    listen: SocketAddr,
  },
}

/// nginx, in a container or on this host.
#[derive(Clone, Debug)]
pub struct Nginx {
  pub place: Place,
  /// Prefix of every nginx command: `["nginx"]`, or with `-p` and `-c`.
  pub command: Vec<String>,
}

impl RouterConfig {
  pub fn place(&self) -> &Place {
    match &self.proxy {
      ProxyConfig::Nginx(nginx) => &nginx.place,
      ProxyConfig::Embedded { .. } => &Place::Host,
    }
  }

  /// Prefix of every nginx command; of another proxy there is none.
  pub fn command(&self) -> &[String] {
    match &self.proxy {
      ProxyConfig::Nginx(nginx) => &nginx.command,
      ProxyConfig::Embedded { .. } => &[],
    }
  }
}

#[derive(Clone, Debug)]
pub enum Place {
  /// A compose service of the shared project.
  Service(String),
  /// A container by exact name.
  Container(String),
  Host,
}

/// The managed file and how its next content is made.
#[derive(Clone, Debug)]
pub enum SwitchFile {
  Copy {
    from: BySlot<PathBuf>,
    to: PathBuf,
  },
  Render {
    to: PathBuf,
    text: BySlot<String>,
  },
  Link {
    from: BySlot<PathBuf>,
    to: PathBuf,
  },
  /// Replaces the one occurrence of the live slot's text by the target's.
  Edit {
    file: PathBuf,
    text: BySlot<String>,
  },
}

impl SwitchFile {
  /// The managed file on this host.
  pub fn path(&self) -> &PathBuf {
    match self {
      Self::Copy { to, .. } | Self::Render { to, .. } | Self::Link { to, .. } => to,
      Self::Edit { file, .. } => file,
    }
  }

  pub fn word(&self) -> &'static str {
    match self {
      Self::Copy { .. } => "copy",
      Self::Render { .. } => "render",
      Self::Link { .. } => "link",
      Self::Edit { .. } => "edit",
    }
  }
}

#[derive(Clone, Debug)]
pub struct Proof {
  /// Through the proxy.
  pub url: Option<String>,
  pub by: ProofBy,
  pub samples: u32,
  pub over: Duration,
}

#[derive(Clone, Debug)]
pub enum ProofBy {
  /// `url` answers `<slot> <generation> …`, written by the managed file itself.
  Marker,
  /// A JSON field naming the slot (`{color}`) or version.
  Field {
    path: String,
    value: BySlot<String>,
  },
  Header {
    name: String,
    value: BySlot<String>,
  },
  Body {
    text: BySlot<String>,
  },
  /// A nonce path seen in exactly one slot's log.
  Log,
  /// The proxy's own loaded configuration (new workers after the reload); the weakest.
  Effective,
}

#[derive(Clone, Debug, Default)]
pub struct Truth {
  pub state_file: Option<PathBuf>,
  pub previous: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
  Keep,
  Stop,
}

#[derive(Clone, Debug)]
pub struct Retire {
  pub then: Then,
  /// How long to watch former workers finish after a switch.
  pub drain: Duration,
  /// How long the former slot should stay warm.
  pub after: Duration,
}

#[derive(Clone, Debug)]
pub struct Postgres {
  pub place: Place,
  /// The database's own user and name; defaults are read from the container's environment names.
  pub user: Option<String>,
  pub name: Option<String>,
  pub backup: Option<Backup>,
  pub migrate: Option<Migrate>,
  /// What the api service's answer must contain for level 4.
  pub check: Option<Expect>,
}

#[derive(Clone, Debug)]
pub struct Backup {
  pub dir: PathBuf,
  pub keep: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunIn {
  /// In the target slot's container of this service key.
  Service(String),
  Host,
}

#[derive(Clone, Debug)]
pub struct Migrate {
  pub run_in: RunIn,
  pub command: Vec<String>,
  pub when: MigrateWhen,
  pub dry_run: Option<Vec<String>>,
  /// Prints the schema head as its last line.
  pub status: Option<Vec<String>>,
  pub lock_timeout: Duration,
  pub statement_timeout: Duration,
  pub timeout: Duration,
}

#[derive(Clone, Debug)]
pub struct SmokeTest {
  pub name: String,
  pub body: SmokeBody,
}

#[derive(Clone, Debug)]
pub enum SmokeBody {
  Request(Box<SmokeRequest>),
  /// An argument list; exit 0 passes. Resolved for each slot.
  Command {
    command: BySlot<Vec<String>>,
    within: Duration,
  },
}

#[derive(Clone, Debug)]
pub struct SmokeRequest {
  /// Through the proxy, or straight to the slot the way its check goes.
  pub through_router: bool,
  /// The key of the service it is sent to.
  pub service: String,
  pub method: String,
  /// A path, or a whole URL. May use `${capture.NAME}`, as may headers and body.
  pub url: BySlot<String>,
  pub headers: BTreeMap<String, String>,
  pub body: Option<String>,
  pub expect: Expect,
  /// Name of the captured value to the JSON path it is taken from.
  pub capture: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hook {
  BeforeDeploy,
  BeforeSwitch,
  AfterSwitch,
  AfterRollback,
  OnFailure,
}

impl Hook {
  /// Its key in `[hooks]`.
  pub fn word(self) -> &'static str {
    match self {
      Self::BeforeDeploy => "before_deploy",
      Self::BeforeSwitch => "before_switch",
      Self::AfterSwitch => "after_switch",
      Self::AfterRollback => "after_rollback",
      Self::OnFailure => "on_failure",
    }
  }
}

#[derive(Clone, Debug)]
pub struct DeployRules {
  /// How long an open gate waits before it counts as declined.
  pub gate: Duration,
  /// How old evidence may be when traffic is switched.
  pub evidence: Duration,
  /// What happens to a standby that failed.
  pub on_failure: crate::model::plan::OnFailure,
}

/// Of a site without Compose: no files, no project, nothing shared.
static NO_COMPOSE: Compose = Compose {
  command: Vec::new(),
  files: BySlot {
    blue: Vec::new(),
    green: Vec::new(),
  },
  shared_files: Vec::new(),
  project: BySlot {
    blue: None,
    green: None,
  },
  profiles: Vec::new(),
  env_file: None,
  shared: Vec::new(),
  networks: Vec::new(),
};

impl Site {
  /// What Compose is told about this site; nothing, where processes run it.
  pub fn compose(&self) -> &Compose {
    match &self.runtime {
      RuntimeConfig::Compose(compose) => compose,
      RuntimeConfig::Processes => &NO_COMPOSE,
    }
  }

  pub fn service(&self, key: &str) -> Option<&Service> {
    self.services.iter().find(|service| service.key == key)
  }

  /// `BLUE`, or `BLUE (left)` when a label is configured.
  pub fn label(&self, slot: Slot) -> String {
    self.slots[slot].label.as_ref().map_or_else(
      || slot.shout().to_owned(),
      |label| format!("{} ({label})", slot.shout()),
    )
  }
}
