//! Every external system, in the engine's words. Adapters implement these; nothing else may
//! reach outside. Object-safe: futures are boxed.

use std::{
  collections::BTreeMap,
  future::Future,
  path::{Path, PathBuf},
  pin::Pin,
  time::Duration,
};

use chrono::{DateTime, Utc};

use super::log_pipe::LogReader;
use crate::{
  config::{
    Check, SmokeTest,
    detect::{Fact, Survey, Want},
  },
  model::{
    Slot, VersionName,
    actor::Actor,
    change::Change,
    check::CheckReport,
    container::{Container, ContainerId},
    event::{Answer, BackupRecord, Event, Record, SavedFile},
    evidence::{Evidence, LiveRecord, Pins, ServiceImage},
    finding::Finding,
    log_source::ProxyLog,
    observation::{Holder, RuntimeFacts},
    offer::{LocalVersions, SourceTag},
    operation::OperationId,
    plan::{ImageSource, Order},
    presence::{Presence, Watcher},
    requests::Request,
    router::{NextFile, RouterFacts, Sample, Workers},
    shown::Shown,
    surroundings::{Effective, Files, Machine},
    usage::Usage,
    watch::Ended,
  },
};

pub use crate::model::evidence::StateFile;

pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, PortError>> + Send + 'a>>;

/// How an outside system failed us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortErrorKind {
  /// Not there, not listening, gone away.
  Unreachable,
  /// It answered and said no.
  Refused,
  Timeout,
  /// It is there but not as configured: wrong name, missing file, no permission.
  Misconfigured,
  Unexpected,
}

/// `doing` says what was tried, `detail` what came back.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{doing}: {detail}")]
pub struct PortError {
  pub kind: PortErrorKind,
  pub doing: String,
  pub detail: String,
}

impl PortError {
  pub fn new(kind: PortErrorKind, doing: impl Into<String>, detail: impl Into<String>) -> Self {
    Self {
      kind,
      doing: doing.into(),
      detail: detail.into(),
    }
  }
}

/// Receives output lines as they come, for the journal's notes.
pub type Notes<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// Wall clock for display and records; deadlines use tokio's monotonic clock.
pub trait Clock: Send + Sync {
  fn now(&self) -> DateTime<Utc>;
}

