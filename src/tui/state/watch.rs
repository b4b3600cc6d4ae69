//! The watch after a switch as this console has it: the verdict, what the former slot did before,
//! and the rollback that begins by itself.

use std::time::Duration;

use super::ask::Ticket;
use crate::model::{
  operation::OperationId,
  shown::Shown,
  watch::{Before, Moved, Verdict},
};

/// Between the broken limit and the rollback that begins by itself.
pub const COUNTDOWN: Duration = Duration::from_secs(10);

#[derive(Default)]
pub struct Watch {
  /// What moved users last, with the verdict about it; `None` when nothing is to be watched.
  pub verdict: Option<(Moved, Verdict)>,
  pub before: Option<Before>,
  pub by_itself: ByItself,
}

/// How far the rollback of its own is. One console tries once for each operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ByItself {
  #[default]
  Idle,
  Counting {
    of: OperationId,
    until: Duration,
  },
  /// The plan, and then the launch, were asked for with this ticket.
  Asked {
    of: OperationId,
    ticket: Ticket,
  },
  Tried {
    of: OperationId,
    /// Why it was not begun.
    why_not: Option<Shown>,
  },
}

impl ByItself {
  /// It went further than counting for this operation.
  pub fn is_done_with(&self, operation: OperationId) -> bool {
    match self {
      Self::Idle | Self::Counting { .. } => false,
      Self::Asked { of, .. } | Self::Tried { of, .. } => *of == operation,
    }
  }

  pub fn has(&self, mine: Ticket) -> bool {
    matches!(self, Self::Asked { ticket, .. } if *ticket == mine)
  }

  pub fn wake_at(&self) -> Option<Duration> {
    match self {
      Self::Counting { until, .. } => Some(*until),
      Self::Idle | Self::Asked { .. } | Self::Tried { .. } => None,
    }
  }
}
