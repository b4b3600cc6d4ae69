//! What is put down is found again, and the team's own files are kept true.

use std::{fs, os::unix::fs::MetadataExt, sync::Arc, time::Duration};

use cutover::{
  adapters::ledger::FileLedger,
  engine::ports::{Journal, Ledger, PortErrorKind, StateFile, Torn},
  model::{
    Slot,
    event::{Event, Failure, Produced, SavedFile},
    operation::OperationId,
    router::{FileContent, FileHash, NextFile},
    shown::Shown,
  },
};
use tokio::time::timeout;

use crate::fixture::{folder, ledger, live, modes_under, order, pins, site};

#[test]
fn a_state_folder_that_is_a_file_is_an_error_and_not_a_site_without_a_past() {
  let folder = folder();
  fs::write(folder.path().join(".cutover"), "").unwrap();
  let error = FileLedger::open(Arc::new(site(folder.path())))
    .err()
    .unwrap();
  assert_eq!(error.kind, PortErrorKind::Misconfigured);
  assert!(error.doing.contains("read the state folder"), "{error}");
}

#[test]
fn a_damaged_file_is_an_error_that_says_how_to_move_it_away() {
  let folder = folder();
  let ledger = ledger(folder.path());
  ledger.put_live_record(&live(Slot::Blue, 1)).unwrap();
  fs::write(ledger.state().join("live.json"), "{\"live\":").unwrap();
  let error = ledger.live_record().unwrap_err();
  assert!(error.detail.contains("mv "), "{error}");
}

#[test]
fn everything_we_create_is_private() {
  let folder = folder();
  let ledger = ledger(folder.path());
  ledger.put_live_record(&live(Slot::Blue, 1)).unwrap();
  ledger.put_pins(&pins(Slot::Blue, "1.9", "aa")).unwrap();
  let lock = ledger.try_lock().unwrap().unwrap();
  ledger.put_order(&order(1), &lock).unwrap();
  ledger.journal(OperationId(1), &lock).unwrap();
  let found = modes_under(ledger.state());
  assert!(found.len() > 8, "{found:?}");
  for (path, mode) in found {
    let right = if path.is_dir() { 0o700 } else { 0o600 };
    assert_eq!(mode, right, "{}", path.display());
  }
}

#[test]
fn a_site_shared_with_a_group_gives_the_group_everything() {
  let folder = folder();
  let mut site = site(folder.path());
  let group = nix::unistd::Group::from_gid(nix::unistd::getegid())
    .unwrap()
    .unwrap();
  site.state_group = Some(group.name);
  let ledger = FileLedger::open(Arc::new(site)).unwrap();
  ledger.put_live_record(&live(Slot::Blue, 1)).unwrap();
  let lock = ledger.try_lock().unwrap().unwrap();
  ledger.put_order(&order(1), &lock).unwrap();
  for (path, mode) in modes_under(ledger.state()) {
    let right = if path.is_dir() { 0o2770 } else { 0o660 };
    assert_eq!(mode, right, "{}", path.display());
    assert_eq!(fs::metadata(&path).unwrap().gid(), group.gid.as_raw());
  }
}

#[test]
fn an_unknown_group_names_the_command_that_creates_it() {
  let folder = folder();
  let mut site = site(folder.path());
  site.state_group = Some("no-such-group".into());
  let error = FileLedger::open(Arc::new(site)).err().unwrap();
  assert!(error.detail.contains("groupadd no-such-group"), "{error}");
}

#[test]
fn pinning_writes_the_override_and_the_teams_variable_and_nothing_else() {
  let folder = folder();
  let env = folder.path().join("real.env");
  fs::write(&env, "# ours\nBLUE_TAG=v1.8 # live\nPASSWORD=x").unwrap();
  std::os::unix::fs::symlink("real.env", folder.path().join(".env")).unwrap();
  let mode = |mode| {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&env, fs::Permissions::from_mode(mode)).unwrap();
  };
  mode(0o640);
  let ledger = ledger(folder.path());
  let put = pins(Slot::Blue, "1.9.3", "aa");
  ledger.put_pins(&put).unwrap();
  ledger.put_pins(&pins(Slot::Green, "2.0", "bb")).unwrap();
  assert_eq!(
    fs::read_to_string(&env).unwrap(),
    "# ours\nBLUE_TAG=v1.9.3 # live\nPASSWORD=x\nGREEN_TAG=v2.0\n"
  );
  assert_eq!(fs::metadata(&env).unwrap().mode() & 0o777, 0o640);
  assert!(folder.path().join(".env").is_symlink());
  assert_eq!(ledger.pins(Slot::Blue).unwrap(), Some(put));
  let compose = fs::read_to_string(ledger.state().join("pins/blue.yml")).unwrap();
  assert!(compose.contains("api-blue"), "{compose}");
  assert!(compose.contains("sha256:aa"), "{compose}");
}

#[test]
fn the_live_record_moves_the_teams_state_files_and_again_changes_nothing() {
  let folder = folder();
  fs::write(folder.path().join(".current-env"), "blue").unwrap();
  fs::write(folder.path().join(".previous-env"), "green\n").unwrap();
  let ledger = ledger(folder.path());
  for _ in 0..2 {
    ledger.put_live_record(&live(Slot::Green, 2)).unwrap();
    let read = |name| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read(".current-env"), "green");
    assert_eq!(read(".previous-env"), "blue\n");
  }
  let StateFile {
    name: path,
    says: said,
  } = ledger.state_file().unwrap().unwrap();
  assert!(path.ends_with(".current-env"));
  assert_eq!(said, Ok(Slot::Green));
  assert_eq!(ledger.live_record().unwrap(), Some(live(Slot::Green, 2)));
}

