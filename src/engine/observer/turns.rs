//! Whose turn it is: when each part is due, whether it is being looked at, and whether something
//! happened meanwhile that makes one more look necessary. Pure but for the type of an instant.

use tokio::time::Instant;

use crate::model::Slot;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
  /// The engine's event stream, when it is not open.
  Changes,
  Containers(Slot),
  Shared,
  Runtime,
  Proof,
  Router,
  Health(Slot),
  Ledger,
}

impl Part {
  pub(super) const ALL: [Self; 10] = [
    Self::Changes,
    Self::Containers(Slot::Blue),
    Self::Containers(Slot::Green),
    Self::Shared,
    Self::Runtime,
    Self::Proof,
    Self::Router,
    Self::Health(Slot::Blue),
    Self::Health(Slot::Green),
    Self::Ledger,
  ];
}

#[derive(Clone, Copy, Debug, Default)]
struct Turn {
  /// `None`: only when it is called for.
  due: Option<Instant>,
  looking: bool,
  /// Called for while it was being looked at: what is being seen may be older than the call.
  again: Option<Instant>,
}

#[derive(Debug, Default)]
pub(super) struct Turns([Turn; Part::ALL.len()]);

impl Turns {
  fn of(&mut self, part: Part) -> Option<&mut Turn> {
    let index = Part::ALL.iter().position(|one| *one == part)?;
    self.0.get_mut(index)
  }

  /// Something happened: `part` is looked at by `at`, at the latest.
  pub(super) fn call(&mut self, part: Part, at: Instant) {
    if let Some(turn) = self.of(part) {
      let due = if turn.looking {
        &mut turn.again
      } else {
        &mut turn.due
      };
      *due = Some(due.map_or(at, |due| due.min(at)));
    }
  }

  /// The part was looked at; its ordinary turn comes at `next`.
  pub(super) fn done(&mut self, part: Part, next: Option<Instant>) {
    if let Some(turn) = self.of(part) {
      turn.looking = false;
      turn.due = match (turn.again.take(), next) {
        (Some(again), Some(next)) => Some(again.min(next)),
        (again, next) => again.or(next),
      };
    }
  }

  /// Those whose turn has come; they count as being looked at from now on.
  pub(super) fn start(&mut self, now: Instant) -> Vec<Part> {
    let mut started = Vec::new();
    for (turn, part) in self.0.iter_mut().zip(Part::ALL) {
      if !turn.looking && turn.due.is_some_and(|due| due <= now) {
        turn.looking = true;
        turn.due = None;
        started.push(part);
      }
    }
    started
  }

  /// When the next turn comes.
  pub(super) fn next(&self) -> Option<Instant> {
    self
      .0
      .iter()
      .filter(|turn| !turn.looking)
      .filter_map(|turn| turn.due)
      .min()
  }
}

#[cfg(test)]
mod tests {
  use std::time::Duration;

  use super::*;

  #[tokio::test(start_paused = true)]
  async fn calls_during_a_look_become_one_look_after_it() {
    let now = Instant::now();
    let later = now + Duration::from_secs(30);
    let mut turns = Turns::default();
    assert_eq!(turns.next(), None);
    turns.call(Part::Shared, now);
    assert_eq!(turns.start(now), [Part::Shared]);
    turns.call(Part::Shared, now);
    turns.call(Part::Shared, now);
    assert!(turns.start(now).is_empty(), "it is being looked at");
    turns.done(Part::Shared, Some(later));
    assert_eq!(turns.start(now), [Part::Shared]);
    turns.done(Part::Shared, Some(later));
    assert!(turns.start(now).is_empty());
    assert_eq!(turns.next(), Some(later));
  }
}
