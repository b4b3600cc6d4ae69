//! What keys do, as an operator presses them: nothing changes the site but a question that was
//! read and answered.

use chrono::TimeDelta;

use super::*;
use crate::{
  engine::{Intent, ports::Launch},
  model::{
    Slot,
    event::{Answer, Event},
    operation::OperationId,
    plan::{Fault, Refusal},
    traffic::{Live, Warmth},
  },
  render::samples::{actor, observation, order, plan},
  tui::{
    action::{Action, Effect as Reach, TABLE},
    keymap::Keymap,
    scene::{Console, at_the_gate, gated, rollback},
    state::{app::Role, ask::Ticket, modal::Modal, panel::Panel},
  },
};

fn asks(console: &Console) -> bool {
  matches!(console.app.modals.last(), Some(Modal::Ask(_)))
}

/// The rollback question of a quiet site, just opened.
fn question() -> Console {
  let mut console = Console::quiet();
  console.press("R");
  console.planned(rollback());
  assert!(asks(&console));
  console
}

#[test]
fn r_then_y_launches_exactly_once() {
  let mut console = question();
  console.press("y");
  console.press("y");
  console.press("y");
  assert_eq!(console.changes().len(), 1, "{:?}", console.effects);
  assert!(matches!(console.changes()[0], Effect::Launch { plan, .. } if **plan == rollback()));
  assert!(console.app.modals.is_empty());
}

#[test]
fn s_then_esc_has_no_effect_and_says_so() {
  let mut console = Console::quiet();
  console.press("S");
  console.planned(plan());
  console.press("esc");
  assert_eq!(console.changes(), Vec::<&Effect>::new());
  assert!(console.notice().contains("nothing was changed"));
}

#[test]
fn leaving_while_the_plan_is_made_drops_the_plan() {
  let mut console = Console::quiet();
  console.press("R");
  console.press("esc");
  console.planned(rollback());
  assert!(console.app.modals.is_empty());
  console.press("y");
  assert_eq!(console.changes(), Vec::<&Effect>::new());
}

#[test]
fn a_plan_for_an_older_question_is_dropped() {
  let mut console = Console::quiet();
  console.press("R");
  let old = console.planning();
  console.press("esc");
  console.press("S");
  let plan = Ok(Box::new(rollback()));
  console.tell(Msg::Planned { ticket: old, plan });
  assert!(!asks(&console), "the answer to R opened over S");
  assert_ne!(console.planning(), old);
}

#[test]
fn a_page_for_another_question_changes_nothing() {
  let mut console = Console::quiet();
  console.press("p");
  let page = crate::render::Page::default();
  console.tell(Msg::Page {
    ticket: Ticket(999),
    page,
  });
  let Some(Modal::Read(reading)) = console.app.modals.last() else {
    panic!("the preflight is open");
  };
  assert!(!reading.page.0.is_empty());
}

#[test]
fn keys_from_before_the_question_was_painted_never_count() {
  let mut console = question();
  for _ in 0..20 {
    console.key("y");
    console.pass(500);
    console.tell(Msg::Tick);
  }
  assert_eq!(console.changes(), Vec::<&Effect>::new());
  assert!(asks(&console), "it waits to be read");
  console.press("y");
  assert_eq!(console.changes().len(), 1);
}

#[test]
fn keys_in_the_first_moment_after_it_was_painted_do_not_count_either() {
  let mut console = question();
  console.tell(Msg::Painted);
  console.pass(100);
  console.key("y");
  console.pass(1_000);
  console.tell(Msg::Tick);
  assert_eq!(console.changes(), Vec::<&Effect>::new());
}

#[test]
fn a_question_that_was_painted_once_is_not_asked_to_wait_again_by_later_frames() {
  let mut console = question();
  console.tell(Msg::Painted);
  console.pass(600);
  console.tell(Msg::Painted);
  console.tell(Msg::Tick);
  console.key("y");
  console.pass(100);
  console.tell(Msg::Tick);
  assert_eq!(console.changes().len(), 1);
}

#[test]
fn a_held_key_and_a_paste_answer_nothing() {
  for last in [Msg::Repeat, Msg::Paste("y".into())] {
    let mut console = question();
    console.tell(Msg::Painted);
    console.pass(600);
    console.key("y");
    console.pass(10);
    console.tell(last);
    console.pass(1_000);
    console.tell(Msg::Tick);
    assert_eq!(console.changes(), Vec::<&Effect>::new());
    assert!(!asks(&console));
  }
}

#[test]
fn a_question_whose_facts_changed_closes_and_says_what_changed() {
  let mut console = question();
  let mut seen = observation();
  seen.live = Live::Proven { slot: Slot::Blue };
  console.sees(seen);
  assert!(!asks(&console));
  let notice = console.notice().to_owned();
  assert!(notice.contains("nothing was changed"), "{notice}");
  assert!(notice.contains("users are on BLUE now"), "{notice}");
  console.press("y");
  assert_eq!(console.changes(), Vec::<&Effect>::new());
}

