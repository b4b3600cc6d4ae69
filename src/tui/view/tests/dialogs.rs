//! Everything that can lie over the dashboard.

use insta::assert_snapshot;

use super::{COLORED, LARGE, MIDDLE, MONO, SMALL, at, drawn, scenes, styles, text};
use crate::{
  model::{
    Slot,
    operation::{Kind, Outcome},
    plan::{Fault, Plan, Refusal, Risk},
  },
  render::samples::plan,
  tui::{
    msg::Msg,
    scene::{Console, rollback},
  },
};

/// The question of a plan, painted and armed.
fn asked(key: &str, plan: Plan) -> Console {
  let mut console = Console::quiet();
  console.press(key);
  console.planned(plan);
  console.tell(Msg::Painted);
  console.pass(600);
  console.tell(Msg::Tick);
  console
}

fn deploy() -> Plan {
  let mut deploy = plan();
  deploy.kind = Kind::Deploy;
  deploy.target = Some(Slot::Blue);
  deploy.from = Some(Slot::Green);
  deploy.premise.live = Some(Slot::Green);
  deploy.version = Some(crate::render::samples::version("2.1.0"));
  deploy.from_version = Some(crate::render::samples::version("2.0.0"));
  deploy.word = Some("blue".into());
  deploy.warnings = vec![
    "the migration touches the database that GREEN's users are on: its code must still work with it".into(),
  ];
  deploy
}

fn forced() -> Plan {
  let mut forced = rollback();
  forced.risk = Risk::Red;
  forced.word = Some("blue is broken".into());
  forced.warnings = vec!["BLUE is not healthy: L4 database: auth failed for user ala_user".into()];
  forced
}

#[test]
fn a_green_rollback() {
  let mut console = Console::quiet();
  console.press("R");
  let moment = at(&console.app, COLORED, &[SMALL]);
  console.planned(rollback());
  let arming = at(&console.app, COLORED, &[SMALL]);
  let armed = at(&asked("R", rollback()).app, COLORED, &[SMALL, LARGE]);
  assert_snapshot!(format!("{moment}{arming}{armed}"));
}

#[test]
fn an_amber_deploy() {
  let mut console = asked("S", deploy());
  console.write("blx");
  console.press("enter");
  assert_snapshot!(at(&console.app, COLORED, &[SMALL, MIDDLE]));
}

#[test]
fn a_red_rollback_in_its_styles() {
  let mut console = asked("R", forced());
  console.write("blue is");
  let buffer = drawn(&console.app, SMALL, MONO);
  assert!(text(&buffer).is_ascii());
  assert_snapshot!(format!("{}\n{}", text(&buffer), styles(&buffer)));
}

#[test]
fn a_gate() {
  let mut console = scenes::waiting();
  console.press("S");
  console.tell(Msg::Painted);
  console.pass(600);
  console.tell(Msg::Tick);
  assert_snapshot!(at(&console.app, COLORED, &[SMALL]));
}

#[test]
fn questions_without_a_plan() {
  let mut all = String::new();
  for (mut console, key) in [(scenes::waiting(), "A"), (scenes::interrupted(), "R")] {
    console.press(key);
    all.push_str(&at(&console.app, COLORED, &[SMALL]));
  }
  assert_snapshot!(all);
}

#[test]
fn a_refusal() {
  let mut console = Console::quiet();
  console.press("R");
  let refusal = Refusal {
    outcome: Outcome::Refused,
    faults: vec![Fault::new(
      "rolling back is blocked: BLUE fails (L4 database: auth failed for user ala_user); users would move to an environment that cannot serve them",
      "look with 'cutover health blue -v', or override with 'cutover rollback --force --confirm 'blue is broken''",
    )],
    live: Some(Slot::Green),
  };
  let ticket = console.planning();
  let plan = Err(refusal);
  console.tell(Msg::Planned { ticket, plan });
  assert_snapshot!(at(&console.app, COLORED, &[SMALL, MIDDLE]));
}

#[test]
fn the_palette_and_what_is_found() {
  let mut console = scenes::empty_standby();
  console.press(":");
  let all = at(&console.app, COLORED, &[SMALL, LARGE]);
  console.write("roll");
  let found = at(&console.app, COLORED, &[SMALL]);
  assert_snapshot!(format!("{all}{found}"));
}

#[test]
fn help_menu_and_preflight() {
  let mut all = String::new();
  for key in ["?", "space", "p", "X", "D"] {
    let mut console = Console::quiet();
    console.press(key);
    all.push_str(&at(&console.app, COLORED, &[SMALL]));
  }
  assert_snapshot!(all);
}

#[test]
fn a_question_on_terminals_of_40x8_and_20x5_says_what_to_type() {
  let mut all = String::new();
  for console in [asked("R", rollback()), asked("S", deploy())] {
    all.push_str(&at(&console.app, COLORED, &[(40, 8), (20, 5)]));
  }
  assert_snapshot!(all);
}
