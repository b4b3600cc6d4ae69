use super::*;
use crate::{
  model::{
    Slot, check::Exchange, container::ContainerState, event::Produced, operation::Outcome,
    router::FileHash,
  },
  render::samples::{actor, before, begun, container, ledger, now, order, records, verdict},
};

fn told(stamp: Stamp, detail: Detail, events: Vec<Event>) -> String {
  let mut progress = Progress::new(&order(), stamp, detail, Typing::default());
  let mut page = progress.opening();
  for record in records(events) {
    page.append(progress.record(&record));
  }
  page.to_string()
}

fn done(index: usize, produced: Produced, millis: u64) -> [Event; 2] {
  [
    Event::StepStarted { index },
    Event::StepFinished {
      index,
      produced,
      millis,
    },
  ]
}

fn switch() -> Vec<Event> {
  let mut events = vec![begun()];
  events.extend(done(0, Produced::Nothing, 1_904));
  events.extend(done(
    3,
    Produced::Written {
      hash: FileHash("ab12cd34ef56ab12".into()),
    },
    12,
  ));
  events.extend(done(
    5,
    Produced::Reloaded {
      old_workers: vec![30, 31],
    },
    41,
  ));
  events.extend(done(6, Produced::Proved { ledger: ledger() }, 640));
  events.push(Event::Noted {
    actor: actor(),
    text: "p95 looks fine".into(),
  });
  events.extend(done(
    8,
    Produced::Drained {
      millis: Some(1_500),
      still: 0,
    },
    1_510,
  ));
  events.push(Event::Ended {
    verdict: verdict(Outcome::Done),
  });
  events
}

fn failure() -> Failure {
  let mut api = container("api", Slot::Green, "2.0.0", 60);
  api.state = ContainerState::Exited;
  api.exit_code = Some(137);
  api.oom_killed = true;
  api.restarts = 3;
  api.health_output = Some("curl: (7) Failed to connect to localhost port 5000".into());
  Failure {
    container: Some(Box::new(api)),
    log: (1..=23)
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

fn failed_switch() -> Vec<Event> {
  vec![
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
      verdict: crate::model::operation::Verdict {
        live: Some(Slot::Blue),
        summary: "the switch failed and BLUE 1.9.3 was put back and proven".into(),
        next: vec!["cutover show 128".into()],
        ..verdict(Outcome::Reverted)
      },
    },
  ]
}

#[test]
fn a_switch_reads_step_by_step_and_ends_with_where_users_are() {
  insta::assert_snapshot!(told(Stamp::No, Detail::Normal, switch()));
}

#[test]
fn in_ci_every_transition_has_its_time() {
  insta::assert_snapshot!(told(Stamp::Utc, Detail::Normal, switch()));
}

#[test]
fn a_failure_shows_its_first_cause_and_that_users_were_put_back() {
  insta::assert_snapshot!(told(Stamp::No, Detail::Normal, failed_switch()));
}

#[test]
fn quiet_says_only_what_went_wrong_and_how_it_ended() {
  insta::assert_snapshot!(told(Stamp::No, Detail::Quiet, switch()));
  let failed = told(Stamp::No, Detail::Quiet, failed_switch());
  assert!(
    failed.contains("FAILED") && failed.contains("REVERTED"),
    "{failed}"
  );
}

#[test]
fn a_gate_says_how_to_answer_and_until_when() {
  let mut order = order();
  order.plan.steps[2].step = crate::model::plan::Step::Gate {
    gate: crate::model::plan::Gate {
      name: "switch".into(),
      question: "switch users to GREEN 2.0.0 now?".into(),
      word: Some("green".into()),
    },
  };
  let mut progress = Progress::new(&order, Stamp::No, Detail::Normal, Typing::default());
  let opened = Event::GateOpened {
    index: 2,
    gate: "switch".into(),
    evidence: vec!["health L1-L5 ok".into(), "4 of 4 smoke tests passed".into()],
    until: now(),
  };
  let answered = Event::Answered {
    gate: "switch".into(),
    yes: Answer::No,
    actor: actor(),
  };
  let mut page = Page::default();
  for record in records(vec![
    Event::StepStarted { index: 2 },
    opened,
    answered,
    Event::AbortAsked { actor: actor() },
  ]) {
    page.append(progress.record(&record));
  }
  insta::assert_snapshot!(page);
}

#[test]
fn notes_of_a_step_are_shown_only_on_request() {
  let note = || {
    vec![
      Event::StepStarted { index: 1 },
      Event::StepNote {
        index: 1,
        text: "L2 starting".into(),
      },
    ]
  };
  assert!(!told(Stamp::No, Detail::Normal, note()).contains("L2 starting"));
  assert!(told(Stamp::No, Detail::Verbose, note()).contains("[2/9] | L2 starting"));
}

#[test]
fn silence_is_broken_every_fifteen_seconds_and_only_while_a_step_runs() {
  let mut progress = Progress::new(&order(), Stamp::No, Detail::Normal, Typing::default());
  assert_eq!(progress.heartbeat(now()), None);
  for record in records(vec![
    Event::StepStarted { index: 6 },
    Event::StepNote {
      index: 6,
      text: "3 of 20 answers name GREEN".into(),
    },
  ]) {
    progress.record(&record);
  }
  let started = before(20) + TimeDelta::milliseconds(500);
  assert_eq!(progress.heartbeat(started + TimeDelta::seconds(14)), None);
  let beat = progress
    .heartbeat(started + TimeDelta::seconds(15))
    .map(|page| page.to_string());
  assert_eq!(
    beat.as_deref(),
    Some("still [7/9] prove GREEN through the proxy, 15 s: 3 of 20 answers name GREEN\n")
  );
  assert_eq!(progress.heartbeat(started + TimeDelta::seconds(29)), None);
  assert!(
    progress
      .heartbeat(started + TimeDelta::seconds(30))
      .is_some()
  );
}
