//! The frame clock: when the next frame that no key asked for may be drawn.

use std::time::Duration;

use tokio::time::Instant;

/// Less than between two readings of the logs, which set the pace in a flood: a frame that came late must not
/// make all that follow late as well.
const LOCAL: Duration = Duration::from_millis(25);
const OVER_SSH: Duration = Duration::from_millis(125);
const UNFOCUSED: Duration = Duration::from_secs(1);
/// What such frames may take of a line nobody knows the speed of: what is sent faster than it carries waits in
/// front of the answer to the next key.
const SSH_BYTES_PER_SECOND: u32 = 16_000;

#[derive(Debug)]
pub(super) struct Pace {
  between: Duration,
  /// `None` where frames may be as large as they come.
  bytes_per_second: Option<u32>,
  /// When it last ticked.
  last: Instant,
  /// When the line has carried what was drawn, whoever asked for it.
  free: Instant,
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
    let now = Instant::now();
    Self {
      between,
      bytes_per_second,
      last: now,
      free: now,
      focused: true,
    }
  }

  /// A large frame keeps the next key waiting.
  pub(super) fn is_careful(&self) -> bool {
    self.bytes_per_second.is_some()
  }

  pub(super) fn focus(&mut self, focused: bool) {
    self.focused = focused;
  }

  /// A frame is drawn by the clock now.
  pub(super) fn ticked(&mut self) {
    self.last = Instant::now();
  }

  /// So many bytes were drawn now.
  pub(super) fn drew(&mut self, bytes: usize) {
    if let Some(speed) = self.bytes_per_second {
      let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
      self.free = self.free.max(Instant::now()) + Duration::from_secs(1) * bytes / speed;
    }
  }

  pub(super) fn next(&self) -> Instant {
    let between = if self.focused {
      self.between
    } else {
      UNFOCUSED
    };
    self.free.max(self.last + between)
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[tokio::test(start_paused = true)]
  async fn a_large_frame_is_given_time_on_a_line_of_unknown_speed() {
    let mut pace = Pace::new(None, true);
    let now = Instant::now();
    pace.drew(400);
    assert_eq!(pace.next(), now + OVER_SSH);
    pace.drew(7_600);
    assert_eq!(pace.next(), now + Duration::from_millis(500));
    tokio::time::advance(Duration::from_millis(100)).await;
    pace.drew(16);
    assert_eq!(
      pace.next(),
      now + Duration::from_millis(501),
      "a small frame does not make a large one arrive sooner"
    );
    let asked = Duration::from_millis(100);
    for mut free in [Pace::new(None, false), Pace::new(Some(asked), true)] {
      let before = free.next();
      free.drew(1_000_000);
      assert_eq!(free.next(), before);
    }
  }

  #[tokio::test(start_paused = true)]
  async fn nobody_looks_nobody_hurries() {
    let mut pace = Pace::new(None, false);
    tokio::time::advance(Duration::from_millis(10)).await;
    pace.ticked();
    let now = Instant::now();
    pace.focus(false);
    assert_eq!(pace.next(), now + UNFOCUSED);
    pace.focus(true);
    assert_eq!(pace.next(), now + LOCAL);
  }
}
