//! Log lines that came since the frame clock's last frame: they wait for its next one, so that the
//! frame which answers a key carries the answer and nothing else.
//!
//! Where a line may be slow, one environment's log is brought up to date per frame, in turns: a
//! frame half as large is a wait half as long for the key that comes behind it.

use std::collections::VecDeque;

use crate::model::log_source::Feed;

/// Where no frame is drawn for long (nobody looks, a terminal that takes nothing), lines are handed on
/// anyway: what keeps them has a budget, this has none.
const MOST_WAITING: usize = 128;

#[derive(Debug, Default)]
pub(super) struct Turns(VecDeque<Feed>);

impl Turns {
  pub(super) fn wait(&mut self, feed: Feed) {
    self.0.push_back(feed);
  }

  pub(super) fn is_empty(&self) -> bool {
    self.0.is_empty()
  }

  pub(super) fn is_full(&self) -> bool {
    self.0.len() >= MOST_WAITING
  }

  pub(super) fn all(&mut self) -> Vec<Feed> {
    self.0.drain(..).collect()
  }

  /// Everything of the environment (or of what belongs to none) whose log has waited longest.
  pub(super) fn longest(&mut self) -> Vec<Feed> {
    let Some(slot) = self.0.front().map(|feed| feed.source().slot) else {
      return Vec::new();
    };
    let (turn, rest) = self
      .0
      .drain(..)
      .partition::<Vec<_>, _>(|feed| feed.source().slot == slot);
    self.0 = rest.into();
    turn
  }
}

#[cfg(test)]
mod tests {
  use chrono::DateTime;

  use super::*;
  use crate::model::{Slot, log_source::SourceId};

  fn feed(slot: Option<Slot>) -> Feed {
    let name = "api".to_owned();
    Feed::Lines {
      source: SourceId { slot, name },
      received: DateTime::UNIX_EPOCH,
      dropped: 0,
      lines: Vec::new(),
    }
  }

  #[test]
  fn who_waited_longest_has_its_turn_with_all_it_has() {
    let (blue, green, proxy) = (feed(Some(Slot::Blue)), feed(Some(Slot::Green)), feed(None));
    let mut turns = Turns::default();
    for feed in [&green, &blue, &green, &proxy] {
      turns.wait(feed.clone());
    }
    assert_eq!(turns.longest(), [green.clone(), green.clone()]);
    turns.wait(green.clone());
    assert_eq!(turns.longest(), [blue]);
    assert_eq!(turns.longest(), [proxy]);
    assert_eq!(turns.all(), [green]);
    assert!(turns.is_empty() && turns.longest().is_empty());
  }

  #[test]
  fn what_nobody_fetches_does_not_pile_up() {
    let mut turns = Turns::default();
    for _ in 1..MOST_WAITING {
      turns.wait(feed(None));
    }
    assert!(!turns.is_full());
    turns.wait(feed(None));
    assert!(turns.is_full());
  }
}
