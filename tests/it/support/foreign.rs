//! Other hands on the fake site: what certbot, Docker, a colleague or fate do to it.

use cutover::model::{Slot, container::ContainerState};

use super::fake::{State, base};

/// Somebody else's hand, or fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
  /// certbot, logrotate: the proxy loads what it sees on disk.
  Reload,
  /// A comment is added to the managed file.
  Comment,
  /// Somebody switched by hand: file and reload.
  MoveTraffic(Slot),
  /// Docker starts one service again.
  Restart(Slot),
  /// `docker restart` of one service, which leaves the restart count as it was.
  RestartByHand(Slot),
  /// A container ends.
  Kill(Slot),
  ProxyDown,
  ProxyUp,
}

impl State {
  /// Somebody else acts.
  pub fn act(&mut self, foreign: Foreign) {
    let before = self.proxy.slot();
    match foreign {
      Foreign::Reload => {
        if self.proxy.running && super::proxy::routes(&self.inside()).is_some() {
          self.load_from_disk();
        }
      }
      Foreign::Comment => self.disk.push_str("# edited by hand\n"),
      Foreign::MoveTraffic(slot) => {
        self.disk = format!("server ala-api-{slot}:8000; # by hand\n");
        self.stale = None;
        if self.proxy.running {
          self.load_from_disk();
        }
      }
      Foreign::Restart(slot) | Foreign::RestartByHand(slot) => {
        let number = self.serial();
        self.broke_at = self.calls.len();
        if let Some(found) = self.slots[slot].first_mut() {
          found.container.restarts += u32::from(matches!(foreign, Foreign::Restart(_)));
          found.container.started_at =
            Some(base() + chrono::Duration::seconds(86_400 + i64::try_from(number).unwrap()));
        }
      }
      Foreign::Kill(slot) => {
        self.broke_at = self.calls.len();
        if let Some(found) = self.slots[slot].first_mut() {
          found.container.state = ContainerState::Exited;
          found.container.exit_code = Some(137);
        }
      }
      Foreign::ProxyDown => {
        self.broke_at = self.calls.len();
        self.proxy.running = false;
      }
      Foreign::ProxyUp => {
        if !self.proxy.running {
          self.proxy.running = true;
          self.stale = None;
          if super::proxy::routes(&self.inside()).is_some() {
            self.load_from_disk();
            self.proxy.settle();
          } else {
            self.proxy.running = false;
          }
        }
      }
    }
    if self.proxy.slot() != before {
      self.moved_at = self.calls.len();
    }
  }
}
