use unicode_width::UnicodeWidthStr;

use super::*;
use crate::{
  model::{
    container::{ContainerState, DockerHealth},
    health::Pass,
    observation::Holder,
    operation::{Kind, OperationId},
  },
  render::samples::{actor, before, now, observation, version},
};

fn view() -> View {
  View {
    now: now(),
    stale: Duration::from_secs(15),
    detail: Detail::Normal,
    typing: Typing::default(),
  }
}

fn text(seen: &Observation) -> String {
  let text = page(seen, &view()).to_string();
  for line in text.lines() {
    assert!(line.width() <= WIDTH, "too wide: {line}");
  }
  text
}

fn operation(phase: Phase) -> OperationState {
  OperationState {
    id: OperationId(129),
    kind: Kind::Switch,
    target: Some(Slot::Blue),
    version: Some(version("1.9.3")),
    actor: actor(),
    begun: before(75),
    step: Some("6/9 reload the proxy".into()),
    waiting_for: None,
    moving: false,
    phase,
  }
}

#[test]
fn a_quiet_site_reads_from_the_answer_to_the_parts() {
  insta::assert_snapshot!(text(&observation()));
}

#[test]
fn a_bad_night_shows_the_alarms_before_anything_else() {
  let mut seen = observation();
  seen.live = Live::Disputed {
    proven: Some(Slot::Green),
  };
  seen.witnesses[2].testimony = Testimony::Slot { slot: Slot::Blue };
  seen.drift = vec!["the state file .current-env says BLUE, but the proxy answers GREEN: nothing may be deployed or switched until a person decided".into()];
  seen.operation = Some(operation(Phase::Interrupted));
  seen.readiness.warmth = Warmth::None;
  seen.readiness.why_not = vec!["the witnesses disagree about who is live".into()];
  if let Known::Yes { value, .. } = &mut seen.slots.green.containers {
    value[0].state = ContainerState::Exited;
    value[0].exit_code = Some(137);
    value[0].oom_killed = true;
    value[0].health = DockerHealth::Unhealthy;
    value[0].health_output = Some("curl: (7) Failed to connect to localhost port 5000".into());
    value[0].restarts = 3;
  }
  if let Known::Yes { value, .. } = &mut seen.slots.green.health {
    value.levels[0].pass = Pass::Failing;
    value.levels[0].detail = "api is exited".into();
  }
  seen.slots.green.evidence_void = Some("api restarted since it was tested".into());
  seen.slots.blue.health = Known::no("the Docker socket does not answer", before(12));
  seen.slots.blue.evidence = None;
  insta::assert_snapshot!(text(&seen));
}

#[test]
fn an_operation_that_waits_says_what_to_type() {
  let mut seen = observation();
  let mut running = operation(Phase::Running);
  running.waiting_for = Some("switch users to BLUE now?".into());
  seen.lock = Some(Holder {
    operation: running.id,
    kind: running.kind,
    actor: actor(),
    since: before(75),
    boot_id: "b".into(),
    pid: 4121,
    pid_started: 1,
  });
  seen.operation = Some(running);
  let text = text(&seen);
  for expected in [
    ">> #129 switch 1.9.3 to BLUE runs for 1m15s, by alice (10.0.3.7)",
    "waits for an answer: switch users to BLUE now?",
    "yes:     cutover approve 129",
    "no:      cutover decline 129",
    "follow:  cutover attach 129",
    "lock    held by alice (10.0.3.7) for #129 switch, taken 1m15s ago (pid 4121)",
  ] {
    assert!(text.contains(expected), "{expected}\n{text}");
  }
}

#[test]
fn what_is_too_old_is_drawn_as_unknown_and_not_as_it_last_was() {
  let mut later = view();
  later.now += chrono::TimeDelta::seconds(60);
  let text = page(&observation(), &later).to_string();
  assert!(text.contains("IT IS UNKNOWN WHO IS LIVE"), "{text}");
  assert!(
    text.contains("health  unknown (not seen, since 1m02s)"),
    "{text}"
  );
  for claim in ["LIVE  2.0.0", "L1 ok", "healthy", "GREEN    3 of 3"] {
    assert!(!text.contains(claim), "{claim}\n{text}");
  }
  assert!(one_line(&observation(), &later).contains("LIVE UNKNOWN"));
}

#[test]
fn a_stale_proof_alone_turns_proven_into_not_proven() {
  let mut seen = observation();
  seen.witnesses[0].at = before(40);
  let text = text(&seen);
  assert!(text.contains("NOT PROVEN"), "{text}");
  assert!(text.contains("said GREEN at 14:31:27Z"), "{text}");
}

#[test]
fn one_line_holds_what_matters() {
  let mut elsewhere = view();
  elsewhere.typing = Typing::with_config(std::path::Path::new("/srv/ala/cutover.toml"));
  let text = page(&observation(), &elsewhere).to_string();
  assert!(
    text.contains("cutover --config /srv/ala/cutover.toml rollback"),
    "{text}"
  );
  assert_eq!(
    one_line(&observation(), &view()),
    "ala LIVE [G] GREEN 2.0.0 ok, rollback HOT"
  );
  let mut seen = observation();
  seen.drift = vec!["x".into(), "y".into()];
  seen.operation = Some(operation(Phase::Interrupted));
  seen.slots.green.health = Known::no("no answer", now());
  assert_eq!(
    one_line(&seen, &view()),
    "ala LIVE [G] GREEN 2.0.0 UNKNOWN, rollback HOT, #129 INTERRUPTED, !! 2 alarms"
  );
}

#[test]
fn names_from_outside_cannot_break_the_table() {
  let mut seen = observation();
  if let Known::Yes { value, .. } = &mut seen.slots.blue.containers {
    value[0].service = "a\u{1b}[2Jpi".repeat(20);
    value[0].image = "registry/".repeat(30);
  }
  let text = text(&seen);
  assert!(!text.contains('\u{1b}'));
}