#[test]
fn operations_are_numbered_without_reuse() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let lock = ledger.try_lock().unwrap().unwrap();
  assert_eq!(ledger.next_id(&lock).unwrap(), OperationId(1));
  for id in [1, 2, 128] {
    ledger.put_order(&order(id), &lock).unwrap();
  }
  fs::create_dir(ledger.state().join("operations/000129")).unwrap();
  assert_eq!(ledger.next_id(&lock).unwrap(), OperationId(130));
}

#[test]
fn a_journal_goes_on_after_a_torn_record_and_reads_as_one() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let lock = ledger.try_lock().unwrap().unwrap();
  let id = OperationId(1);
  let path = ledger.folder(id).journal();
  let step = |index| Event::StepStarted { index };
  for index in 0..4 {
    let journal = ledger.journal(id, &lock).unwrap();
    let record = journal.write(&step(index)).unwrap();
    assert_eq!(record.number, index as u64 + 1);
    drop(journal);
    let mut text = fs::read(&path).unwrap();
    text.extend_from_slice(b"{\"number\":9,\"at\":\"20");
    if index == 2 {
      text.push(b'\n');
    }
    fs::write(&path, &text).unwrap();
    let (records, torn) = ledger.records(id).unwrap();
    assert_eq!(records.len(), index + 1);
    assert_eq!(records.last(), Some(&record));
    assert!(matches!(torn, Torn::At(line, _) if line == 2 * index + 2));
  }
}

#[test]
fn an_edited_shortened_or_removed_journal_is_noticed() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let lock = ledger.try_lock().unwrap().unwrap();
  for id in 1..=3 {
    let journal = ledger.journal(OperationId(id), &lock).unwrap();
    for index in 0..3 {
      journal.write(&Event::StepStarted { index }).unwrap();
    }
  }
  assert_eq!(ledger.verify().unwrap(), []);
  let path = ledger.folder(OperationId(2)).journal();
  let whole = fs::read_to_string(&path).unwrap();

  fs::write(&path, whole.replacen("\"index\":1", "\"index\":7", 1)).unwrap();
  let faults = ledger.verify().unwrap();
  assert!(
    faults
      .iter()
      .any(|fault| fault.fault.what.as_str().contains("#2")),
    "{faults:?}"
  );

  let shorter: String = whole.split_inclusive('\n').take(2).collect();
  fs::write(&path, shorter).unwrap();
  let faults = ledger.verify().unwrap();
  assert!(faults[0].fault.what.as_str().contains("#3"), "{faults:?}");

  fs::remove_file(&path).unwrap();
  let faults = ledger.verify().unwrap();
  assert!(faults[0].fault.what.as_str().contains("#3"), "{faults:?}");
}

#[test]
fn an_operation_recovered_after_a_later_one_began_is_no_break_in_the_chain() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let lock = ledger.try_lock().unwrap().unwrap();
  for id in [1, 2, 1] {
    let journal = ledger.journal(OperationId(id), &lock).unwrap();
    journal.write(&Event::StepStarted { index: 0 }).unwrap();
  }
  assert_eq!(ledger.verify().unwrap(), []);
}

#[test]
fn a_failure_too_large_for_a_line_keeps_its_end() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let lock = ledger.try_lock().unwrap().unwrap();
  let journal = ledger.journal(OperationId(1), &lock).unwrap();
  let lines: Vec<_> = (0..100_000).map(|line| format!("line {line}")).collect();
  let failure = Failure::new("it broke").output(&lines.join("\n"));
  let event = Event::StepFailed {
    index: 0,
    failure,
    millis: 1,
  };
  let record = journal.write(&event).unwrap();
  assert_eq!(
    ledger.records(OperationId(1)).unwrap(),
    (vec![record.clone()], Torn::Whole)
  );
  let Event::StepFailed { failure, .. } = record.event else {
    panic!("another event");
  };
  assert_eq!(failure.output.last(), Some(&Shown::line("line 99999")));
}

#[test]
fn the_saved_managed_file_lies_beside_the_journal_to_be_put_back_by_hand() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let lock = ledger.try_lock().unwrap().unwrap();
  let journal = ledger.journal(OperationId(1), &lock).unwrap();
  let text = "upstream live { server api-blue:80; }\n";
  let event = Event::StepFinished {
    index: 0,
    produced: Produced::Saved {
      saved: SavedFile {
        hash: FileHash("1".into()),
        slot: Some(Slot::Blue),
        generation: None,
        content: FileContent::Text(text.into()),
      },
      next: NextFile {
        slot: Slot::Green,
        generation: 2,
        hash: FileHash("2".into()),
        content: FileContent::Text("x".into()),
      },
    },
    millis: 1,
  };
  journal.write(&event).unwrap();
  let kept = ledger.folder(OperationId(1)).path().join("saved-file");
  assert_eq!(fs::read_to_string(kept).unwrap(), text);
}

#[tokio::test]
async fn an_operation_that_begins_is_told_at_once_also_when_nobody_was_listening() {
  let folder = folder();
  let (ledger, other) = (ledger(folder.path()), ledger(folder.path()));
  let lock = ledger.try_lock().unwrap().unwrap();
  let told = || timeout(Duration::from_secs(2), other.changed());
  let (first, ()) = tokio::join!(told(), async {
    ledger.put_order(&order(1), &lock).unwrap();
  });
  first.expect("what was written is told");
  // Until all of it was told.
  while timeout(Duration::from_millis(100), other.changed())
    .await
    .is_ok()
  {}
  ledger.put_order(&order(2), &lock).unwrap();
  told().await.expect("what was written in between is told");
}
