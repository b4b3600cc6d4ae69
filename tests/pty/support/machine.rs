//! What the machine makes a console wait, and whoever reads what it writes: that much of a delay is not the
//! console's.

use std::{
  sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
  },
  thread::{self, JoinHandle},
  time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use nix::unistd::Pid;

/// How often it is asked.
const EVERY: Duration = Duration::from_millis(5);

/// What was measured at a moment.
struct Sample {
  at: DateTime<Utc>,
  /// How much too late the measuring thread was woken, which has nothing else to do.
  woken_late: TimeDelta,
  /// For how long the console was ready to run and did not, since it was started.
  waited: TimeDelta,
}

/// Measures until it is ended.
pub(crate) struct Machine {
  ends: Arc<AtomicBool>,
  watching: JoinHandle<Vec<Sample>>,
}

/// What was measured, oldest first.
pub(crate) struct Account(Vec<Sample>);

impl Machine {
  pub(crate) fn watch(console: Pid) -> Self {
    let ends = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&ends);
    let watching = thread::spawn(move || {
      let mut samples = Vec::new();
      while !theirs.load(Ordering::Relaxed) {
        let before = Utc::now();
        thread::park_timeout(EVERY);
        let at = Utc::now();
        samples.push(Sample {
          at,
          woken_late: at - before - TimeDelta::from_std(EVERY).expect("a pause"),
          waited: waited(console),
        });
      }
      samples
    });
    Self { ends, watching }
  }

  pub(crate) fn ends(self) -> Account {
    self.ends.store(true, Ordering::Relaxed);
    Account(self.watching.join().expect("the watch ends"))
  }
}

impl Account {
  /// For how long the machine served others in this span while the console, or whoever reads what it
  /// writes, was ready.
  pub(crate) fn waited(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
    let meanwhile = || self.0.iter().filter(|one| (from..=to).contains(&one.at));
    let woken_late = meanwhile().map(|one| one.woken_late).max();
    let waited = meanwhile()
      .next()
      .zip(meanwhile().next_back())
      .map(|(first, last)| last.waited - first.waited);
    [woken_late, waited]
      .into_iter()
      .flatten()
      .map(|late| late.max(TimeDelta::zero()))
      .sum()
  }
}

/// The kernel's own account of the thread that does everything (`/proc/PID/schedstat`: ran, waited,
/// slices).
fn waited(console: Pid) -> TimeDelta {
  let account = std::fs::read_to_string(format!("/proc/{console}/schedstat")).unwrap_or_default();
  let nanos = account
    .split(' ')
    .nth(1)
    .and_then(|nanos| nanos.parse().ok());
  TimeDelta::nanoseconds(nanos.unwrap_or_default())
}
