//! What users got from the former slot in the five minutes before the switch, as far as anybody
//! here saw it.

use super::Moved;
use crate::model::{
  operation::OperationId,
  requests::{Request, Sum, Window, number},
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

  /// `None` when nothing of it was seen.
  pub fn sum(&self, moved: &Moved) -> Option<Sum> {
    // The span of the switch itself belongs to both slots.
    let last = number(moved.at) - 1;
    let sum = self.window.sum(last - SPANS, last);
    (sum.count > 0).then_some(sum)
  }
}
