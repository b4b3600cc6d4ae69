use std::sync::Arc;

use chrono::TimeDelta;

use super::*;
use crate::{
  model::{
    Slot,
    observation::Observation,
    operation::{Kind, Outcome},
    plan::Fault,
    watch::Ended,
  },
  render::samples,
  tui::{
    msg::Msg,
    scene::{Console, rollback},
    state::app::Role,
  },
};

const OF: OperationId = OperationId(128);

/// Looks renewed, so that nothing is too old, at the console's own time.
fn sees(console: &mut Console, change: impl Fn(&mut Observation)) {
  let mut seen = samples::observation();
  seen.at = console.app.now.wall;
  change(&mut seen);
  console.sees(seen);
}

fn users(console: &mut Console, seconds: i64, status: u16) {
  let now = console.app.now.wall;
  let requests = (0..seconds * 10)
    .map(|nth| Request {
      at: now - TimeDelta::milliseconds(nth * 100),
      status,
      millis: Some(40),
      slot: Some(Slot::Green),
    })
    .collect();
  console.tell(Msg::Requests(Ok(requests)));
}

fn leads(console: &mut Console, to: Leads) {
  Arc::make_mut(&mut console.app.site).watch.rollback = to;
}

/// A broken limit three minutes after alice's switch.
fn broken(role: Role, to: Leads) -> Console {
  let mut console = Console::new(role);
  leads(&mut console, to);
  sees(&mut console, |_| {});
  users(&mut console, 60, 502);
  console.wait(1_000);
  console
}

fn plans(console: &Console) -> Vec<&Intent> {
  let mut found = Vec::new();
  for effect in &console.effects {
    if let Effect::Plan { intent, .. } = effect {
      found.push(intent);
    }
  }
  found
}

/// Time goes by in seconds, and users go on failing.
fn seconds(console: &mut Console, seconds: u64) {
  for _ in 0..seconds {
    console.wait(1_000);
    users(console, 1, 502);
  }
}

#[test]
fn a_broken_limit_is_loud_and_changes_nothing_where_it_is_asked() {
  let mut console = broken(Role::Operator, Leads::Ask);
  seconds(&mut console, 60);
  let screen = console.screen(160, 45);
  assert!(screen.contains("5xx 100 % > 5 %"), "{screen}");
  assert!(screen.contains("R: roll back.  C: keep GREEN"), "{screen}");
  assert!(plans(&console).is_empty());
  let rings = console
    .effects
    .iter()
    .filter(|effect| **effect == Effect::Ring);
  assert_eq!(rings.count(), 1, "heard once");
}

#[test]
fn by_itself_after_a_countdown_once_and_bound_to_the_switch() {
  let mut console = broken(Role::Operator, Leads::Auto);
  assert!(console.screen(160, 45).contains("BY ITSELF IN 9 s"));
  seconds(&mut console, 8);
  assert!(plans(&console).is_empty());
  seconds(&mut console, 3);
  let [Intent::Rollback(wanted)] = plans(&console)[..] else {
    panic!("{:?}", console.effects);
  };
  assert_eq!(wanted.undoes, Some(OF));
  assert!(
    wanted
      .reason
      .as_ref()
      .unwrap()
      .starts_with("watch: 5xx 100 % > 5 %")
  );
  console.planned(rollback());
  let launches = |console: &Console| console.changes().len();
  assert_eq!(launches(&console), 1);
  let ByItself::Asked { ticket, .. } = console.app.watch.by_itself else {
    panic!("{:?}", console.app.watch.by_itself);
  };
  let launch = Ok(Launch::Locked(None));
  console.tell(Msg::Launched { ticket, launch });
  seconds(&mut console, 60);
  assert_eq!((plans(&console).len(), launches(&console)), (1, 1));
  assert!(
    console
      .screen(160, 45)
      .contains("NOT rolled back by itself")
  );
}

