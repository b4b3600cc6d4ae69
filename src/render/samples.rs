//! Hand-built facts for the tests of this folder: a site called ala, GREEN 2.0.0 live.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Detail, Typing, status::View};
use crate::model::{
  BySlot, Known, Slot, VersionName,
  actor::Actor,
  check::SmokeResult,
  container::{Container, ContainerId, ContainerState, DockerHealth, ImageId},
  event::{Event, Record},
  evidence::{Evidence, LiveRecord, Mover},
  health::{HealthReport, Level, LevelReport, Pass},
  observation::{EnvironmentState, Observation, RuntimeFacts},
  operation::{Kind, OperationId, Outcome, Verdict},
  plan::{self, OnFailure, Order, Plan, PlannedStep, Premise, Risk, Step},
  router::{FileHash, ManagedFile, Mount, ProbeLedger, ProxyIdentity, RouterFacts, Workers},
  shown::Shown,
  traffic::{Live, Readiness, Testimony, Warmth, Witness, WitnessKind},
  watch::Moved,
};

pub(crate) fn now() -> DateTime<Utc> {
  DateTime::parse_from_rfc3339("2026-11-20T14:32:07Z")
    .expect("a time")
    .into()
}

pub(crate) fn before(seconds: i64) -> DateTime<Utc> {
  now() - TimeDelta::seconds(seconds)
}

/// As somebody looks at it now, without asking for more.
pub(crate) fn view() -> View {
  View {
    now: now(),
    stale: Duration::from_secs(15),
    detail: Detail::Normal,
    typing: Typing::default(),
  }
}

pub(crate) fn version(text: &str) -> VersionName {
  text.parse().expect("a version")
}

pub(crate) fn actor() -> Actor {
  Actor {
    user: "alice".into(),
    as_user: None,
    from: Some("10.0.3.7".into()),
    host: "prod-vm-1".into(),
    pid: 4121,
  }
}

pub(crate) fn container(service: &str, slot: Slot, tag: &str, up: i64) -> Container {
  Container {
    id: ContainerId(plan::hex(format!("{slot} {service}").as_bytes())),
    name: format!("{service}-{slot}"),
    service: service.into(),
    state: ContainerState::Running,
    health: DockerHealth::Healthy,
    health_output: None,
    restarts: 0,
    exit_code: None,
    oom_killed: false,
    started_at: Some(before(up)),
    finished_at: None,
    image_id: ImageId("sha256:4f2c1e9aa0".into()),
    image: format!("ala-{service}:{tag}"),
    version: Some(version(tag)),
    restart_policy: "unless-stopped".into(),
    addresses: Vec::new(),
    aliases: Vec::new(),
    tty: false,
  }
}

pub(crate) fn health(slot: Slot) -> HealthReport {
  let level = |level, detail: &str, millis| LevelReport {
    level,
    pass: Pass::Ok,
    detail: detail.into(),
    millis,
  };
  HealthReport {
    slot,
    at: before(2),
    levels: vec![
      level(Level::Container, "2 containers run", None),
      level(Level::Docker, "2 healthy", None),
      level(Level::Http, "api 200 in 41 ms", Some(41)),
      level(Level::Database, "api says database connected", Some(3)),
      level(Level::Frontend, "text/html in 18 ms", Some(18)),
    ],
    containers: Vec::new(),
  }
}

pub(crate) fn smoke() -> Vec<SmokeResult> {
  [
    "request code",
    "login flow",
    "frontend page",
    "CORS headers",
  ]
  .iter()
  .map(|name| SmokeResult {
    name: (*name).into(),
    passed: true,
    detail: "200".into(),
    millis: 61,
  })
  .collect()
}

fn environment(slot: Slot, tag: &str, up: i64) -> EnvironmentState {
  let containers = vec![
    container("api", slot, tag, up),
    container("frontend", slot, tag, up),
  ];
  EnvironmentState {
    evidence: Some(Evidence {
      slot,
      version: Some(version(tag)),
      operation: OperationId(128),
      at: before(up - 60),
      containers: containers
        .iter()
        .map(crate::model::evidence::Tested::of)
        .collect(),
      smoke: smoke(),
      smoke_skipped: None,
      schema_head: Some("0042".into()),
    }),
    containers: Known::yes(containers, before(2)),
    health: Known::yes(health(slot), before(2)),
    version: Some(version(tag)),
    evidence_void: None,
    pins: None,
  }
}

fn witness(kind: WitnessKind, says: Option<Slot>, detail: &str) -> Witness {
  Witness {
    kind,
    testimony: says.map_or(Testimony::Silent, |slot| Testimony::Slot { slot }),
    detail: detail.into(),
    at: before(2),
  }
}

fn router() -> RouterFacts {
  RouterFacts {
    proxy: ProxyIdentity {
      name: "ala-proxy".into(),
      running: true,
      container: None,
      started_at: Some(before(900_000)),
      version: Some("nginx/1.22.1".into()),
    },
    file: Ok(ManagedFile {
      path: "nginx/upstream-active.conf".into(),
      hash: FileHash("ab12cd34ef56ab12".into()),
      names: Some(Slot::Green),
      generation: Some(42),
      mount: Mount::Directory,
      inside: Some(FileHash("ab12cd34ef56ab12".into())),
      included: Some(true),
      writable: true,
    }),
    test: Ok(()),
    workers: Some(Workers {
      active: vec![30, 31],
      shutting_down: Vec::new(),
    }),
  }
}

