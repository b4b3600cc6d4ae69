//! What the engine may never do to the fake site; what it did is kept as a violation.

use cutover::model::{Slot, container::ContainerId};

use super::fake::State;

/// Port calls that may pass between the engine's last look and its act.
const RACE: usize = 14;

impl State {
  pub fn just_moved(&self) -> bool {
    self.moved_at > 0 && self.calls.len() - self.moved_at < RACE
  }

  /// The runner is about to change `slot`: which must not be the one users are on.
  pub fn mutates(&mut self, slot: Slot, names: Vec<ContainerId>) {
    let fresh = self.just_moved();
    let alive = self.slots[slot].iter().any(|c| c.container.is_running());
    if self.proxy.running && self.proxy.slot() == Some(slot) && alive && !fresh && !self.typed {
      let name = self.calls.last().map_or("?", |call| call.name);
      self.violations.push(format!("I2: {name} on live {slot}"));
    }
    if let Some(call) = self.calls.last_mut() {
      call.names = names;
    }
  }

  /// The runner has the proxy load: the slot it loads must be able to serve.
  pub fn points_users(&mut self, before: Option<Slot>, after: Option<Slot>) {
    let (Some(before), Some(after)) = (before, after) else {
      return;
    };
    let fresh = self.broke_at > 0 && self.calls.len() - self.broke_at < RACE;
    if before != after && !self.serves(after) && self.serves(before) && !fresh && !self.typed {
      self.violations.push(format!(
        "I3: users were moved to {after}, which cannot serve"
      ));
    }
  }
}
