//! The promises of the ledger and of operations, kept by files, locks and processes. The engine's
//! fakes keep the same ones in `tests/it`.

use std::{fs, time::Duration};

use cutover::{
  adapters::ledger::is_held,
  engine::ports::{Ledger, Message, Operations},
  model::{
    event::{Event, Recovery},
    operation::OperationId,
  },
};
use nix::{
  sys::signal::{Signal, kill},
  unistd::Pid,
};

use crate::{
  contract::{ledger as contract, operations, records::plan},
  fixture::{folder, ledger, me, until},
  runner::{event, runners},
};

#[test]
fn a_site_that_was_never_used_has_no_past_and_reading_creates_nothing() {
  let folder = folder();
  let ledger = ledger(folder.path());
  contract::has_no_past_at_first(&ledger);
  assert!(!ledger.state().exists());
}

#[test]
fn the_newest_of_what_was_put_is_given_back() {
  let folder = folder();
  contract::gives_back_the_newest_of_what_was_put(&ledger(folder.path()));
}

#[test]
fn the_teams_state_file_is_read_and_kept() {
  let folder = folder();
  let file = folder.path().join(".current-env");
  contract::keeps_the_teams_state_file(&ledger(folder.path()), &|text| match text {
    Some(text) => fs::write(&file, text).unwrap(),
    None => {
      let _ = fs::remove_file(&file);
    }
  });
}

#[test]
fn pins_of_an_earlier_deploy_are_found_again_newest_first() {
  let folder = folder();
  contract::finds_pins_again(&ledger(folder.path()));
}

#[test]
fn operations_are_listed_newest_first() {
  let folder = folder();
  contract::lists_operations_newest_first(&ledger(folder.path()));
}

#[test]
fn records_are_numbered_and_kept() {
  let folder = folder();
  contract::numbers_records_and_keeps_them(&ledger(folder.path()));
}

#[test]
fn who_holds_the_lock_is_named() {
  let folder = folder();
  contract::names_who_holds_the_lock(&ledger(folder.path()));
}

#[test]
fn a_console_is_seen_while_it_is_open() {
  let folder = folder();
  contract::shows_consoles_while_they_are_open(&ledger(folder.path()));
}

#[test]
fn whatever_is_written_changes_the_stamp_and_looking_does_not() {
  let folder = folder();
  contract::stamps_what_is_written(&ledger(folder.path()));
}

#[tokio::test]
async fn an_operation_is_followed_from_its_first_record_to_its_end() {
  let folder = folder();
  let (ledger, runners, _leftover) = runners(folder.path(), "runs");
  operations::follows_from_the_first_record_to_the_end(
    &runners,
    &plan(),
    async |_| (),
    async |id| {
      let mut front = runners.attach(id).await.unwrap();
      front.say(&Message::Abort { actor: me() }).await.unwrap();
      until("the lock is free", Duration::from_secs(5), || {
        !is_held(ledger.state()).unwrap()
      });
    },
  )
  .await;
}

#[tokio::test]
async fn a_killed_runner_is_reported_gone_and_its_operation_can_be_recovered() {
  let folder = folder();
  let (ledger, runners, _leftover) = runners(folder.path(), "runs");
  let mut attached = operations::says_that_a_runner_is_gone(
    &runners,
    &plan(),
    async |_| (),
    async |_| {
      let runner = ledger.lock_holder().unwrap().unwrap();
      kill(Pid::from_raw(runner.pid.cast_signed()), Signal::SIGKILL).unwrap();
    },
  )
  .await;
  let Event::Resumed { how, .. } = event(&mut attached).await else {
    panic!("another event");
  };
  assert_eq!(how, Recovery::Rollback);
  attached.say(&Message::Abort { actor: me() }).await.unwrap();
  assert!(matches!(
    event(&mut attached).await,
    Event::AbortAsked { .. }
  ));
  assert!(matches!(event(&mut attached).await, Event::Ended { .. }));
}

#[tokio::test]
async fn an_operation_that_never_was_cannot_be_followed_or_recovered() {
  let folder = folder();
  let (_, runners, _leftover) = runners(folder.path(), "runs");
  operations::knows_only_what_was_launched(&runners).await;
  let unknown = runners.attach(OperationId(5)).await.err().unwrap();
  assert!(unknown.detail.contains("cutover history"), "{unknown}");
}
