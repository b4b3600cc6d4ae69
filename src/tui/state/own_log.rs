//! Where the operator is in the console's own log.

use std::fmt;

use tui_logger::{TuiWidgetEvent, TuiWidgetState};

#[derive(Default)]
pub struct OwnLog(TuiWidgetState);

impl fmt::Debug for OwnLog {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("OwnLog")
  }
}

impl OwnLog {
  /// Down is positive; the newest line is at the bottom.
  pub fn step(&mut self, by: isize) {
    self.0.transition(match by {
      isize::MAX => TuiWidgetEvent::EscapeKey,
      ..0 => TuiWidgetEvent::PrevPageKey,
      0.. => TuiWidgetEvent::NextPageKey,
    });
  }

  pub fn widget_state(&self) -> &TuiWidgetState {
    &self.0
  }
}