/// The containers of both slots and the shared services.
pub trait Runtime: Send + Sync {
  fn facts(&self) -> PortFuture<'_, RuntimeFacts>;
  /// Containers of the slot's services, also stopped ones. Missing services are simply absent.
  fn containers(&self, slot: Slot) -> PortFuture<'_, Vec<Container>>;
  fn shared(&self) -> PortFuture<'_, Vec<Container>>;
  /// The images the slot's services would use at `version`, which must be on this machine.
  fn images<'a>(
    &'a self,
    slot: Slot,
    version: &'a VersionName,
  ) -> PortFuture<'a, Vec<ServiceImage>>;
  /// Makes them be on this machine (pull or build), then resolves them.
  fn prepare<'a>(
    &'a self,
    slot: Slot,
    version: &'a VersionName,
    source: ImageSource,
    notes: Notes<'a>,
  ) -> PortFuture<'a, Vec<ServiceImage>>;
  /// Gives the images of `kept` (newest first) names of our own on this machine, so that cleaning
  /// up unnamed images leaves what a rollback needs, and drops such names of the slot's others.
  fn keep_images<'a>(&'a self, slot: Slot, kept: &'a [Pins]) -> PortFuture<'a, ()>;
  /// Creates and starts exactly the slot's services from the pinned images: `up -d --no-deps`.
  fn start<'a>(&'a self, pins: &'a Pins, notes: Notes<'a>) -> PortFuture<'a, ()>;
  /// Makes the services of `which` run, on networks that are made where they are missing; never
  /// recreates one that is there. `version` only completes the compose files. Returns their names.
  fn start_shared<'a>(
    &'a self,
    _which: Shared,
    _slot: Slot,
    _version: &'a VersionName,
    _notes: Notes<'a>,
  ) -> PortFuture<'a, Vec<String>> {
    Box::pin(async {
      Err(PortError::new(
        PortErrorKind::Misconfigured,
        "start the shared services",
        "cutover does not start them where the site runs like this",
      ))
    })
  }
  /// Starts existing containers; never creates any.
  fn wake<'a>(&'a self, containers: &'a [ContainerId]) -> PortFuture<'a, ()>;
  /// Stops these containers gracefully and keeps them; sets no restart policy.
  fn stop<'a>(&'a self, containers: &'a [ContainerId], grace: Duration) -> PortFuture<'a, ()>;
  /// Sets the restart policy (`no`, `unless-stopped`, …) so that an idle slot stays down.
  fn restart_policy<'a>(
    &'a self,
    containers: &'a [ContainerId],
    policy: &'a str,
  ) -> PortFuture<'a, ()>;
  /// The last `count` log lines, oldest first, each bounded to 8 KiB.
  fn log_tail<'a>(
    &'a self,
    container: &'a ContainerId,
    count: usize,
  ) -> PortFuture<'a, Vec<String>>;
  /// How a container that was started again last ended; `None` when Docker has forgotten.
  fn last_exit<'a>(&'a self, _container: &'a ContainerId) -> PortFuture<'a, Option<LastExit>> {
    Box::pin(async { Ok(None) })
  }
  /// The last `count` log lines and then each new one, stamped by the daemon, until the log ends
  /// or the reader is dropped. A slow reader loses the oldest and is told how many.
  fn follow_log<'a>(
    &'a self,
    container: &'a ContainerId,
    count: usize,
  ) -> PortFuture<'a, LogReader>;
  /// Exact command lines that `prepare` and `start` run, for the dry run.
  fn command_lines(&self, slot: Slot, version: &VersionName, source: ImageSource) -> Vec<String>;
  /// Runs a command in a running container and waits; output bounded to 64 KiB.
  fn exec<'a>(
    &'a self,
    container: &'a ContainerId,
    command: &'a [String],
    environment: &'a BTreeMap<String, String>,
    deadline: Duration,
    notes: Notes<'a>,
  ) -> PortFuture<'a, CommandOutput>;
  /// Whether an earlier `exec` still runs inside. `tag` is its whole command, joined by spaces;
  /// the daemon is asked for its own record, so this also finds one whose caller is gone.
  fn exec_running<'a>(&'a self, container: &'a ContainerId, tag: &'a str) -> PortFuture<'a, bool>;
  /// What a deploy to this slot would meet: disk, ports taken by others, images missing. What is
  /// red stops it.
  fn preflight<'a>(
    &'a self,
    slot: Slot,
    version: &'a VersionName,
    source: ImageSource,
  ) -> PortFuture<'a, Vec<Finding>>;
  /// What these containers use now, read cheaply enough for every second. Those that do not run
  /// are left out.
  fn usage<'a>(
    &'a self,
    containers: &'a [ContainerId],
  ) -> PortFuture<'a, Vec<(ContainerId, Usage)>>;
  /// What happens to the site's containers from now on. Closes when the engine goes away.
  fn changes(&self) -> PortFuture<'_, tokio::sync::mpsc::Receiver<Change>>;
  /// An interactive shell in a running container, on this process's terminal, until it ends.
  fn shell<'a>(&'a self, container: &'a ContainerId) -> PortFuture<'a, ()>;
  /// The versions whose images are on this machine, by the tags of the services' repositories.
  fn local_versions(&self) -> PortFuture<'_, LocalVersions>;
}

/// What both slots share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
  /// Everything the slots need: database, caches.
  Behind,
  /// What stands between users and the slots.
  Proxy,
}

/// How a container that was started again last ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastExit {
  pub code: i64,
  pub out_of_memory: bool,
}

/// What a command left behind.
#[derive(Clone, Debug, Default)]
pub struct CommandOutput {
  pub exit_code: i64,
  pub output: String,
}

/// Runs health checks and smoke tests, by whichever way each is configured to reach its target.
pub trait Probe: Send + Sync {
  /// One try of a service's check. `container` is the service's container in that slot.
  fn check<'a>(
    &'a self,
    slot: Slot,
    container: &'a Container,
    check: &'a Check,
  ) -> PortFuture<'a, CheckReport>;
  /// One smoke test; `captured` are values captured by earlier ones of the same run.
  fn smoke<'a>(
    &'a self,
    slot: Slot,
    containers: &'a [Container],
    test: &'a SmokeTest,
    captured: &'a BTreeMap<String, String>,
  ) -> PortFuture<'a, CheckReport>;
}

