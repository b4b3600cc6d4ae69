use super::*;
use crate::{
  model::{
    Slot,
    event::{Failure, Produced},
    operation::{Kind, OperationId, Outcome},
  },
  render::{
    samples::{actor, begun, ledger, order, records, verdict},
    story::Runner,
  },
};

fn events() -> Vec<Event> {
  vec![
    begun(),
    Event::StepStarted { index: 0 },
    Event::StepFinished {
      index: 0,
      produced: Produced::Nothing,
      millis: 1_904,
    },
    Event::StepStarted { index: 6 },
    Event::StepFinished {
      index: 6,
      produced: Produced::Proved { ledger: ledger() },
      millis: 640,
    },
    Event::Noted {
      actor: actor(),
      text: "p95 | looks <fine>".into(),
    },
    Event::Ended {
      verdict: verdict(Outcome::Done),
    },
  ]
}

fn stories() -> Vec<Story> {
  let done = Story::of(order(), &records(events()), Runner::Gone);
  let mut rollback = order();
  rollback.id = OperationId(127);
  rollback.plan.kind = Kind::Rollback;
  rollback.plan.from = Some(Slot::Green);
  rollback.plan.target = Some(Slot::Blue);
  rollback.plan.reason = Some("p95 1.4 s after the switch".into());
  let rollback = Story::of(rollback, &records(events()), Runner::Gone);
  let mut deploy = order();
  deploy.id = OperationId(126);
  deploy.plan.kind = Kind::Deploy;
  let interrupted = Story::of(
    deploy,
    &records(vec![begun(), Event::StepStarted { index: 0 }]),
    Runner::Gone,
  );
  vec![done, rollback, interrupted]
}

#[test]
fn the_history_has_one_line_for_each_operation_and_its_reason() {
  insta::assert_snapshot!(list(&stories()));
}

#[test]
fn an_empty_history_says_so() {
  assert_eq!(list(&[]).to_string(), "nothing was done here yet\n");
}

#[test]
fn the_deployment_log_is_markdown_that_nothing_from_outside_can_break() {
  insta::assert_snapshot!(markdown("ala", &stories()));
}

#[test]
fn one_operation_is_told_from_who_asked_to_where_users_are() {
  let records = records(events());
  let story = Story::of(order(), &records, Runner::Gone);
  insta::assert_snapshot!(show(&story, &records, &Torn::Whole, &Typing::default()));
}

#[test]
fn an_interrupted_operation_shows_where_it_stopped_and_what_to_type() {
  let failed = Event::StepFailed {
    index: 1,
    failure: Failure::new("api is exited"),
    millis: 5,
  };
  let records = records(vec![begun(), failed, Event::StepStarted { index: 3 }]);
  let story = Story::of(order(), &records, Runner::Gone);
  let torn = Torn::At(4, "the checksum does not match".into());
  insta::assert_snapshot!(show(&story, &records, &torn, &Typing::default()));
}

#[test]
fn an_operation_whose_runner_lives_is_not_called_interrupted() {
  let story = Story::of(order(), &records(vec![begun()]), Runner::Alive);
  assert_eq!(story.end, End::Running);
}

#[test]
fn the_json_of_a_story_keeps_its_verdict_and_its_steps() {
  let value = serde_json::to_value(&stories()[0]).expect("json");
  assert_eq!(value["schema"], 1);
  assert_eq!(value["end"], "ended");
  assert_eq!(value["verdict"]["outcome"], "done");
  assert_eq!(value["steps"][0]["result"], "done");
  assert_eq!(value["order"]["id"], 128);
}
