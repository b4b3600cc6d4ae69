//! One holder, whatever is killed; and a child that changes something holds as long as it lives.

use std::{
  fs,
  io::Read,
  sync::{
    Barrier,
    atomic::{AtomicBool, AtomicU32, Ordering},
  },
  time::{Duration, Instant},
};

use cutover::adapters::ledger::{LockState, SiteLock, is_held};
use cutover::engine::ports::Ledger;
use nix::{
  sys::signal::{Signal, kill},
  unistd::Pid,
};

use crate::fixture::{Player, folder, ledger, order, until};

const A_SECOND: Duration = Duration::from_secs(1);

#[test]
fn four_processes_never_hold_it_together_however_they_are_killed() {
  let folder = folder();
  let turns = AtomicU32::new(0);
  std::thread::scope(|scope| {
    for contender in 0..4_u32 {
      let (folder, turns) = (&folder, &turns);
      scope.spawn(move || {
        for round in 0..100_u32 {
          let mut player = Player::start("holds", folder.path());
          assert_eq!(player.said().as_deref(), Some("inside"));
          turns.fetch_add(1, Ordering::Relaxed);
          if (round.wrapping_mul(2_654_435_761) >> 16) % 4 == contender {
            player.release();
          } else {
            player.kill();
          }
        }
      });
    }
  });
  assert_eq!(turns.into_inner(), 400);
  assert!(!is_held(&folder.path().join(".cutover")).unwrap());
}

#[test]
fn it_is_free_within_a_second_of_its_holders_death() {
  let folder = folder();
  let ledger = ledger(folder.path());
  for _ in 0..20 {
    let mut player = Player::start("holds", folder.path());
    assert_eq!(player.said().as_deref(), Some("inside"));
    assert!(ledger.try_lock().unwrap().is_none());
    player.kill();
    until("the lock is free", A_SECOND, || {
      ledger.try_lock().unwrap().is_some()
    });
  }
}

/// A child of a killed process: nobody else would end it.
struct Orphan(i32);

impl Drop for Orphan {
  fn drop(&mut self) {
    let _ = kill(Pid::from_raw(self.0), Signal::SIGKILL);
  }
}

#[test]
fn a_child_with_it_as_stdin_keeps_it_until_it_ends_and_is_named() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let mut player = Player::start("starts_a_child", folder.path());
  let child = Orphan(player.said().unwrap().parse().unwrap());
  assert!(matches!(ledger.lock_state().unwrap(), LockState::Held(_)));
  player.kill();
  let LockState::LeftBehind {
    holder,
    pid,
    command,
  } = ledger.lock_state().unwrap()
  else {
    panic!("{:?}", ledger.lock_state());
  };
  assert_eq!(holder.operation, order(7).id);
  assert_eq!((pid.cast_signed(), &*command), (child.0, "sleep 60"));
  let shown = ledger.lock_holder().unwrap().unwrap();
  assert_eq!(shown.pid, pid);
  let from = shown.actor.from.unwrap();
  assert!(
    from
      .as_str()
      .contains(&format!("child pid {}: sleep 60", child.0)),
    "{from}"
  );
  assert!(ledger.try_lock().unwrap().is_none());

  drop(child);
  until("the lock is free", A_SECOND, || {
    matches!(ledger.lock_state().unwrap(), LockState::Free)
  });
}

#[test]
fn a_child_reads_an_end_of_file_from_it() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let lock = ledger.try_lock().unwrap().unwrap();
  let mut input = Vec::new();
  lock.child_stdin().unwrap().read_to_end(&mut input).unwrap();
  assert_eq!(input, b"");
}

#[test]
fn readers_that_look_at_the_same_time_do_not_see_each_other() {
  let folder = folder();
  let ledger = &ledger(folder.path());
  drop(ledger.try_lock().unwrap().unwrap());
  let ready = &Barrier::new(3);
  std::thread::scope(|scope| {
    for _ in 0..3 {
      scope.spawn(move || {
        ready.wait();
        for _ in 0..5_000 {
          assert!(!is_held(ledger.state()).unwrap());
        }
      });
    }
  });
}

#[test]
fn readers_that_look_all_the_time_do_not_keep_a_taker_out() {
  let folder = folder();
  let ledger = &ledger(folder.path());
  drop(ledger.try_lock().unwrap().unwrap());
  let stop = &AtomicBool::new(false);
  std::thread::scope(|scope| {
    for _ in 0..3 {
      scope.spawn(move || {
        while !stop.load(Ordering::Relaxed) {
          is_held(ledger.state()).unwrap();
          std::thread::yield_now();
        }
      });
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..200 {
      let from = Instant::now();
      // A panic here would wait for the readers for ever: what took too long fails below.
      while ledger.try_lock().unwrap().is_none() && from.elapsed() < A_SECOND {
        std::thread::yield_now();
      }
      slowest = slowest.max(from.elapsed());
    }
    stop.store(true, Ordering::Relaxed);
    assert!(slowest < Duration::from_millis(300), "{slowest:?}");
  });
}

#[test]
fn a_lock_file_that_is_not_empty_or_not_a_file_is_refused() {
  let folder = folder();
  let ledger = ledger(folder.path());
  drop(ledger.try_lock().unwrap().unwrap());
  let path = ledger.state().join("lock");
  fs::write(&path, "yes\n").unwrap();
  let error = ledger.try_lock().unwrap_err();
  assert!(error.detail.contains("truncate -s 0"), "{error}");

  fs::remove_file(&path).unwrap();
  std::os::unix::fs::symlink("/dev/null", &path).unwrap();
  assert!(ledger.try_lock().is_err());
}

#[test]
fn a_process_that_was_not_handed_the_lock_cannot_take_it_over() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let held = ledger.try_lock().unwrap().unwrap();
  let error = SiteLock::inherited_from_stdin(ledger.state()).unwrap_err();
  assert!(error.detail.contains("not the lock file"), "{error}");
  drop(held);
}

#[test]
fn a_held_lock_that_nobody_recorded_is_not_called_free() {
  let folder = folder();
  let ledger = ledger(folder.path());
  let _lock = ledger.try_lock().unwrap().unwrap();
  assert!(matches!(
    ledger.lock_state().unwrap(),
    LockState::Unseen(None)
  ));
  let error = ledger.lock_holder().unwrap_err();
  assert!(error.detail.contains("fuser"), "{error}");
}
