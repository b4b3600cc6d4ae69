//! Folding events into progress, and what another life makes of it.

use cutover::{
  engine::{
    intent::WhenReady,
    run_state::{RestoreState, RunState, StepState, Users},
  },
  model::{
    Slot,
    event::{Event, Failure, Record, Recovery},
    plan::{MigrateWhen, Order},
  },
};

use crate::support::*;

async fn finished() -> (Order, Vec<Record>) {
  let site = FakeSite::new(
    SiteBuilder::new()
      .marker()
      .database(MigrateWhen::AfterHealth)
      .build(),
  );
  let (order, _) = site.operate(&deploy("1.1", WhenReady::Switch)).await;
  (order.clone(), site.records_of(&order))
}

fn resumed(number: u64) -> Record {
  Record {
    number,
    at: base(),
    event: Event::Resumed {
      actor: actor(),
      boot_id: "boot".into(),
      runner_pid: 1,
      how: Recovery::Resume,
    },
  }
}

fn position(order: &Order, word: &str) -> usize {
  order
    .plan
    .steps
    .iter()
    .position(|p| step_word(&p.step) == word)
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn replaying_a_journal_gives_what_the_runner_knew_at_its_end() {
  let (order, records) = finished().await;
  let state = RunState::replay(&order.plan, &records);
  assert!(state.proved() && state.recorded() && state.traffic_touched() && state.target_started());
  assert_eq!(state.next_step(), None);
  assert_eq!(state.saved().unwrap().1.slot, Slot::Green);
  assert_eq!(state.schema_head(), Some("1.1"));
  assert_eq!(state.pins().unwrap().version.as_str(), "1.1");
  assert!(state.millis().is_some() && state.verdict.is_some());
}

/// The states of one life, each with the record that made it.
#[tokio::test(start_paused = true)]
async fn users_are_untouched_until_the_reload_then_moving_then_proven() {
  let (order, records) = finished().await;
  let mut state = RunState::new(&order.plan);
  let mut told = vec![state.users];
  for record in &records {
    state.apply(record);
    if told.last() != Some(&state.users) {
      told.push(state.users);
    }
  }
  let [
    Users::NotTold,
    Users::Moving { to: Slot::Green },
    Users::Proven { slot, at },
  ] = told[..]
  else {
    panic!("{told:?}");
  };
  assert_eq!(slot, Slot::Green);
  let prove = position(&order, "prove");
  let proof = |r: &&Record| matches!(r.event, Event::StepFinished { index, .. } if index == prove);
  assert_eq!(at, records.iter().find(proof).unwrap().at);
  state.apply(&resumed(99));
  assert_eq!(state.users, Users::NotTold);
}

#[tokio::test(start_paused = true)]
async fn a_journal_survives_being_written_as_json_and_read_back() {
  let (order, records) = finished().await;
  let text = serde_json::to_string(&records).unwrap();
  let back: Vec<Record> = serde_json::from_str(&text).unwrap();
  assert_eq!(back, records);
  let text = serde_json::to_string(&order).unwrap();
  let again: Order = serde_json::from_str(&text).unwrap();
  assert_eq!(again, order);
  assert_eq!(again.plan.hash(), order.plan.hash());
}

#[tokio::test(start_paused = true)]
async fn every_prefix_of_a_journal_replays_to_a_state_with_one_next_step() {
  let (order, records) = finished().await;
  let mut last = 0;
  for length in 0..=records.len() {
    let state = RunState::replay(&order.plan, &records[..length]);
    let next = state.next_step().unwrap_or(order.plan.steps.len());
    assert!(next >= last, "progress never goes back in one life");
    last = next;
  }
}

#[tokio::test(start_paused = true)]
async fn another_life_looks_at_the_target_again_before_it_moves_users() {
  let (order, records) = finished().await;
  let write = position(&order, "write");
  let cut = records
    .iter()
    .position(|r| matches!(r.event, Event::StepStarted { index } if index == write))
    .unwrap();
  let mut state = RunState::replay(&order.plan, &records[..cut]);
  assert_eq!(state.next_step(), Some(write));
  state.apply(&resumed(99));
  assert_eq!(state.next_step(), Some(position(&order, "check-target")));
}

#[tokio::test(start_paused = true)]
async fn another_life_proves_again_what_was_not_recorded() {
  let (order, records) = finished().await;
  let record = position(&order, "record");
  let cut = records
    .iter()
    .position(|r| matches!(r.event, Event::StepStarted { index } if index == record))
    .unwrap();
  let mut state = RunState::replay(&order.plan, &records[..=cut]);
  assert!(state.proved());
  state.apply(&resumed(99));
  assert!(!state.proved() && state.reload_started());
  assert_eq!(state.next_step(), Some(position(&order, "prove")));
}

#[tokio::test(start_paused = true)]
async fn an_index_outside_the_plan_is_ignored_and_a_failure_is_kept() {
  let (order, _) = finished().await;
  let mut state = RunState::new(&order.plan);
  state.apply(&Record {
    number: 1,
    at: base(),
    event: Event::StepStarted { index: 999 },
  });
  assert_eq!(state.current(), None);
  state.apply(&Record {
    number: 2,
    at: base(),
    event: Event::StepFailed {
      index: 0,
      failure: Failure::new("no"),
      millis: 1,
    },
  });
  assert_eq!(state.first_failure().unwrap().1.what.as_str(), "no");
  assert!(matches!(state.steps[0].1, StepState::Failed { .. }));
  state.apply(&Record {
    number: 3,
    at: base(),
    event: Event::RestoreFailed {
      failure: Failure::new("proxy down"),
    },
  });
  assert!(matches!(state.restore, RestoreState::Failed { .. }));
}
