//! Whose hands the state folder is in: each way it can be in others' names its own fix.

use std::{
  fs::{self, Permissions},
  os::unix::fs::{PermissionsExt, chown},
  path::Path,
  process::Command,
  sync::Arc,
};

use cutover::{
  adapters::ledger::FileLedger,
  engine::ports::Ledger,
  model::{Slot, finding::Finding, plan::Fault},
};
use tempfile::TempDir;

use crate::fixture::{folder, ledger, live, site};

/// A site in a folder of its own below the temporary one, whose modes the tests may spoil.
fn prepared() -> (TempDir, FileLedger) {
  let folder = folder();
  let root = folder.path().join("app");
  fs::create_dir(&root).unwrap();
  fs::set_permissions(&root, Permissions::from_mode(0o755)).unwrap();
  fs::write(root.join("cutover.toml"), "").unwrap();
  let ledger = ledger(&root);
  ledger.put_live_record(&live(Slot::Blue, 1)).unwrap();
  (folder, ledger)
}

fn chmod(path: &Path, mode: u32) {
  fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// What would stop an operation; where the folder of a test lies is no fault of the folder's.
fn faults_of(ledger: &FileLedger) -> Vec<Fault> {
  Finding::stopping(ledger.preflight())
}

fn only(faults: &[Fault]) -> &Fault {
  assert_eq!(faults.len(), 1, "{faults:?}");
  &faults[0]
}

/// The fix is typed exactly as shown.
fn follow(fault: &Fault) {
  let words: Vec<_> = fault.fix.as_str().split(' ').collect();
  let done = Command::new(words[0]).args(&words[1..]).status().unwrap();
  assert!(done.success(), "{}", fault.fix);
}

#[test]
fn a_private_folder_has_no_fault() {
  let (_folder, ledger) = prepared();
  assert_eq!(faults_of(&ledger), []);
}

#[test]
fn a_site_that_was_never_used_has_no_fault() {
  let folder = folder();
  assert_eq!(faults_of(&ledger(folder.path())), []);
}

#[test]
fn every_mode_that_lets_others_in_is_a_fault_and_its_fix_works() {
  let (_folder, ledger) = prepared();
  let state = ledger.state().to_owned();
  let root = state.parent().unwrap().to_owned();
  for (path, mode) in [
    (&state, 0o770),
    (&state, 0o755),
    (&state, 0o702),
    (&state.join("live.json"), 0o644),
    (&state.join("live.json"), 0o620),
    (&root, 0o757),
    (&root, 0o777),
  ] {
    chmod(path, mode);
    let faults = faults_of(&ledger);
    let fault = only(&faults);
    let name = path.display().to_string();
    assert!(fault.what.as_str().contains(&name), "{fault:?}");
    follow(fault);
    assert_eq!(faults_of(&ledger), [], "{name} {mode:o}");
  }
}

#[test]
fn a_parent_in_the_hands_of_a_foreign_group_is_a_fault() {
  let (_folder, ledger) = prepared();
  let root = ledger.state().parent().unwrap().to_owned();
  chown(&root, None, Some(4242)).expect("this test gives files away: run it as root");
  chmod(&root, 0o775);
  follow(only(&faults_of(&ledger)));
  assert_eq!(faults_of(&ledger), []);
}

#[test]
fn a_file_or_folder_of_somebody_else_is_a_fault_and_its_fix_works() {
  let (_folder, ledger) = prepared();
  let state = ledger.state().to_owned();
  for path in [state.join("live.json"), state.clone()] {
    chown(&path, Some(4242), None).expect("this test gives files away: run it as root");
    follow(only(&faults_of(&ledger)));
    assert_eq!(faults_of(&ledger), []);
  }
}

#[test]
fn under_sudo_what_is_written_belongs_to_the_owner_of_the_site() {
  use std::os::unix::fs::MetadataExt;
  let folder = folder();
  let root = folder.path().join("app");
  fs::create_dir(&root).unwrap();
  fs::write(root.join("cutover.toml"), "").unwrap();
  for path in [&root, &root.join("cutover.toml")] {
    chown(path, Some(4242), None).expect("this test gives files away: run it as root");
  }
  let ledger = ledger(&root);
  ledger.put_live_record(&live(Slot::Blue, 1)).unwrap();
  assert!(ledger.try_lock().unwrap().is_some());
  for name in ["", "live.json", "lock"] {
    let found = fs::metadata(ledger.state().join(name)).unwrap();
    assert_eq!(found.uid(), 4242, "{name}");
  }
  assert_eq!(faults_of(&ledger), []);
}

#[test]
fn a_link_among_our_files_is_a_fault() {
  let (_folder, ledger) = prepared();
  let path = ledger.state().join("evidence");
  std::os::unix::fs::symlink("/etc", &path).unwrap();
  let faults = faults_of(&ledger);
  assert_eq!(
    faults[0].fix.as_str(),
    format!("rm {}", path.display()),
    "{faults:?}"
  );
}

#[test]
fn a_shared_site_trusts_its_group_and_no_other() {
  let folder = folder();
  let group = nix::unistd::Group::from_name("daemon").unwrap().unwrap();
  let mut shared = site(folder.path());
  shared.state_group = Some(group.name);
  let ledger = FileLedger::open(Arc::new(shared)).unwrap();
  ledger.put_live_record(&live(Slot::Blue, 1)).unwrap();
  assert_eq!(faults_of(&ledger), []);

  let file = ledger.state().join("live.json");
  chown(&file, None, Some(4242)).expect("this test gives files away: run it as root");
  let faults = faults_of(&ledger);
  assert_eq!(
    only(&faults).fix.as_str(),
    format!("chgrp daemon {}", file.display())
  );
}