/// The proxy and the one file of its configuration that is ours.
pub trait Router: Send + Sync {
  /// Looks at everything; changes nothing.
  fn facts(&self) -> PortFuture<'_, RouterFacts>;
  /// The managed file's content now, to be put back byte for byte; also that there is none. The
  /// proxy need not be there yet.
  fn save(&self) -> PortFuture<'_, SavedFile>;
  /// The complete next content for `slot`, made from the configuration; changes nothing.
  fn next(&self, slot: Slot, generation: u64, operation: OperationId) -> PortFuture<'_, NextFile>;
  /// A unified diff of the managed file against `next`, for the dry run.
  fn diff<'a>(&'a self, next: &'a NextFile) -> PortFuture<'a, Vec<String>>;
  /// Replaces the managed file: atomic rename, or in place where a single-file mount needs it.
  fn write<'a>(&'a self, next: &'a NextFile) -> PortFuture<'a, ()>;
  /// Puts saved bytes back, the same way.
  fn restore<'a>(&'a self, saved: &'a SavedFile) -> PortFuture<'a, ()>;
  /// The hash of the managed file as the proxy itself reads it.
  fn seen_inside(&self) -> PortFuture<'_, crate::model::router::FileHash>;
  /// The proxy's own configuration test. `Refused` with its words when it says no.
  fn test(&self) -> PortFuture<'_, ()>;
  /// Reloads by the proxy's own command inside the proxy; never a signal through the API.
  fn reload(&self) -> PortFuture<'_, ()>;
  /// Starts and stops a proxy that is no container; of one that is, `Runtime` does.
  fn start(&self) -> PortFuture<'_, ()> {
    Box::pin(async { Err(not_ours("start")) })
  }
  fn stop(&self) -> PortFuture<'_, ()> {
    Box::pin(async { Err(not_ours("stop")) })
  }
  fn workers(&self) -> PortFuture<'_, Workers>;
  /// Lines of the error log of level `emerg`, `alert`, `crit` or `error` since `since`.
  fn errors_since(&self, since: DateTime<Utc>) -> PortFuture<'_, Vec<String>>;
  /// One request through the proxy's own listener on a fresh connection.
  fn sample(&self) -> PortFuture<'_, Sample>;
  /// How `sample` proves: `X-Slot through http://…`, for people.
  fn proof_words(&self) -> String;
  /// Exact commands of test and reload, for the dry run.
  fn command_lines(&self) -> Vec<String>;
  /// The last `count` lines or fewer of one of the proxy's own logs, then each new one. Only for
  /// a proxy that is no container: of one that is, `Runtime` follows the log.
  fn follow_log(&self, _log: ProxyLog, _count: usize) -> PortFuture<'_, LogReader> {
    Box::pin(async {
      Err(PortError::new(
        PortErrorKind::Misconfigured,
        "follow the proxy's log",
        "it cannot be read",
      ))
    })
  }
  /// The configuration as the proxy itself reads it. `Refused` when it reads none.
  fn configuration(&self) -> PortFuture<'_, Effective>;
  /// Requests as they are logged, the newest few hundred first; in batches. Closes when the log
  /// ends: the proxy was stopped. `Misconfigured` where no access log can be read.
  fn requests(&self) -> PortFuture<'_, tokio::sync::mpsc::Receiver<Vec<Request>>> {
    Box::pin(async {
      Err(PortError::new(
        PortErrorKind::Misconfigured,
        "follow the proxy's requests",
        "its access log cannot be read",
      ))
    })
  }
}

fn not_ours(verb: &str) -> PortError {
  PortError::new(
    PortErrorKind::Misconfigured,
    format!("{verb} the proxy"),
    format!("cutover does not {verb} this kind of proxy: {verb} it the way you do"),
  )
}

/// What is around the site: its folder, this machine, this terminal. Looks only; what cannot be
/// looked at is named in the answer.
pub trait Surroundings: Send + Sync {
  fn files(&self) -> PortFuture<'_, Files>;
  fn machine(&self) -> PortFuture<'_, Machine>;
}

/// The database both slots share. Absent when the site has none.
pub trait Database: Send + Sync {
  /// Dumps, reads the dump back in full, writes the side-car, applies retention.
  fn backup<'a>(
    &'a self,
    live_version: Option<&'a VersionName>,
    schema_head: Option<&'a str>,
    notes: Notes<'a>,
  ) -> PortFuture<'a, BackupRecord>;
  /// Backups newest first; only verified ones.
  fn backups(&self) -> PortFuture<'_, Vec<BackupRecord>>;
  /// What a backup would meet: space, folder modes, server not reachable. What is red stops it.
  fn preflight(&self) -> PortFuture<'_, Vec<Finding>>;
  /// Verifies a dump, creates `database` anew and loads the dump; returns row counts per table.
  fn restore_into<'a>(
    &'a self,
    file: &'a Path,
    database: &'a str,
    notes: Notes<'a>,
  ) -> PortFuture<'a, Vec<(String, u64)>>;
  /// Row counts of the database in use.
  fn row_counts(&self) -> PortFuture<'_, Vec<(String, u64)>>;
  /// Renames the database in use aside and `database` into its place; returns the name of the former.
  fn swap<'a>(&'a self, database: &'a str) -> PortFuture<'a, String>;
  /// Takes the site's advisory lock for migrations until the guard is dropped; `Refused` when held.
  fn migration_lock(&self) -> PortFuture<'_, Box<dyn Send + Sync>>;
}

