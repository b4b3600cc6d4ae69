//! What users got from the former slot in the five minutes before the switch, as far as anybody
//! here saw it.

use super::Moved;
use crate::model::{
  operation::OperationId,
  requests::{Request, SPAN_SECONDS, Sum, Window, number},
};

/// Columns of the history that are kept of it.
const SPANS: i64 = 59;

#[derive(Clone)]
pub struct Before {
  operation: OperationId,
  window: Window,
}

impl Before {
  /// `window` is what the former slot answered until now.
  pub fn new(moved: &Moved, window: Window) -> Self {
    Self {
      operation: moved.operation,
      window,
    }
  }

  pub fn is_of(&self, moved: &Moved) -> bool {
    self.operation == moved.operation
  }

  /// A line that was read late.
  pub fn add(&mut self, moved: &Moved, request: &Request) {
    if request.at < moved.at {
      self.window.add(request);
    }
  }

  /// What it adds up to, and over how many seconds; `None` when nothing of it was seen.
  pub fn sum(&self, moved: &Moved) -> Option<(u64, Sum)> {
    // The span of the switch itself belongs to both slots.
    let last = number(moved.at) - 1;
    let first = (last - SPANS..=last).find(|span| self.window.sum(*span, *span).count > 0)?;
    let seconds = (last - first + 1) * SPAN_SECONDS;
    Some((seconds.unsigned_abs(), self.window.sum(first, last)))
  }
}
