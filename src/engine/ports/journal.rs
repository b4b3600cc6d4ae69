//! Where a runner writes before it acts.

use super::PortError;
use crate::model::event::{Event, Record};

/// The runner's own end of one operation's journal. Dropping it releases nothing: the lock does.
pub trait Journal: Send + Sync {
  /// Writes one event; durable when this returns, except notes.
  fn write(&self, event: &Event) -> Result<Record, PortError>;
}
