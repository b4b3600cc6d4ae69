//! Turns access logs into requests: lines by their format, addresses of upstreams into slots.
//!
//! A file of this host is followed here; a container's own output by the adapter that knows the
//! container.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use chrono::Utc;
use tokio::{
  sync::mpsc,
  time::{Instant, sleep},
};

use super::{
  access::{self, Format},
  container::Containers,
  wanted::Wanted,
};
use crate::{
  adapters::{bounded::Lines, log_file::LogFile},
  config::{RuntimeConfig, Site},
  model::{Slot, requests::Request},
};

pub(super) const CHANNEL: usize = 16;
const BEFORE_BYTES: u64 = 64 * 1024;
const POLL: Duration = Duration::from_secs(1);
/// Addresses of containers are asked for again at most this often.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// Requests of a file of this host: the end of what is there, then each new line.
pub(super) fn follow_file(
  path: &Path,
  reader: Reader,
) -> std::io::Result<mpsc::Receiver<Vec<Request>>> {
  let log = LogFile::open(path, BEFORE_BYTES)?;
  let (sender, receiver) = mpsc::channel(CHANNEL);
  tokio::spawn(file(log, reader, sender));
  Ok(receiver)
}

pub(super) struct Reader {
  formats: Vec<Format>,
  slots: Slots,
}

impl Reader {
  /// `formats` are those the log may be written in.
  pub(super) fn new<'a>(site: Arc<Site>, formats: impl Iterator<Item = &'a str>) -> Self {
    Self {
      formats: access::formats(formats),
      slots: Slots::new(site),
    }
  }

  /// Asks again whose the addresses are that nobody was known to have.
  pub(super) async fn refresh(&mut self) {
    self.slots.refresh().await;
  }

  pub(super) fn read(&mut self, lines: &mut Lines, bytes: &[u8], found: &mut Vec<Request>) {
    let now = Utc::now();
    let (formats, slots) = (&self.formats, &self.slots.known);
    let mut strange = false;
    lines.push(bytes, &mut |line| {
      let mut slot = |address: &str| {
        let slot = slot_of(slots, address);
        strange |= slot.is_none();
        slot
      };
      found.extend(access::request(formats, line, now, &mut slot));
    });
    self.slots.strange |= strange;
  }
}

/// Which slot an upstream's address belongs to.
struct Slots {
  site: Arc<Site>,
  containers: Containers,
  known: HashMap<String, Slot>,
  strange: bool,
  asked: Option<Instant>,
}

fn slot_of(known: &HashMap<String, Slot>, address: &str) -> Option<Slot> {
  let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
  known.get(address).or_else(|| known.get(host)).copied()
}

impl Slots {
  fn new(site: Arc<Site>) -> Self {
    Self {
      site,
      containers: Containers::default(),
      known: HashMap::new(),
      strange: true,
      asked: None,
    }
  }

  /// A deploy makes containers with new addresses.
  async fn refresh(&mut self) {
    if !self.strange || self.asked.is_some_and(|at| at.elapsed() < ASK_AGAIN) {
      return;
    }
    self.strange = false;
    self.asked = Some(Instant::now());
    self.known.clear();
    for slot in Slot::BOTH {
      let config = &self.site.slots[slot];
      if let Some(port) = config.port {
        self.known.insert(format!("{}:{port}", config.host), slot);
      }
      if matches!(self.site.runtime, RuntimeConfig::Processes) {
        continue;
      }
      for wanted in Wanted::in_slot(&self.site, slot) {
        // A slot without containers has no addresses.
        if let Ok(found) = self.containers.find(&wanted).await {
          let addresses = found.addresses.iter().map(ToString::to_string);
          self.known.extend(addresses.map(|address| (address, slot)));
        }
      }
    }
  }
}

async fn file(mut log: LogFile, mut reader: Reader, sender: mpsc::Sender<Vec<Request>>) {
  let mut lines = Lines::default();
  loop {
    reader.refresh().await;
    let mut batch = Vec::new();
    // A log that is gone for a moment is being rotated.
    if let Ok(bytes) = log.more() {
      reader.read(&mut lines, &bytes, &mut batch);
    }
    if !batch.is_empty() && sender.send(batch).await.is_err() {
      return;
    }
    tokio::select! {
      () = sleep(POLL) => {}
      () = sender.closed() => return,
    }
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn an_address_is_known_whole_or_by_its_host() {
    let known = HashMap::from([
      ("127.0.0.1:8001".to_owned(), Slot::Blue),
      ("172.18.0.4".to_owned(), Slot::Green),
    ]);
    assert_eq!(slot_of(&known, "127.0.0.1:8001"), Some(Slot::Blue));
    assert_eq!(slot_of(&known, "127.0.0.1:8009"), None);
    assert_eq!(slot_of(&known, "172.18.0.4:5000"), Some(Slot::Green));
    assert_eq!(slot_of(&known, "-"), None);
  }
}