#[test]
fn a_question_stays_while_the_facts_stay() {
  let mut console = question();
  console.sees(observation());
  assert!(asks(&console));
}

#[test]
fn an_action_that_is_not_possible_says_why_and_asks_nothing() {
  let mut seen = observation();
  seen.readiness.warmth = Warmth::None;
  seen.readiness.why_not = vec!["BLUE never served users".into()];
  let mut console = Console::over(seen);
  console.effects.clear();
  console.press("R");
  assert_eq!(console.effects, []);
  let notice = console.notice();
  assert!(notice.contains("roll back is not possible now"), "{notice}");
  assert!(notice.contains("BLUE never served users"), "{notice}");
}

#[test]
fn before_the_first_look_no_key_changes_anything() {
  let mut console = Console::new(Role::Operator);
  for row in TABLE.iter().filter(|row| row.effect == Reach::Changes) {
    for key in row.keys {
      console.press(&key.to_string());
      assert_eq!(console.effects, [], "{key}");
      assert!(console.app.modals.is_empty(), "{key}");
      assert!(console.notice().contains("not been looked at"), "{key}");
    }
  }
}

#[test]
fn an_observer_changes_nothing_by_any_key_or_command() {
  let mut console = Console::new(Role::Observer);
  console.sees(observation());
  console.follows(gated(), at_the_gate());
  console.effects.clear();
  for row in TABLE.iter().filter(|row| row.effect == Reach::Changes) {
    for key in row.keys {
      console.press(&key.to_string());
      assert!(console.notice().contains("only watches"), "{key}");
    }
    console.press(":");
    console.write(row.id);
    console.press("enter");
    assert!(console.notice().contains("only watches"), "{}", row.id);
    console.press("esc");
  }
  assert_eq!(console.effects, []);
}

#[test]
fn outside_of_dialogs_only_capitals_ask_for_anything_on_any_panel() {
  for panel in Panel::ALL {
    let mut keys: Vec<String> = (' '..='~')
      .filter(|c| !c.is_ascii_uppercase() && *c != 'q')
      .map(|c| crate::tui::key::Key::char(c).to_string())
      .collect();
    keys.extend(["enter", "up", "pgdn", "delete", "backspace", "f2", "ctrl-l"].map(str::to_owned));
    for key in keys {
      let mut console = Console::quiet();
      console.app.panel = panel;
      console.press(&key);
      assert_eq!(console.changes(), Vec::<&Effect>::new(), "{panel:?} {key}");
      let planned = console
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Plan { .. }));
      assert!(!planned, "{panel:?} {key}");
    }
  }
}

#[test]
fn one_key_after_a_capital_is_never_enough_unless_a_question_was_read() {
  for row in TABLE.iter().filter(|row| row.effect == Reach::Changes) {
    let Some(key) = Keymap::default().key(row.action) else {
      continue;
    };
    for c in ' '..='~' {
      let mut console = Console::quiet();
      console.key(&key.to_string());
      console.key(&crate::tui::key::Key::char(c).to_string());
      console.key("enter");
      assert_eq!(console.changes(), Vec::<&Effect>::new(), "{key} {c}");
    }
  }
}

#[test]
fn a_gate_answered_elsewhere_closes_the_question_here() {
  let mut console = Console::quiet();
  console.follows(gated(), at_the_gate());
  console.press("S");
  assert!(asks(&console));
  console.write("blu");
  let record = crate::model::event::Record {
    number: 99,
    at: crate::render::samples::now(),
    event: Event::Answered {
      gate: "switch".into(),
      yes: Answer::Yes,
      actor: actor(),
    },
  };
  console.tell(Msg::Recorded {
    id: OperationId(129),
    record: Box::new(record),
  });
  assert!(console.app.modals.is_empty());
  assert!(console.notice().contains("answered"));
  assert_eq!(console.changes(), Vec::<&Effect>::new());
}

#[test]
fn a_gate_is_answered_by_the_color_and_enter() {
  let mut console = Console::quiet();
  console.follows(gated(), at_the_gate());
  console.press("S");
  console.write("green");
  console.press("enter");
  assert_eq!(console.changes(), Vec::<&Effect>::new(), "the wrong word");
  console.write("blue");
  console.press("enter");
  let answer = Effect::Answer {
    id: OperationId(129),
    gate: "switch".into(),
    answer: Answer::Yes,
  };
  assert_eq!(console.changes(), [&answer]);
}

