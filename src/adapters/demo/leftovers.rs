//! Ends what belongs to a demo's folder and removes it: at the end of a demo, and before the next one
//! for a demo that was killed.
//!
//! A process belongs to the folder when it is this user's, works inside of it, and is one of the few
//! verbs a demo starts; that is asked of the kernel in the moment it is ended, never remembered.

use std::{
  fs, io,
  os::unix::fs::MetadataExt,
  path::{Path, PathBuf},
  time::Duration,
};

use nix::{
  sys::signal::{Signal, kill},
  unistd::{Pid, Uid},
};
use tokio::time::{Instant, sleep};

use super::site::Owner;
use crate::adapters::processes::{self, ProcessFacts};

/// Temporary folders of demos begin with this.
pub const PREFIX: &str = "cutover-demo-";
/// The verbs that a demo's processes are, those first that would start others again.
const VERBS: [&str; 4] = ["operate", "supervise", "proxy", "sample"];
/// What they may take to end by themselves.
const GRACE: Duration = Duration::from_secs(3);

/// Removes what demos of this user left in `temporary` whose own process is gone.
pub async fn sweep(temporary: &Path) -> io::Result<usize> {
  let mut swept = 0;
  for entry in fs::read_dir(temporary)?.flatten() {
    let path = entry.path();
    let named = entry.file_name().to_string_lossy().starts_with(PREFIX);
    let ours = entry
      .metadata()
      .is_ok_and(|facts| facts.is_dir() && facts.uid() == Uid::current().as_raw());
    if named && ours && Owner::of(&path).is_some_and(|owner| !owner.is_alive()) {
      end(&path).await;
      fs::remove_dir_all(&path)?;
      swept += 1;
    }
  }
  Ok(swept)
}

/// Ends every process of the demo in `folder`.
pub async fn end(folder: &Path) {
  let Ok(folder) = folder.canonicalize() else {
    return;
  };
  let until = Instant::now() + GRACE;
  for verb in VERBS {
    signal_all(&folder, verb, Signal::SIGTERM);
  }
  while Instant::now() < until {
    if living(&folder).is_empty() {
      return;
    }
    sleep(Duration::from_millis(20)).await;
  }
  // Also those that were started while others ended.
  for _ in 0..10 {
    for verb in VERBS {
      signal_all(&folder, verb, Signal::SIGKILL);
    }
    sleep(Duration::from_millis(20)).await;
    if living(&folder).is_empty() {
      return;
    }
  }
}

fn signal_all(folder: &Path, verb: &str, signal: Signal) {
  for (pid, facts, what) in living(folder) {
    // Still the same one: the number could be another's since the look.
    let same = processes::facts(pid).is_some_and(|now| now.started == facts.started);
    if what == verb
      && same
      && let Ok(pid) = i32::try_from(pid)
    {
      let _ = kill(Pid::from_raw(pid), signal);
    }
  }
}

/// Number, facts and verb of each process of the demo in `folder`.
fn living(folder: &Path) -> Vec<(u32, ProcessFacts, &'static str)> {
  processes::all()
    .filter_map(|pid| {
      let there: PathBuf = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
      if !there.starts_with(folder) || processes::user_of(pid)? != Uid::current().as_raw() {
        return None;
      }
      let words = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
      let second = words.split(|byte| *byte == 0).nth(1)?;
      let verb = VERBS.into_iter().find(|verb| verb.as_bytes() == second)?;
      let facts = processes::facts(pid).filter(|facts| !matches!(facts.state, 'Z' | 'X'))?;
      Some((pid, facts, verb))
    })
    .collect()
}