pub(crate) fn observation() -> Observation {
  let mut db = container("db", Slot::Blue, "15", 900_000);
  db.name = "ala-db".into();
  db.image = "postgres:15".into();
  db.version = None;
  Observation {
    schema: 1,
    site: "ala".into(),
    at: before(2),
    runtime: Known::yes(
      RuntimeFacts {
        engine: "Docker 20.10.24".into(),
        api: "1.41".into(),
        compose: "docker-compose 1.29.2".into(),
      },
      before(2),
    ),
    slots: BySlot {
      blue: environment(Slot::Blue, "1.9.3", 532_800),
      green: environment(Slot::Green, "2.0.0", 312),
    },
    shared: Known::yes(vec![db], before(2)),
    router: Known::yes(router(), before(2)),
    witnesses: vec![
      witness(
        WitnessKind::Proof,
        Some(Slot::Green),
        "3 of 3 through http://127.0.0.1/",
      ),
      witness(
        WitnessKind::ManagedFile,
        Some(Slot::Green),
        "nginx/upstream-active.conf",
      ),
      witness(WitnessKind::StateFile, Some(Slot::Green), ".current-env"),
      witness(WitnessKind::Containers, None, "both slots run"),
    ],
    live: Live::Proven { slot: Slot::Green },
    record: Some(LiveRecord {
      live: Slot::Green,
      previous: Some(Slot::Blue),
      generation: 42,
      since: before(192),
      operation: OperationId(128),
      moved_by: Some(Mover {
        operation: OperationId(128),
        kind: Kind::Switch,
      }),
      version: Some(version("2.0.0")),
      previous_version: Some(version("1.9.3")),
      containers: Vec::new(),
      previous_containers: Vec::new(),
      managed: FileHash("ab12cd34ef56ab12".into()),
      schema_head: None,
    }),
    moved: Some(moved()),
    readiness: Readiness {
      warmth: Warmth::Hot,
      target: Some(Slot::Blue),
      expected_seconds: Some(1),
      why_not: Vec::new(),
    },
    lock: None,
    operation: None,
    drift: Vec::new(),
  }
}

pub(crate) fn plan() -> Plan {
  let slot = Slot::Green;
  let step = |step, seconds, details: &[&str]| PlannedStep {
    step,
    details: details.iter().map(|text| Shown::line(text)).collect(),
    deadline: Duration::from_secs(seconds),
  };
  Plan {
    schema: 1,
    kind: Kind::Switch,
    site: "ala".into(),
    target: Some(slot),
    from: Some(Slot::Blue),
    version: Some(version("2.0.0")),
    from_version: Some(version("1.9.3")),
    steps: vec![
      step(Step::Preflight, 30, &[]),
      step(Step::CheckTarget { slot, forced: None }, 60, &[]),
      step(Step::Save { slot }, 10, &[]),
      step(
        Step::Write { slot },
        10,
        &[
          "nginx/upstream-active.conf",
          "-server api-blue:5000;",
          "+server api-green:5000;",
        ],
      ),
      step(Step::Test { slot }, 10, &["docker exec ala-proxy nginx -t"]),
      step(
        Step::Reload { slot },
        10,
        &["docker exec ala-proxy nginx -s reload"],
      ),
      step(
        Step::Prove { slot },
        10,
        &["X-Slot through http://127.0.0.1/, 20 of 20 over 300 ms"],
      ),
      step(Step::Record { slot }, 10, &[".current-env: green"]),
      step(Step::Drain { slot: Slot::Blue }, 30, &[]),
    ],
    premise: Premise {
      live: Some(Slot::Blue),
      managed: Some(FileHash("00ff00ff00ff".into())),
      untouched: Vec::new(),
      undoes: None,
    },
    risk: Risk::Amber,
    word: Some("green".into()),
    warnings: vec!["1 error line in the log of GREEN in 5 minutes (BLUE: 0)".into()],
    notes: vec!["BLUE stays running for 60 minutes: rollback takes about 1 s".into()],
    on_failure: OnFailure::KeepForInspection,
    preempts: None,
    reason: None,
  }
}

/// The switch to GREEN three minutes ago.
pub(crate) fn moved() -> Moved {
  Moved {
    operation: OperationId(128),
    kind: Kind::Switch,
    by: actor(),
    from: Slot::Blue,
    to: Slot::Green,
    at: before(192),
    ended: None,
  }
}

pub(crate) fn order() -> Order {
  Order {
    id: OperationId(128),
    plan: plan(),
    actor: actor(),
    at: before(20),
  }
}

pub(crate) fn ledger() -> ProbeLedger {
  ProbeLedger {
    sent: 1_204,
    lost: 0,
    from_target: 1_100,
    from_other: 104,
    unclear: 0,
    mixed_millis: 104,
    first_millis: Some(61),
    proved_millis: 640,
  }
}

pub(crate) fn verdict(outcome: Outcome) -> Verdict {
  Verdict {
    outcome,
    summary: "GREEN 2.0.0 serves users, BLUE stays warm".into(),
    live: Some(Slot::Green),
    next: vec!["cutover status".into(), "cutover rollback".into()],
  }
}

/// Numbers the events and lets half a second go by before each.
pub(crate) fn records(events: Vec<Event>) -> Vec<Record> {
  let mut at = before(20);
  (1_u64..)
    .zip(events)
    .map(|(number, event)| {
      at += TimeDelta::milliseconds(500);
      Record { number, at, event }
    })
    .collect()
}

pub(crate) fn begun() -> Event {
  Event::Begun {
    plan_hash: plan().hash(),
    actor: actor(),
    boot_id: "b".into(),
    runner_pid: 9,
  }
}
