//! Misbehavior asked for at run time with `POST /admin/fault`. Each request replaces the whole set; `{}` clears it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Asked {
  pub(super) error_rate: f64,
  pub(super) latency_ms: u64,
  pub(super) unhealthy: bool,
  pub(super) log_flood: u32,
  pub(super) crash: bool,
}

#[derive(Debug, Default)]
struct Current {
  asked: Asked,
  /// Errors owed so far. Spread evenly instead of drawn, so that a rate can be asserted exactly.
  owed: f64,
}

/// Requests of users that a version which wears out answers soundly.
const WORN_OUT_AFTER: u32 = 100;

#[derive(Debug, Default)]
pub(super) struct Faults {
  current: Mutex<Current>,
  used: AtomicU32,
  crash: CancellationToken,
}

impl Faults {
  pub(super) fn replace(&self, asked: Asked) {
    if asked.crash {
      self.crash.cancel();
    }
    *self.current() = Current { asked, owed: 0.0 };
  }

  /// A user came by; smoke tests and health checks are none.
  pub(super) fn wear(&self) {
    if self.used.fetch_add(1, Ordering::Relaxed) == WORN_OUT_AFTER {
      self.replace(Asked {
        error_rate: 0.3,
        latency_ms: 400,
        ..Asked::default()
      });
    }
  }

  pub(super) fn error_is_due(&self) -> bool {
    let mut current = self.current();
    current.owed += current.asked.error_rate.clamp(0.0, 1.0);
    let due = current.owed >= 1.0;
    if due {
      current.owed -= 1.0;
    }
    due
  }

  pub(super) fn latency(&self) -> Duration {
    Duration::from_millis(self.current().asked.latency_ms.min(60_000))
  }

  pub(super) fn is_unhealthy(&self) -> bool {
    self.current().asked.unhealthy
  }

  pub(super) fn log_lines_per_second(&self) -> u32 {
    self.current().asked.log_flood
  }

  pub(super) async fn crash_asked(&self) {
    self.crash.cancelled().await;
  }

  fn current(&self) -> MutexGuard<'_, Current> {
    self.current.lock().unwrap_or_else(PoisonError::into_inner)
  }
}

#[cfg(test)]
mod tests {
  use super::{Asked, Faults};

  #[test]
  fn a_rate_of_one_quarter_fails_every_fourth_request() {
    let faults = Faults::default();
    faults.replace(Asked {
      error_rate: 0.25,
      ..Asked::default()
    });
    let failed = (0..100).filter(|_| faults.error_is_due()).count();
    assert_eq!(failed, 25);
  }

  #[test]
  fn an_empty_request_clears_what_was_asked_before() {
    let faults = Faults::default();
    faults.replace(Asked {
      error_rate: 1.0,
      unhealthy: true,
      ..Asked::default()
    });
    faults.replace(Asked::default());
    assert!(!faults.error_is_due());
    assert!(!faults.is_unhealthy());
  }
}
