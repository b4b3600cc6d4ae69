//! Consoles see each other while they are open, and no longer.

use std::fs;

use cutover::{adapters::actor::actor, engine::ports::Ledger, model::presence::Presence};

use crate::fixture::{folder, ledger};

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
