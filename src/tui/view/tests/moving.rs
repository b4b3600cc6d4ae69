//! The header while an operation moves users: its own word is newer than the last look at the site.

use insta::assert_snapshot;

use super::{COLORED, SMALL, at, scenes};
use crate::{
  model::{
    Slot,
    event::{Event, Produced},
    observation::{Holder, Observation},
    operation::{OperationId, Outcome},
    plan::Step,
    traffic::{Live, Testimony},
  },
  render::samples::{before, begun, ledger, observation, order, records, verdict},
  tui::{
    action::Action,
    msg::Msg,
    scene::{Console, rollback},
    state::able::Standing,
  },
};

/// The steps of the sample plan.
const RELOAD: usize = 5;
const PROVE: usize = 6;

/// A switch from BLUE to GREEN, seen last before it began.
fn console(events: Vec<Event>) -> Console {
  let mut console = Console::over(looked_at(30));
  goes_on(&mut console, events);
  console
}

/// Its records, the last of them 4 s ago.
fn goes_on(console: &mut Console, events: Vec<Event>) {
  let mut all = vec![begun()];
  all.extend(events);
  console.follows(order(), Vec::new());
  for mut record in records(all) {
    record.at = before(4);
    console.tell(Msg::Recorded {
      id: OperationId(128),
      record: Box::new(record),
    });
  }
}

/// BLUE is live; asked so many seconds ago.
fn looked_at(seconds: i64) -> Observation {
  let mut seen = scenes::only_blue_served();
  for witness in &mut seen.witnesses {
    witness.at = before(seconds);
  }
  seen
}

fn reloading() -> Vec<Event> {
  vec![Event::StepStarted { index: RELOAD }]
}

fn proven() -> Vec<Event> {
  let mut events = reloading();
  events.push(Event::StepFinished {
    index: PROVE,
    produced: Produced::Proved { ledger: ledger() },
    millis: 640,
  });
  events
}

fn header(console: &Console) -> String {
  let screen = console.screen(120, 40);
  screen.lines().take(2).collect::<Vec<_>>().join("\n")
}

#[test]
fn between_the_reload_and_its_proof_nobody_is_called_live() {
  let console = console(reloading());
  assert_snapshot!(at(&console.app, COLORED, &[SMALL]));
}

#[test]
fn nobody_has_been_anywhere_for_a_while_who_is_on_the_way() {
  let mut back = order();
  back.plan = rollback();
  for planned in &mut back.plan.steps {
    if let Step::Reload { slot } = &mut planned.step {
      *slot = Slot::Blue;
    }
  }
  let mut console = Console::quiet();
  assert!(header(&console).contains("LIVE [G] GREEN 2.0.0 for 3m12s"));
  let mut events = vec![begun()];
  events.extend(reloading());
  console.follows(back, events);
  let text = header(&console);
  assert!(text.contains("USERS MOVE TO [B] BLUE 1.9.3  "), "{text}");
  assert!(text.contains("rollback ?"), "{text}");
}

#[test]
fn a_proof_of_the_operation_is_newer_than_the_last_look() {
  let console = console(proven());
  let text = header(&console);
  assert!(text.contains("LIVE [G] GREEN 2.0.0"), "{text}");
  assert!(text.contains("proof=GREEN  managed file=?"), "{text}");
  assert_eq!(console.app.live(), Live::Proven { slot: Slot::Green });
  assert!(
    console.app.still_seen().is_none(),
    "no plan is made from it"
  );
}

#[test]
fn the_next_look_has_the_word_again() {
  let mut console = console(proven());
  console.sees(observation());
  let text = header(&console);
  assert!(text.contains("proof=GREEN  managed file=GREEN"), "{text}");
  assert!(console.app.still_seen().is_some());
  // Somebody moved them by hand since.
  console.sees(looked_at(1));
  assert_eq!(console.app.live(), Live::Proven { slot: Slot::Blue });
}

#[test]
fn a_look_from_before_the_proof_does_not_take_it_back() {
  let mut console = console(proven());
  console.sees(looked_at(25));
  assert_eq!(console.app.live(), Live::Proven { slot: Slot::Green });
}

#[test]
fn a_dispute_from_before_the_proof_is_no_alarm_any_more() {
  let mut seen = looked_at(30);
  seen.live = Live::Disputed { proven: None };
  seen.witnesses[1].testimony = Testimony::Slot { slot: Slot::Green };
  seen.drift = vec!["BLUE is live and not healthy".into()];
  let mut console = Console::over(seen);
  let screen = console.screen(120, 40);
  assert!(screen.contains("WITNESSES DISAGREE") && screen.contains("BLUE is live"));
  goes_on(&mut console, proven());
  let screen = console.screen(120, 40);
  assert!(!screen.contains("WITNESSES DISAGREE"), "{screen}");
  assert!(!screen.contains("BLUE is live"), "{screen}");
}

/// Its lock was looked at before it ended, so many seconds ago.
fn locked(seconds: i64) -> Observation {
  let mut seen = looked_at(seconds);
  let order = order();
  seen.at = before(seconds);
  seen.lock = Some(Holder {
    operation: order.id,
    kind: order.plan.kind,
    actor: order.actor,
    since: before(42),
    boot_id: "b".into(),
    pid: 4121,
    pid_started: 1,
  });
  seen
}

#[test]
fn an_operation_that_has_ended_is_in_nobodys_way() {
  let mut console = Console::over(locked(6));
  let mut events = proven();
  goes_on(&mut console, events.clone());
  let deploy = |console: &Console| console.app.standing(Action::Deploy) == Standing::Possible;
  assert!(!deploy(&console), "it runs");
  events.push(Event::Ended {
    verdict: verdict(Outcome::Done),
  });
  goes_on(&mut console, events);
  assert!(deploy(&console), "it has ended");
  console.sees(locked(3));
  assert!(deploy(&console), "looked at before it ended");
  console.sees(locked(0));
  assert!(!deploy(&console), "a child of its runner still holds it");
}

#[test]
fn what_an_interrupted_operation_said_last_counts_for_nothing() {
  let mut console = console(reloading());
  assert!(header(&console).contains("USERS MOVE TO"));
  console.tell(Msg::RunnerGone {
    id: OperationId(128),
  });
  assert_eq!(console.app.live(), Live::Proven { slot: Slot::Blue });
  assert!(!header(&console).contains("USERS MOVE TO"));
}

#[test]
fn users_who_are_put_back_move_to_where_they_were() {
  let mut events = reloading();
  events.push(Event::RestoreStarted {
    why: "aborted".into(),
  });
  let mut console = console(events.clone());
  // GREEN answered in between.
  let mut seen = observation();
  for witness in &mut seen.witnesses {
    witness.at = before(5);
  }
  console.sees(seen);
  let text = header(&console);
  assert!(text.contains("USERS MOVE TO [B] BLUE"), "{text}");
  events.push(Event::RestoreFinished {
    proven: Some(Slot::Blue),
    ledger: None,
  });
  goes_on(&mut console, events);
  assert_eq!(console.app.live(), Live::Proven { slot: Slot::Blue });
}
