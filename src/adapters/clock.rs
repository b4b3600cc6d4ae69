//! The wall clock, for records and display. Deadlines use tokio's monotonic clock instead.

use chrono::{DateTime, Utc};

use crate::engine::ports::Clock;

pub struct SystemClock;

impl Clock for SystemClock {
  fn now(&self) -> DateTime<Utc> {
    Utc::now()
  }
}
