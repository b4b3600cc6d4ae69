//! Killed, out of space, or failing at any system call: what was acknowledged is there, and every
//! file is the complete old or the complete new one.

use std::{
  fs,
  path::Path,
  process::{Command, Stdio},
  time::Duration,
};

use cutover::{
  engine::ports::{Journal, Ledger, PortErrorKind, Torn},
  model::{Slot, event::Event, operation::OperationId, shown::Shown},
};

use crate::fixture::{Player, folder, ledger, live, role_command, until};

#[test]
fn every_acknowledged_record_survives_a_killed_runner() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let id = OperationId(1);
  let mut total = 0;
  // Where it is hit depends on the scheduler; the counts spread it over the first records.
  for round in 0..30 {
    let mut player = Player::start("appends", folder.path());
    for _ in 0..=round % 7 {
      total = player.said().map(|word| number(&word)).unwrap();
    }
    player.kill();
    while let Some(word) = player.said() {
      total = number(&word);
    }
    let (records, _) = ledger.records(id).unwrap();
    assert!(records.len() >= total, "{} < {total}", records.len());
    for (position, record) in records.iter().enumerate() {
      assert_eq!(record.number, position as u64 + 1);
    }
    total = records.len();
  }
  // A kill may tear the line it hits where it crosses a page: the next record makes it whole.
  let lock = ledger.try_lock().unwrap().unwrap();
  let journal = ledger.journal(id, &lock).unwrap();
  journal.write(&Event::StepStarted { index: 0 }).unwrap();
  let (records, torn) = ledger.records(id).unwrap();
  assert_eq!((records.len(), torn), (total + 1, Torn::Whole));
}

/// `@<number> <index>`; a word cut off by the kill was not an acknowledgement.
fn number(word: &str) -> usize {
  word
    .split_once(' ')
    .map_or(0, |(number, _)| number.parse().unwrap())
}

/// Runs the role that writes the live record under `strace`, which makes the `nth` call of `call`
/// fail or kill; true when the role did not get to its end.
fn is_hit(root: &Path, call: &str, fault: &str, nth: u32) -> bool {
  let role = role_command("records_green_after_blue");
  let status = Command::new("strace")
    .args(["-f", "-o", "/dev/null", "-e", &format!("trace={call}")])
    .args(["-e", &format!("inject={call}:{fault}:when={nth}")])
    .args(role)
    .arg(root)
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .status();
  match status {
    Ok(status) => !status.success(),
    Err(error) => panic!("strace cannot be run ({error}): apt-get install strace"),
  }
}

#[test]
fn a_fault_at_any_system_call_leaves_the_old_or_the_new_file() {
  let root = folder();
  let calls = [
    ("openat", 24),
    ("write", 5),
    ("fchmod", 5),
    ("fsync", 8),
    ("rename,renameat,renameat2", 4),
  ];
  let mut hits = 0;
  for (call, most) in calls {
    for fault in ["signal=SIGKILL", "error=ENOSPC", "error=EIO"] {
      for nth in 1..=most {
        let ledger = ledger(root.path());
        ledger.put_live_record(&live(Slot::Blue, 1)).unwrap();
        let hit = is_hit(root.path(), call, fault, nth);
        hits += u32::from(hit);
        let place = format!("{call} {nth} {fault}");
        let now = ledger.live_record().expect(&place).unwrap();
        assert!([Slot::Blue, Slot::Green].contains(&now.live), "{place}");
        let said = ledger.state_file().unwrap().unwrap().says.expect(&place);
        assert!(said == Slot::Blue || now.live == Slot::Green, "{place}");
        assert!(hit || said == Slot::Green, "{place}: done, but not written");
        let former = fs::read_to_string(root.path().join(".previous-env"));
        assert!(
          matches!(former.unwrap().as_str(), "blue\n" | "green\n"),
          "{place}"
        );
      }
    }
  }
  // The three files take 3 renames, 3 writes, 3 chmods and 6 fsyncs: less would mean that the
  // faults were not injected at all.
  assert!(hits >= 3 * (3 + 3 + 3 + 6), "only {hits} faults struck");
}

/// A file system of 1 MiB, unmounted when dropped.
struct Small(tempfile::TempDir);

impl Small {
  fn mount() -> Self {
    let folder = folder();
    let done = Command::new("mount")
      .args(["-t", "tmpfs", "-o", "size=1m", "cutover-test"])
      .arg(folder.path())
      .status()
      .unwrap();
    assert!(
      done.success(),
      "this test mounts a tmpfs of 1 MiB: run it as root"
    );
    fs::write(folder.path().join("cutover.toml"), "").unwrap();
    Self(folder)
  }
}

impl Drop for Small {
  fn drop(&mut self) {
    let _ = Command::new("umount").arg(self.0.path()).status();
  }
}

#[test]
fn on_a_full_disk_the_reserve_keeps_the_end_of_the_operation() {
  let disk = Small::mount();
  let ledger = ledger(disk.0.path());
  let lock = ledger.try_lock().unwrap().unwrap();
  let id = OperationId(1);
  let journal = ledger.journal(id, &lock).unwrap();
  let filler = disk.0.path().join("filler");
  fs::write(&filler, ".".repeat(64 * 1024)).unwrap();
  let reserve = ledger.state().join("operations/reserve");
  assert_eq!(fs::metadata(&reserve).unwrap().len(), 256 * 1024);
  let mut written = Vec::new();
  let note = Event::StepNote {
    index: 0,
    text: Shown::line(&"x".repeat(8000)),
  };
  while reserve.exists() {
    written.push(journal.write(&note).unwrap());
    assert!(written.len() < 1000, "the disk is never full");
  }
  let after = written.len();
  // The reserve is room for some thirty more of these.
  let refused = loop {
    match journal.write(&note) {
      Ok(record) => written.push(record),
      Err(error) => break error,
    }
    assert!(written.len() < 1000, "the disk is never full");
  };
  assert!(written.len() > after + 20, "{after} {}", written.len());
  assert_eq!(refused.kind, PortErrorKind::Refused);
  assert!(refused.detail.contains("df -h"), "{refused}");

  let (records, _) = ledger.records(id).unwrap();
  assert_eq!(records, written);
  assert!(
    ledger
      .preflight()
      .iter()
      .any(|finding| finding.fault.what.as_str().contains("MiB free"))
  );
  assert!(ledger.put_live_record(&live(Slot::Green, 2)).is_err());
  assert_eq!(ledger.live_record().unwrap(), None);

  fs::remove_file(&filler).unwrap();
  let step = Event::StepStarted { index: 1 };
  written.push(journal.write(&step).unwrap());
  drop(journal);
  let again = ledger.journal(id, &lock).unwrap();
  written.push(again.write(&step).unwrap());
  assert_eq!(ledger.records(id).unwrap(), (written, Torn::Whole));
}

#[test]
fn a_killed_runner_leaves_a_journal_that_the_next_one_continues() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let id = OperationId(1);
  let mut player = Player::start("appends", folder.path());
  player.said().unwrap();
  player.kill();
  let mut lock = None;
  until("the lock is free", Duration::from_secs(1), || {
    lock = ledger.try_lock().unwrap();
    lock.is_some()
  });
  let before = ledger.records(id).unwrap().0.len() as u64;
  let journal = ledger.journal(id, &lock.unwrap()).unwrap();
  let record = journal.write(&Event::StepStarted { index: 9 }).unwrap();
  assert_eq!(record.number, before + 1);
  assert_eq!(ledger.records(id).unwrap().1, Torn::Whole);
}
