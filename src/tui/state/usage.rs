//! What each container uses, from two readings: the figures of the environment panels.

use std::{collections::HashMap, time::Duration};

use crate::model::{container::ContainerId, usage::Usage};

/// What is shown for one container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
  /// 1.0 is one whole core; `None` until there are two readings.
  pub cores: Option<f64>,
  pub memory: u64,
  pub limit: Option<u64>,
}

#[derive(Debug, Default)]
pub struct Usages {
  last: HashMap<ContainerId, (Duration, Usage)>,
  shown: HashMap<ContainerId, Shown>,
}

impl Usages {
  /// Readings of all running containers, taken `at` this long after the console started.
  pub fn take(&mut self, at: Duration, readings: Vec<(ContainerId, Usage)>) {
    let mut last = HashMap::with_capacity(readings.len());
    let mut shown = HashMap::with_capacity(readings.len());
    for (id, usage) in readings {
      let cores = self
        .last
        .get(&id)
        .and_then(|(before, earlier)| usage.cores_since(earlier, at.saturating_sub(*before)));
      shown.insert(
        id.clone(),
        Shown {
          cores,
          memory: usage.memory,
          limit: usage.memory_limit,
        },
      );
      last.insert(id, (at, usage));
    }
    self.last = last;
    self.shown = shown;
  }

  pub fn of(&self, id: &ContainerId) -> Option<&Shown> {
    self.shown.get(id)
  }
}
