//! Consoles see each other while they are open, and no longer.

use std::fs;

use cutover::{adapters::actor::actor, engine::ports::Ledger, model::presence::Presence};

use crate::fixture::{folder, ledger};

#[test]
fn a_console_is_seen_while_it_is_open() {
  let folder = folder();
  let ledger = ledger(folder.path());
  assert!(ledger.present().unwrap().is_empty());
  let operator = ledger.announce(&actor(), Presence::Operator).unwrap();
  let observer = ledger.announce(&actor(), Presence::Observer).unwrap();
  let seen: Vec<Presence> = ledger
    .present()
    .unwrap()
    .into_iter()
    .map(|watcher| watcher.presence)
    .collect();
  assert_eq!(seen, [Presence::Operator, Presence::Observer]);
  drop(operator);
  assert_eq!(ledger.present().unwrap().len(), 1);
  drop(observer);
  assert!(ledger.present().unwrap().is_empty());
}

#[test]
fn what_a_killed_console_left_behind_is_not_a_console() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let held = ledger.announce(&actor(), Presence::Operator).unwrap();
  let present = folder.path().join(".cutover/present");
  let file = fs::read_dir(&present).unwrap().next().unwrap().unwrap();
  // As after SIGKILL: the file stays, the kernel's lock does not.
  let left = present.join("1-1.json");
  fs::copy(file.path(), &left).unwrap();
  assert_eq!(ledger.present().unwrap().len(), 1);
  assert!(!left.exists());
  drop(held);
}

#[test]
fn whatever_is_written_changes_the_stamp_and_looking_does_not() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let mut before = ledger.stamp();
  let mut changed = |what: &str| {
    let now = ledger.stamp();
    assert_ne!(now, before, "{what}");
    before = now;
  };
  let lock = ledger.try_lock().unwrap().unwrap();
  changed("the folder was made");
  ledger.put_order(&crate::fixture::order(1), &lock).unwrap();
  changed("an order was written");
  let journal = ledger
    .journal(cutover::model::operation::OperationId(1), &lock)
    .unwrap();
  changed("a journal was begun");
  drop(journal);
  let _watching = ledger.announce(&actor(), Presence::Observer).unwrap();
  let quiet = ledger.stamp();
  ledger.present().unwrap();
  drop(lock);
  assert!(ledger.lock_holder().unwrap().is_none());
  assert_eq!(ledger.stamp(), quiet);
}
