//! What the screens are tested on: from a quiet afternoon to the worst night.

use chrono::TimeDelta;

use crate::{
  model::{
    Known, Slot,
    check::Exchange,
    container::{ContainerState, DockerHealth},
    event::{Event, Failure},
    health::Pass,
    observation::{Holder, Observation, OperationState, Phase},
    operation::{Kind, OperationId, Outcome, Verdict},
    requests::Request,
    traffic::{Live, Testimony, Warmth},
  },
  render::samples::{
    actor, before, begun, container, health, now, observation, order, verdict, version,
  },
  tui::{
    msg::Msg,
    scene::{Console, at_the_gate, gated},
    state::panel::Panel,
  },
};

/// Docker killed the live api, and the state file says something else than the proxy.
pub(super) fn bad_night() -> Console {
  let mut seen = observation();
  seen.live = Live::Disputed {
    proven: Some(Slot::Green),
  };
  seen.witnesses[2].testimony = Testimony::Slot { slot: Slot::Blue };
  seen.drift = vec![
    "the state file .current-env says BLUE, but the proxy answers GREEN: nothing may be deployed or switched until a person decided".into(),
  ];
  seen.readiness.warmth = Warmth::None;
  seen.readiness.why_not = vec!["the witnesses disagree about who is live".into()];
  let green = &mut seen.slots.green;
  if let Known::Yes { value, .. } = &mut green.containers {
    value[0].state = ContainerState::Exited;
    value[0].exit_code = Some(137);
    value[0].oom_killed = true;
    value[0].health = DockerHealth::Unhealthy;
    value[0].restarts = 3;
  }
  if let Known::Yes { value, .. } = &mut green.health {
    value.levels[0].pass = Pass::Failing;
    value.levels[0].detail = "api is exited (137, killed for its memory)".into();
    value.levels[2].pass = Pass::Failing;
  }
  seen.slots.blue.health = Known::no("the Docker socket does not answer", before(12));
  seen.slots.blue.evidence = None;
  Console::over(seen)
}

/// Nobody runs the switch any more that somebody began.
pub(super) fn interrupted() -> Console {
  let mut seen = observation();
  seen.operation = Some(OperationState {
    id: order().id,
    kind: Kind::Switch,
    target: Some(Slot::Green),
    version: Some(version("2.0.0")),
    actor: actor(),
    begun: before(75),
    step: Some("6/9 reload the proxy".into()),
    waiting_for: None,
    moving: false,
    phase: Phase::Interrupted,
  });
  let mut console = Console::over(seen);
  let mut events = vec![begun()];
  for index in 0..5 {
    events.push(Event::StepStarted { index });
    events.push(Event::StepFinished {
      index,
      produced: crate::model::event::Produced::Nothing,
      millis: 120,
    });
  }
  events.push(Event::StepStarted { index: 5 });
  console.follows(order(), events);
  console.tell(crate::tui::msg::Msg::RunnerGone { id: order().id });
  console
}

/// A deploy to BLUE waits for its operator.
pub(super) fn waiting() -> Console {
  let mut seen = observation();
  let order = gated();
  seen.lock = Some(Holder {
    operation: order.id,
    kind: order.plan.kind,
    actor: actor(),
    since: before(42),
    boot_id: "b".into(),
    pid: 4121,
    pid_started: 1,
  });
  let mut console = Console::over(seen);
  console.follows(order, at_the_gate());
  console
}

pub(super) fn failure() -> Failure {
  let mut api = container("api", Slot::Green, "2.0.0", 60);
  api.state = ContainerState::Exited;
  api.exit_code = Some(137);
  api.oom_killed = true;
  api.restarts = 3;
  api.health_output = Some("curl: (7) Failed to connect to localhost port 5000".into());
  Failure {
    container: Some(Box::new(api)),
    log: (1..=5)
      .map(|n| format!("14:31:{n:02} api ERR cannot allocate memory").into())
      .collect(),
    exchange: Some(Exchange {
      request: vec!["GET http://127.0.0.1:18201/api/health".into()],
      response: vec![
        "503 Service Unavailable".into(),
        "{\"status\":\"starting\"}".into(),
      ],
    }),
    ..Failure::new("L3 failing: api answered 503, expected 200")
      .rerun("cutover health green -v")
      .rerun("docker logs api-green")
  }
}

