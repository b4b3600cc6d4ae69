//! Whether a frame is due, and when: a key is answered at once, what nobody asked for waits for the
//! frame clock, and a moment more for what comes along with it.

use std::time::Duration;

use tokio::time::Instant;

/// Figures, the clock and an answer through the proxy come with the same beat: one frame for all.
const GATHER: Duration = Duration::from_millis(4);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
  No,
  /// At the frame clock, and not before.
  Soon(Instant),
  /// A key was pressed.
  Now,
}

impl Due {
  /// There is something to show.
  pub(super) fn soon(&mut self) {
    if *self == Self::No {
      *self = Self::Soon(Instant::now() + GATHER);
    }
  }

  /// When the frame is to be drawn, if the frame clock allows the next at `clock`.
  pub(super) fn at(self, clock: Instant) -> Option<Instant> {
    match self {
      Self::No => None,
      Self::Soon(gathered) => Some(gathered.max(clock)),
      Self::Now => Some(Instant::now()),
    }
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[tokio::test(start_paused = true)]
  async fn a_key_is_drawn_now_and_news_with_what_comes_along_at_the_frame_clock() {
    let now = Instant::now();
    let clock = now + Duration::from_millis(30);
    let mut due = Due::No;
    assert_eq!(due.at(clock), None);
    due.soon();
    assert_eq!(due.at(clock), Some(clock));
    assert_eq!(due.at(now), Some(now + GATHER), "a moment more");
    tokio::time::advance(Duration::from_millis(2)).await;
    due.soon();
    assert_eq!(due.at(now), Some(now + GATHER), "but only once");
    due = Due::Now;
    due.soon();
    assert_eq!(due.at(clock), Some(Instant::now()));
  }
}
