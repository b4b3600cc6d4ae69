//! Where users are by the word of the operation that moves them: newer than any look at the site from
//! the moment the proxy was told to reload.

use chrono::{DateTime, Utc};

use crate::model::{
  Slot,
  event::{Event, Produced, Record},
  plan::Step,
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Users {
  /// It did not touch them, or does not know: only a look at the site says where they are.
  #[default]
  NotTold,
  /// The proxy was told to serve them from `to`, and nothing has proven yet that it does.
  Moving { to: Slot },
  /// Answers through the proxy came from `slot` until `at`.
  Proven { slot: Slot, at: DateTime<Utc> },
}

impl Users {
  /// After one more record. `step` is the one the record is about, `from` where users were before the
  /// operation.
  pub(super) fn after(self, record: &Record, step: Option<&Step>, from: Option<Slot>) -> Self {
    let at = record.at;
    match (&record.event, step) {
      (Event::StepStarted { .. }, Some(Step::Reload { slot })) => Self::Moving { to: *slot },
      (
        Event::StepFinished {
          produced: Produced::Proved { .. },
          ..
        },
        Some(Step::Prove { slot }),
      ) => Self::Proven { slot: *slot, at },
      (Event::RestoreStarted { .. }, _) if self != Self::NotTold => {
        from.map_or(Self::NotTold, |to| Self::Moving { to })
      }
      (Event::RestoreFinished { proven, .. }, _) => {
        proven.map_or(Self::NotTold, |slot| Self::Proven { slot, at })
      }
      // Hours may lie between the records before this one and those after it.
      (Event::RestoreFailed { .. } | Event::Resumed { .. }, _) => Self::NotTold,
      (Event::Ended { .. }, _) if matches!(self, Self::Moving { .. }) => Self::NotTold,
      _ => self,
    }
  }
}