/// A switch to GREEN failed while it was proven; users are back on BLUE.
pub(super) fn failed() -> Console {
  let mut console = Console::over(only_blue_served());
  let events = vec![
    begun(),
    Event::StepStarted { index: 6 },
    Event::StepFailed {
      index: 6,
      failure: failure(),
      millis: 10_000,
    },
    Event::RestoreStarted {
      why: "GREEN did not answer through the proxy".into(),
    },
    Event::RestoreFinished {
      proven: Some(Slot::Blue),
      ledger: None,
    },
    Event::Ended {
      verdict: Verdict {
        live: Some(Slot::Blue),
        summary: "the switch failed and BLUE 1.9.3 was put back and proven".into(),
        next: vec!["cutover show 128".into()],
        ..verdict(Outcome::Reverted)
      },
    },
  ];
  console.follows(order(), events);
  console
}

/// Users are on BLUE and were never anywhere else.
pub(super) fn only_blue_served() -> Observation {
  let mut seen = observation();
  seen.live = Live::Proven { slot: Slot::Blue };
  for witness in &mut seen.witnesses[..3] {
    witness.testimony = Testimony::Slot { slot: Slot::Blue };
  }
  seen.record = None;
  seen.readiness.warmth = Warmth::None;
  seen.readiness.target = None;
  seen.readiness.expected_seconds = None;
  seen.readiness.why_not = vec!["nothing was switched yet".into()];
  seen
}

/// The first day: BLUE serves, nothing was ever deployed to GREEN.
pub(super) fn empty_standby() -> Console {
  let mut seen = only_blue_served();
  seen.slots.green.containers = Known::yes(Vec::new(), before(2));
  seen.slots.green.health = Known::no("no containers", before(2));
  seen.slots.green.version = None;
  seen.slots.green.evidence = None;
  Console::over(seen)
}

pub(super) fn docker_down() -> Console {
  let mut seen = observation();
  let why = "Docker does not answer at unix:///var/run/docker.sock: connection refused";
  seen.runtime = Known::no(why, before(2));
  seen.shared = Known::no(why, before(2));
  seen.router = Known::no(why, before(2));
  for slot in Slot::BOTH {
    seen.slots[slot].containers = Known::no(why, before(2));
    seen.slots[slot].health = Known::no(why, before(2));
  }
  seen.live = Live::Unknown;
  for witness in &mut seen.witnesses {
    witness.testimony = Testimony::Unknown;
  }
  seen.readiness.warmth = Warmth::None;
  seen.readiness.expected_seconds = None;
  seen.readiness.why_not = vec![why.into()];
  Console::over(seen)
}

pub(super) fn forty_containers() -> Console {
  let mut seen = observation();
  for slot in Slot::BOTH {
    let many: Vec<_> = (1..=40)
      .map(|n| container(&format!("worker-{n:02}"), slot, "2.0.0", 312))
      .collect();
    seen.slots[slot].containers = Known::yes(many, before(2));
    seen.slots[slot].health = Known::yes(health(slot), before(2));
  }
  Console::over(seen)
}

/// Names of 200 characters wherever a name can be.
pub(super) fn long_names() -> Console {
  let long = |start: &str| format!("{start}-{}", "x".repeat(199 - start.len()));
  let mut seen = observation();
  for slot in Slot::BOTH {
    let mut container = container(&long("api"), slot, "2.0.0", 312);
    container.image = long("registry.example.org/team/api");
    seen.slots[slot].containers = Known::yes(vec![container.clone()], before(2));
    seen.slots[slot].version = Some(version(&long("v2")[..128]));
    if let Known::Yes { value, .. } = &mut seen.slots[slot].health {
      value.levels[0].pass = Pass::Failing;
      value.levels[0].detail = long("api").into();
    }
  }
  seen.drift = vec![long("drift").into()];
  let mut console = Console::over(seen);
  let mut order = order();
  order.plan.version = Some(version(&long("v2")[..128]));
  console.follows(order, vec![begun(), Event::StepStarted { index: 1 }]);
  console
}

