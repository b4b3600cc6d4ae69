//! What a container uses, as the kernel counts it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One reading. `cpu` only grows while the container runs and begins anew when it starts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
  /// Time on all cores together since the container started.
  pub cpu: Duration,
  /// Bytes without the file cache that could be dropped at once, as `docker stats` counts.
  pub memory: u64,
  /// Bytes; `None` when nothing but the machine limits it.
  pub memory_limit: Option<u64>,
}

impl Usage {
  /// Cores kept busy since `earlier`, which was read `over` before: 1.0 is one whole core. `None`
  /// when no time passed or the container started again in between.
  pub fn cores_since(&self, earlier: &Self, over: Duration) -> Option<f64> {
    let spent = self.cpu.checked_sub(earlier.cpu)?;
    (!over.is_zero()).then(|| spent.as_secs_f64() / over.as_secs_f64())
  }

  /// The share of the limit in use, 0 to 1; `None` without a limit.
  #[expect(
    clippy::cast_precision_loss,
    reason = "a share is shown with two digits"
  )]
  pub fn memory_share(&self) -> Option<f64> {
    let limit = self.memory_limit.filter(|limit| *limit > 0)?;
    Some(self.memory as f64 / limit as f64)
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  fn used(millis: u64) -> Usage {
    Usage {
      cpu: Duration::from_millis(millis),
      memory: 50,
      memory_limit: Some(200),
    }
  }

  #[test]
  fn cores_are_cpu_time_over_wall_time_and_a_restart_gives_none() {
    let second = Duration::from_secs(1);
    assert_eq!(used(750).cores_since(&used(250), second), Some(0.5));
    assert_eq!(used(100).cores_since(&used(250), second), None);
    assert_eq!(used(750).cores_since(&used(250), Duration::ZERO), None);
    assert_eq!(used(0).memory_share(), Some(0.25));
  }
}