#[test]
fn nobody_else_s_console_and_no_observer_and_no_rollback_is_undone_by_itself() {
  let mut observer = broken(Role::Observer, Leads::Auto);
  seconds(&mut observer, 20);
  assert!(plans(&observer).is_empty());
  let mut bob = Console::new(Role::Operator);
  leads(&mut bob, Leads::Auto);
  let by_bob = |seen: &mut Observation| {
    seen.moved.as_mut().unwrap().by.user = "bob".into();
  };
  let back = |seen: &mut Observation| {
    seen.moved.as_mut().unwrap().kind = Kind::Rollback;
  };
  let of_bob = {
    sees(&mut bob, by_bob);
    users(&mut bob, 60, 502);
    seconds(&mut bob, 20);
    plans(&bob).len()
  };
  let mut after = Console::new(Role::Operator);
  leads(&mut after, Leads::Auto);
  sees(&mut after, back);
  users(&mut after, 60, 502);
  seconds(&mut after, 20);
  assert_eq!((of_bob, plans(&after).len()), (0, 0));
  for console in [bob, after] {
    assert!(console.screen(160, 45).contains("5xx 100 % > 5 %"));
  }
}

#[test]
fn it_is_called_off_when_the_limit_holds_again_and_while_somebody_works() {
  let mut console = broken(Role::Operator, Leads::Auto);
  for _ in 0..8 {
    console.wait(1_000);
    users(&mut console, 1, 200);
  }
  assert_eq!(console.app.watch.by_itself, ByItself::Idle);
  assert_eq!(console.notice(), "no rollback begins by itself now");
  let mut busy = broken(Role::Operator, Leads::Auto);
  busy.follows(crate::tui::scene::gated(), vec![samples::begun()]);
  seconds(&mut busy, 20);
  assert!(plans(&busy).is_empty());
}

#[test]
fn c_keeps_after_a_y_that_was_read_and_ends_the_watch_for_everybody() {
  let mut console = broken(Role::Operator, Leads::Auto);
  // Typed ahead: nothing was painted yet.
  console.text("Cy");
  let ends = |console: &Console| {
    let end = |effect: &&Effect| matches!(effect, Effect::EndWatch { of: OF });
    console.effects.iter().filter(end).count()
  };
  assert_eq!(ends(&console), 0);
  assert!(console.screen(160, 45).contains("KEEP GREEN  (#128)"));
  console.press("y");
  assert_eq!(ends(&console), 1);
  seconds(&mut console, 15);
  assert!(plans(&console).is_empty());
  sees(&mut console, |seen| {
    seen.moved.as_mut().unwrap().ended = Some(Ended {
      operation: OF,
      by: samples::actor(),
      at: samples::now(),
    });
  });
  console.text("6");
  let screen = console.screen(100, 45);
  assert!(screen.contains("was ended by alice"), "{screen}");
  // Now it is the former slot's turn.
  console.text("C");
  assert!(matches!(
    plans(&console)[..],
    [Intent::Stop {
      slot: Slot::Blue,
      ..
    }]
  ));
}

#[test]
fn a_refused_rollback_is_said_with_its_reason() {
  let mut console = broken(Role::Operator, Leads::Auto);
  seconds(&mut console, 11);
  let ticket = console.planning();
  let plan = Err(Refusal {
    outcome: Outcome::Refused,
    faults: vec![Fault {
      what: "rolling back is blocked: BLUE fails".into(),
      fix: "cutover health blue -v".into(),
    }],
    live: Some(Slot::Green),
  });
  console.tell(Msg::Planned { ticket, plan });
  let screen = console.screen(160, 45);
  assert!(screen.contains("NOT rolled back by itself"), "{screen}");
  assert!(console.changes().is_empty());
}

#[test]
fn a_log_that_cannot_be_read_is_unknown_and_never_fine() {
  let mut console = Console::quiet();
  console.tell(Msg::Requests(Err(
    "no access_log goes to the output".into(),
  )));
  console.text("6");
  assert!(console.screen(160, 45).contains("unknown: no access_log"));
}
