//! The parts are looked at at different times, and an operation moves users between two looks: what
//! was seen before then contradicts what was seen after. That is no disagreement yet. Before one is
//! told, whoever takes part in it is asked once more.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::model::{observation::Observation, shown::Shown, traffic::Live};

#[derive(Default)]
pub(super) struct Doubt {
  told: Option<Told>,
  open: Option<Open>,
}

/// What whoever listens knows already.
struct Told {
  disputed: bool,
  drift: Vec<Shown>,
}

struct Open {
  at: DateTime<Utc>,
  since: Instant,
}

/// What becomes of an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tell {
  Yes,
  /// Not before it was looked at again.
  LookAgain,
  /// It is being looked at again.
  Wait,
}

impl Doubt {
  /// `looked` is when the oldest of those was asked that can contradict each other, `most` how long
  /// to wait for them.
  pub(super) fn judge(
    &mut self,
    seen: &Observation,
    looked: DateTime<Utc>,
    most: Duration,
  ) -> Tell {
    let disputed = matches!(seen.live, Live::Disputed { .. });
    // The first observation is all of one age.
    let is_news = self.told.as_ref().is_some_and(|told| {
      (disputed && !told.disputed) || seen.drift.iter().any(|one| !told.drift.contains(one))
    });
    if is_news {
      match &self.open {
        None => {
          self.open = Some(Open {
            at: seen.at,
            since: Instant::now(),
          });
          return Tell::LookAgain;
        }
        Some(open) if open.since.elapsed() >= most => {}
        Some(open) if looked < open.at => return Tell::Wait,
        Some(_) => {}
      }
    }
    self.open = None;
    self.told = Some(Told {
      disputed,
      drift: seen.drift.clone(),
    });
    Tell::Yes
  }
}
