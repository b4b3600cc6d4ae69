//! How long to wait between two frames that no key asked for.

use std::time::Duration;

/// Less than between two readings of the logs, which set the pace in a flood: a frame that came late must not
/// make all that follow late as well.
const LOCAL: Duration = Duration::from_millis(25);
const OVER_SSH: Duration = Duration::from_millis(250);
const UNFOCUSED: Duration = Duration::from_secs(1);
/// What such frames may take of a line nobody knows the speed of: what is sent faster than it carries waits in
/// front of the answer to the next key.
const SSH_BYTES_PER_SECOND: u32 = 16_000;

#[derive(Debug)]
pub(super) struct Pace {
  between: Duration,
  /// `None` where frames may be as large as they come.
  bytes_per_second: Option<u32>,
  /// What the line is given for the newest frame.
  carried: Duration,
  focused: bool,
}

impl Pace {
  /// As asked for, or as fits the line.
  pub(super) fn new(asked: Option<Duration>, over_ssh: bool) -> Self {
    let (between, bytes_per_second) = match asked {
      Some(between) => (between, None),
      None if over_ssh => (OVER_SSH, Some(SSH_BYTES_PER_SECOND)),
      None => (LOCAL, None),
    };
    Self {
      between,
      bytes_per_second,
      carried: Duration::ZERO,
      focused: true,
    }
  }

  pub(super) fn focus(&mut self, focused: bool) {
    self.focused = focused;
  }

  pub(super) fn drew(&mut self, bytes: usize) {
    if let Some(speed) = self.bytes_per_second {
      let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
      self.carried = Duration::from_secs(1) * bytes / speed;
    }
  }

  pub(super) fn pause(&self) -> Duration {
    if self.focused {
      self.between.max(self.carried)
    } else {
      UNFOCUSED
    }
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_large_frame_is_given_time_on_a_line_of_unknown_speed() {
    let mut pace = Pace::new(None, true);
    pace.drew(400);
    assert_eq!(pace.pause(), OVER_SSH);
    pace.drew(8_000);
    assert_eq!(pace.pause(), Duration::from_millis(500));
    let asked = Duration::from_millis(100);
    for mut free in [Pace::new(None, false), Pace::new(Some(asked), true)] {
      let before = free.pause();
      free.drew(1_000_000);
      assert_eq!(free.pause(), before);
    }
  }

  #[test]
  fn nobody_looks_nobody_hurries() {
    let mut pace = Pace::new(None, false);
    pace.focus(false);
    assert_eq!(pace.pause(), UNFOCUSED);
    pace.focus(true);
    assert_eq!(pace.pause(), LOCAL);
  }
}