#[test]
fn a_refusal_is_read_and_a_forced_rollback_asks_for_the_phrase() {
  let mut console = Console::quiet();
  console.press("R");
  let ticket = console.planning();
  let refusal = Refusal {
    outcome: crate::model::operation::Outcome::Refused,
    faults: vec![Fault::new(
      "rolling back is blocked: BLUE fails",
      "override with 'cutover rollback --force --confirm 'blue is broken''",
    )],
    live: Some(Slot::Green),
  };
  console.tell(Msg::Planned {
    ticket,
    plan: Err(refusal),
  });
  for key in ["y", "enter"] {
    console.press(key);
  }
  assert_eq!(console.changes(), Vec::<&Effect>::new());
  assert!(
    console.app.modals.is_empty(),
    "Enter closes what is to be read"
  );
}

#[test]
fn who_holds_the_lock_is_shown_instead_of_an_operation() {
  let mut console = question();
  console.press("y");
  console.tell(Msg::Launched {
    ticket: Ticket(1),
    launch: Ok(Launch::Locked(None)),
  });
  assert!(matches!(console.app.modals.last(), Some(Modal::Read(_))));
}

#[test]
fn an_operation_of_another_console_is_followed_by_itself() {
  let mut seen = observation();
  let id = order().id;
  seen.operation = Some(crate::model::observation::OperationState {
    id,
    kind: order().plan.kind,
    target: Some(Slot::Green),
    version: None,
    actor: actor(),
    begun: crate::render::samples::before(5),
    step: None,
    waiting_for: None,
    moving: false,
    phase: crate::model::observation::Phase::Running,
  });
  let console = Console::over(seen);
  assert!(console.effects.contains(&Effect::Follow { id }));
}

#[test]
fn a_lost_terminal_ends_the_console_whatever_lies_open() {
  let mut console = question();
  console.tell(Msg::Gone);
  assert_eq!(console.effects.last(), Some(&Effect::Quit));
  assert_eq!(console.changes(), Vec::<&Effect>::new());
}

#[test]
fn every_action_by_its_key_asks_for_its_own_intent() {
  for (action, wanted) in [
    (Action::Rollback, "Rollback"),
    (Action::Smoke, "Smoke"),
    (Action::Switch, "Switch"),
  ] {
    let mut console = Console::quiet();
    let key = Keymap::default().key(action).expect("a key").to_string();
    console.press(&key);
    let intent = console.effects.iter().find_map(|effect| match effect {
      Effect::Plan { intent, .. } => Some(intent),
      _ => None,
    });
    let intent: &Intent = intent.unwrap_or_else(|| panic!("{key}: {}", console.notice()));
    assert!(
      format!("{intent:?}").starts_with(wanted),
      "{key}: {intent:?}"
    );
  }
}

#[test]
fn what_is_left_of_a_burst_that_closed_a_question_presses_nothing() {
  let mut console = Console::quiet();
  console.key("D");
  console.text("2.1.0");
  console.key("enter");
  console.planned(plan());
  console.tell(Msg::Painted);
  console.wait(600);
  console.text("green and the rest of the line");
  assert!(console.notice().contains("a burst of keys"));
  let Some(Modal::Deploy(deploying)) = console.app.modals.last() else {
    panic!("{:?}", console.app.modals);
  };
  assert_eq!(deploying.input.value(), "2.1.0");
  console.wait(200);
  console.text("-rc1");
  assert!(console.screen(80, 24).contains("2.1.0-rc1"));
}

#[test]
fn tab_shows_every_step_of_what_is_asked_and_letters_do_not_scroll() {
  let mut console = question();
  assert!(
    console
      .screen(80, 24)
      .contains("9 steps (all of them: Tab)")
  );
  console.press("tab");
  assert!(console.screen(80, 40).contains("reload the proxy"));
  console.press("tab");
  assert!(console.screen(80, 24).contains("all of them: Tab"));
  assert_eq!(console.changes(), Vec::<&Effect>::new());
}

#[test]
fn on_facts_that_are_too_old_nothing_is_offered_as_certain() {
  let mut console = Console::quiet();
  assert!(console.screen(80, 24).contains(" R roll back  "));
  console.wait(47_000);
  let screen = console.screen(80, 24);
  for text in [
    "LIVE? [G] GREEN",
    "rollback? 49 s old",
    "NOTHING WAS SEEN FOR 49 s",
    "R roll back?",
  ] {
    assert!(screen.contains(text), "{text}:\n{screen}");
  }
  console.key("p");
  assert!(console.screen(100, 40).contains("[??] roll back"));
  console.key("q");
  console.key("A");
  assert!(console.notice().contains("(seen 49 s ago; r looks again)"));
  let mut seen = observation();
  seen.at += TimeDelta::seconds(48);
  console.sees(seen);
  assert!(console.screen(80, 24).contains(" R roll back  "));
}