/// Runs argument lists on this host: hooks, host migrations, smoke commands, git.
pub trait Commands: Send + Sync {
  fn run<'a>(
    &'a self,
    command: &'a [String],
    environment: &'a BTreeMap<String, String>,
    deadline: Duration,
    notes: Notes<'a>,
  ) -> PortFuture<'a, CommandOutput>;
  /// Brings the configured source tree to `version` (a tag, branch or commit), fast-forward only.
  fn update_source<'a>(
    &'a self,
    version: &'a VersionName,
    notes: Notes<'a>,
  ) -> PortFuture<'a, String>;
  /// The newest tags of the configured source tree; none without one.
  fn source_tags(&self) -> PortFuture<'_, Vec<SourceTag>>;
}

/// What the site remembers: one folder, owned by the site, shared by everyone on the machine.
pub trait Ledger: Send + Sync {
  fn evidence(&self, slot: Slot) -> Result<Option<Evidence>, PortError>;
  fn put_evidence(&self, evidence: &Evidence) -> Result<(), PortError>;
  fn pins(&self, slot: Slot) -> Result<Option<Pins>, PortError>;
  /// Pins the slot: the compose override, the pin record, and the team's own variable file.
  fn put_pins(&self, pins: &Pins) -> Result<(), PortError>;
  /// Pins of a version recorded by any earlier deploy, newest first.
  fn recorded_pins(&self, version: &VersionName) -> Result<Option<Pins>, PortError>;
  /// The newest pins of each of the last `most` versions pinned for `slot`, newest first.
  fn last_pins(&self, slot: Slot, most: usize) -> Result<Vec<Pins>, PortError>;
  fn live_record(&self) -> Result<Option<LiveRecord>, PortError>;
  /// Writes the live record, then the team's state file(s).
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
  /// What the newest `most` operations pinned, newest first.
  fn pinned(&self, most: usize) -> Result<Vec<Pins>, PortError>;
}

/// Whether a journal ends in a torn or damaged record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Torn {
  Whole,
  /// The reason and the line number from which nothing was read.
  At(usize, String),
}

/// The runner's own end of one operation's journal. Dropping it releases nothing: the lock does.
pub trait Journal: Send + Sync {
  /// Writes one event; durable when this returns, except notes.
  fn write(&self, event: &Event) -> Result<Record, PortError>;
}

/// Answers from attached front ends.
pub trait Inbox: Send {
  /// The next message; pends forever when nobody speaks.
  fn next(&mut self) -> Pin<Box<dyn Future<Output = Message> + Send + '_>>;
}

/// What an attached front end may say to a running operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
  Answer {
    gate: String,
    answer: Answer,
    actor: Actor,
  },
  Abort {
    actor: Actor,
  },
  Note {
    actor: Actor,
    text: Shown,
  },
}

/// Starts runners and follows them. What a front end needs besides observing.
pub trait Operations: Send + Sync {
  /// Takes the site's lock, numbers the operation, writes its order and starts a detached runner
  /// that holds the lock from then on.
  fn launch<'a>(
    &'a self,
    plan: crate::model::plan::Plan,
    actor: &'a Actor,
  ) -> PortFuture<'a, Launch>;
  /// The same for an interrupted operation: a new runner goes on with its journal.
  fn recover<'a>(
    &'a self,
    id: OperationId,
    how: crate::model::event::Recovery,
    actor: &'a Actor,
  ) -> PortFuture<'a, Launch>;
  /// Follows an operation from its first record, whether it still runs or not.
  fn attach(&self, id: OperationId) -> PortFuture<'_, Box<dyn Attachment>>;
  /// The person at this end.
  fn actor(&self) -> Actor;
}

/// Looks at a machine that has no `cutover.toml` yet; what `init` needs from outside.
pub trait Scout: Send + Sync {
  fn survey<'a>(&'a self, folder: &'a Path) -> PortFuture<'a, Survey>;
  /// Answers one thing the detection wants to know; not knowing is an answer too.
  fn answer<'a>(&'a self, want: &'a Want) -> PortFuture<'a, Fact>;
  /// What the file says now, when it is there.
  fn stands(&self, file: &Path) -> Option<String>;
  /// Replaces the file; returns where what stood there is kept.
  fn write(&self, file: &Path, text: &str) -> Result<Option<PathBuf>, PortError>;
}

/// What became of a request to start a runner.
#[derive(Clone, Debug)]
pub enum Launch {
  Started(OperationId),
  /// Somebody else holds the lock; the holder is for showing.
  Locked(Option<Holder>),
}

/// One front end's view of one operation.
pub trait Attachment: Send {
  fn order(&self) -> &Order;
  /// Waits for the next record.
  fn next(&mut self) -> PortFuture<'_, Follow>;
  /// Says something to the runner; `Unreachable` when there is none.
  fn say<'a>(&'a mut self, message: &'a Message) -> PortFuture<'a, ()>;
}

#[derive(Clone, Debug)]
pub enum Follow {
  Record(Record),
  /// The runner is gone and the journal has no end: the operation is interrupted.
  RunnerGone,
}
