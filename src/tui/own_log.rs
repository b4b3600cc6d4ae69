//! What the console itself has to say: kept in memory, a bounded number of lines, for its own
//! panel and for a bug report. Nothing of it reaches stderr, which is the screen.

use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};
use tui_logger::{LevelFilter, TuiTracingSubscriberLayer};

/// Lines that are kept; older ones are dropped.
const MOST: usize = 2_000;
/// Lines that may wait until they are moved to the others.
const MOST_WAITING: usize = 500;

/// Keeps what passes `filter` from now on.
pub fn keep(filter: Targets) {
  tui_logger::set_default_level(LevelFilter::Trace);
  tui_logger::set_buffer_depth(MOST);
  tui_logger::set_hot_buffer_depth(MOST_WAITING);
  drop(
    tracing_subscriber::registry()
      .with(filter)
      .with(TuiTracingSubscriberLayer)
      .try_init(),
  );
}

/// Makes lines that came since the last call visible. Called at the console's own clock: the
/// logger's thread would wake a hundred times a second for it.
pub(super) fn settle() {
  tui_logger::move_events();
}
