//! The fake proxy: what is on disk, what it sees, what it has loaded, and who still answers.

use std::fmt::Write;

use cutover::{
  config::ProofBy,
  engine::ports::{PortError, PortErrorKind},
  model::{Slot, operation::OperationId, router::Sample},
};
use tokio::time::{Duration, Instant};

use super::fake::{MIXED, State};

/// The ways a new configuration is refused; the old one keeps serving in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuses {
  /// The test says no to anything but what is loaded.
  Test,
  Reload,
  /// Everything says yes and nothing changes: a taken port, a shared zone, a swallowed signal.
  Silently,
}

#[derive(Clone, Debug)]
pub struct FakeProxy {
  pub running: bool,
  pub refuses: Option<Refuses>,
  /// The text that is loaded.
  pub loaded: String,
  /// What workers that are shutting down still answer with, and until when.
  former: Option<(String, Instant)>,
  pub(super) active: Vec<u32>,
  /// Former workers: pid, until when they have requests to finish, and of which slot.
  old: Vec<(u32, Instant, Option<Slot>)>,
  /// One upstream name resolves to both slots.
  pub both: bool,
  /// How long former workers have requests to finish.
  pub drain: Duration,
  asked: usize,
  pid: u32,
}

/// The slot a text sends users to.
pub fn routes(text: &str) -> Option<Slot> {
  let named: Vec<Slot> = Slot::BOTH
    .into_iter()
    .filter(|slot| text.contains(&format!("ala-api-{slot}:8000;")))
    .collect();
  match named.as_slice() {
    [slot] => Some(*slot),
    _ => None,
  }
}

pub(super) fn generation(text: &str) -> Option<u64> {
  text
    .split_whitespace()
    .skip_while(|word| *word != "generation")
    .nth(1)?
    .parse()
    .ok()
}

impl FakeProxy {
  pub fn new() -> Self {
    Self {
      running: true,
      refuses: None,
      loaded: String::new(),
      former: None,
      active: vec![1, 2],
      old: Vec::new(),
      both: false,
      drain: Duration::from_millis(1500),
      asked: 0,
      pid: 2,
    }
  }

  pub fn slot(&self) -> Option<Slot> {
    routes(&self.loaded)
  }

  /// The mixed window and the drain are over.
  pub fn settle(&mut self) {
    self.former = None;
    self.old.clear();
  }

  pub fn shutting_down(&self, now: Instant) -> Vec<u32> {
    self
      .old
      .iter()
      .filter(|(_, until, _)| *until > now)
      .map(|(pid, ..)| *pid)
      .collect()
  }

  /// Whether a former worker still has requests of `slot` to finish.
  pub fn drains(&self, slot: Slot, now: Instant) -> bool {
    let mut old = self.old.iter();
    old.any(|(_, until, of)| *until > now && *of == Some(slot))
  }
}

impl State {
  /// The complete managed file for `slot`.
  pub fn text(&self, slot: Slot, generation: u64, id: OperationId) -> String {
    let mut text = format!("server ala-api-{slot}:8000;\n");
    if matches!(self.site.proof.by, ProofBy::Marker) {
      let _ = writeln!(text, "# marker {slot} generation {generation} op {}", id.0);
    }
    text
  }

  /// The managed file as the proxy reads it.
  pub fn inside(&self) -> String {
    self.stale.clone().unwrap_or_else(|| self.disk.clone())
  }

  pub fn load_from_disk(&mut self) {
    let now = Instant::now();
    let text = self.inside();
    let proxy = &mut self.proxy;
    let before = std::mem::replace(&mut proxy.loaded, text);
    let of = routes(&before);
    proxy.former = Some((before, now + MIXED));
    let until = now + proxy.drain;
    let gone: Vec<_> = proxy.active.drain(..).map(|pid| (pid, until, of)).collect();
    proxy.old.extend(gone);
    proxy.active = vec![proxy.pid + 1, proxy.pid + 2];
    proxy.pid += 2;
  }

  /// As its container would come up: with what is on disk, or not at all.
  pub fn start_proxy(&mut self) {
    if self.proxy.running || routes(&self.disk).is_none() {
      return;
    }
    self.proxy.running = true;
    self.load_from_disk();
    self.proxy.settle();
    let after = self.proxy.slot();
    self.points_users(None, after);
    self.moved_at = self.calls.len();
  }

  /// Nothing of the site is there: no container, no route, no state file, no memory.
  pub fn tear_down(&mut self) {
    for slot in Slot::BOTH {
      self.slots[slot].clear();
    }
    self.disk.clear();
    self.proxy.running = false;
    self.proxy.loaded.clear();
    self.proxy.settle();
    self.ledger.state_file = self.ledger.state_file.take().map(|_| String::new());
  }

  pub(super) fn exactly(&self, text: &str) -> Option<Slot> {
    let slot = routes(text)?;
    let wanted = self.text(slot, generation(text).unwrap_or(0), OperationId(0));
    let bare = |text: &str| text.split(" op ").next().unwrap_or_default().to_owned();
    (bare(&wanted) == bare(text) && text.lines().count() == wanted.lines().count()).then_some(slot)
  }

  pub(super) fn put(&mut self, text: &str) {
    text.clone_into(&mut self.disk);
  }

  pub(super) fn answer(&mut self) -> Sample {
    let now = Instant::now();
    self.proxy.asked += 1;
    if !self.proxy.running {
      return Sample::Lost {
        detail: "connection refused".into(),
      };
    }
    let text = match &self.proxy.former {
      Some((former, until)) if *until > now && !self.proxy.asked.is_multiple_of(4) => {
        former.clone()
      }
      _ => self.proxy.loaded.clone(),
    };
    let slot = routes(&text).map(|slot| {
      if self.proxy.both && self.proxy.asked.is_multiple_of(2) {
        slot.other()
      } else {
        slot
      }
    });
    match slot {
      Some(slot)
        if self.slots[slot]
          .iter()
          .any(|c| super::containers::answers(c, now)) =>
      {
        Sample::Answered {
          slot,
          generation: generation(&text),
        }
      }
      _ => Sample::Unclear {
        detail: "502 Bad Gateway".into(),
      },
    }
  }

  pub(super) fn down(&self, doing: &str) -> Result<(), PortError> {
    if self.proxy.running {
      return Ok(());
    }
    Err(PortError::new(
      PortErrorKind::Unreachable,
      doing,
      "the proxy's container is not running",
    ))
  }

  pub(super) fn says_no(&self, doing: &str) -> Result<(), PortError> {
    if routes(&self.inside()).is_some() {
      return Ok(());
    }
    Err(PortError::new(
      PortErrorKind::Refused,
      doing,
      "[emerg] host not found in upstream",
    ))
  }
}