/// Nothing was seen for a minute.
pub(super) fn stale() -> Console {
  let mut console = Console::quiet();
  console.pass(60_000);
  console.tell(crate::tui::msg::Msg::Tick);
  console
}

/// Facts in which every text from outside is `text`.
pub(super) fn all_texts(text: &str) -> Observation {
  let mut seen = observation();
  for slot in Slot::BOTH {
    if let Known::Yes { value, .. } = &mut seen.slots[slot].containers {
      for container in value {
        container.name = text.to_owned();
        container.service = text.to_owned();
        container.image = text.to_owned();
        container.health_output = Some(text.to_owned());
        container.restart_policy = text.to_owned();
        container.aliases = vec![text.to_owned()];
      }
    }
    if let Known::Yes { value, .. } = &mut seen.slots[slot].health {
      value.levels[0].pass = Pass::Failing;
      for level in &mut value.levels {
        level.detail = text.into();
      }
    }
    seen.slots[slot].evidence_void = Some(text.into());
  }
  if let Known::Yes { value, .. } = &mut seen.shared {
    value[0].service = text.to_owned();
    value[0].name = text.to_owned();
  }
  if let Known::Yes { value, .. } = &mut seen.router {
    value.proxy.name = text.into();
    value.test = Err(text.into());
  }
  if let Known::Yes { value, .. } = &mut seen.runtime {
    value.engine = text.into();
  }
  for witness in &mut seen.witnesses {
    witness.detail = text.into();
  }
  seen.drift = vec![text.into(), text.into()];
  seen.readiness.why_not = vec![text.into()];
  seen.site = text.to_owned();
  let mut someone = actor();
  someone.user = text.into();
  someone.from = Some(text.into());
  seen.operation = Some(OperationState {
    id: OperationId(128),
    kind: Kind::Switch,
    target: Some(Slot::Green),
    version: None,
    actor: someone.clone(),
    begun: before(75),
    step: Some(text.into()),
    waiting_for: Some(text.into()),
    moving: false,
    phase: Phase::Interrupted,
  });
  seen.lock = Some(Holder {
    operation: OperationId(128),
    kind: Kind::Switch,
    actor: someone,
    since: now() - TimeDelta::seconds(5),
    boot_id: text.to_owned(),
    pid: 1,
    pid_started: 1,
  });
  seen
}

/// How users fare after the switch to GREEN.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Users {
  Fine,
  Failing,
  Few,
  /// The watch is over.
  Gone,
}

/// The watch is open; users were on BLUE for a minute, and are on GREEN since three.
pub(super) fn watched(users: Users) -> Console {
  let mut seen = observation();
  if let (Users::Gone, Some(moved)) = (users, &mut seen.moved) {
    moved.at = before(1_200);
  }
  let mut console = Console::over(seen);
  let mut requests = Vec::new();
  for second in 0..255_i64 {
    let slot = if second < 192 {
      Slot::Green
    } else {
      Slot::Blue
    };
    for nth in 0..if users == Users::Few {
      i64::from(second % 9 == 0)
    } else {
      43
    } {
      let fails = match users {
        Users::Failing if second < 45 => nth % 16 == 3,
        _ => second % 11 == 0 && nth == 7,
      };
      requests.push(Request {
        at: before(second),
        status: if fails { 502 } else { 200 },
        millis: u32::try_from(30 + nth * 5).ok(),
        slot: Some(slot),
      });
    }
  }
  requests.reverse();
  console.tell(Msg::Requests(Ok(requests)));
  console.app.panel = Panel::Watch;
  console
}
