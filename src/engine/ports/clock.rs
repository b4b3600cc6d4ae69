//! The time of day.

use chrono::{DateTime, Utc};

/// Wall clock for display and records; deadlines use tokio's monotonic clock.
pub trait Clock: Send + Sync {
  fn now(&self) -> DateTime<Utc>;
}
