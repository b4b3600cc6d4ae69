//! Follows the access log: the proxy container's own output, or a file of this host. A container
//! that logs to a file inside it cannot be followed without leaving a process there.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::Utc;
use futures_util::StreamExt;
use tokio::{
  sync::mpsc,
  time::{Instant, sleep, timeout_at},
};

use super::{
  NginxRouter,
  access::{self, Format},
  log_file::LogFile,
  proxy::Proxy,
};
use crate::{
  adapters::{
    bounded::Lines,
    router::{
      container::{Containers, Found},
      wanted::Wanted,
    },
  },
  config::Site,
  engine::ports::{PortError, PortErrorKind},
  model::{Slot, requests::Request},
};

/// Lines of before, for a picture at once.
const BEFORE: usize = 500;
const BEFORE_BYTES: u64 = 64 * 1024;
const CHANNEL: usize = 16;
/// Lines are handed on together, so that a busy proxy does not wake the console for each.
const GATHER: Duration = Duration::from_millis(250);
const POLL: Duration = Duration::from_secs(1);
/// Addresses of containers are asked for again at most this often.
const ASK_AGAIN: Duration = Duration::from_secs(10);

impl NginxRouter {
  pub(super) async fn follow_requests(&self) -> Result<mpsc::Receiver<Vec<Request>>, PortError> {
    let doing = "following nginx's access log";
    let proxy = self.proxy().await?;
    let dump = self
      .dump(&proxy)
      .await?
      .map_err(|why| PortError::new(PortErrorKind::Misconfigured, doing, why))?;
    let formats = access::formats(dump.log_formats.iter().map(String::as_str));
    let reader = Reader {
      formats,
      slots: Slots::new(self.site.clone()),
    };
    let wrong = |why: String| PortError::new(PortErrorKind::Misconfigured, doing, why);
    let paths: Vec<&String> = dump
      .access_logs
      .iter()
      .filter(|path| !path.starts_with("syslog:") && !path.contains('$') && *path != "off")
      .collect();
    match proxy {
      Proxy::Container(ref found) => {
        for path in &paths {
          if self.is_output(&proxy, path).await? {
            let (sender, receiver) = mpsc::channel(CHANNEL);
            tokio::spawn(container(found.clone(), reader, sender));
            return Ok(receiver);
          }
        }
        Err(wrong(
          "no access_log goes to the container's output: let one go to /dev/stdout".to_owned(),
        ))
      }
      Proxy::Host => {
        let path = self.access_file(&proxy, &dump).await?;
        let log =
          LogFile::open(&path, BEFORE_BYTES).map_err(|why| wrong(format!("{path}: {why}")))?;
        let (sender, receiver) = mpsc::channel(CHANNEL);
        tokio::spawn(file(log, reader, sender));
        Ok(receiver)
      }
    }
  }
}

struct Reader {
  formats: Vec<Format>,
  slots: Slots,
}

impl Reader {
  fn read(&mut self, lines: &mut Lines, bytes: &[u8], found: &mut Vec<Request>) {
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

async fn container(found: Found, mut reader: Reader, sender: mpsc::Sender<Vec<Request>>) {
  let containers = Containers::default();
  let Ok(log) = containers.follow(&found, BEFORE).await else {
    return;
  };
  let mut log = Box::pin(log);
  let mut lines = Lines::default();
  loop {
    reader.slots.refresh().await;
    let mut next = tokio::select! {
      next = log.next() => next,
      () = sender.closed() => return,
    };
    let (mut batch, until) = (Vec::new(), Instant::now() + GATHER);
    loop {
      let Some(Ok(bytes)) = next else {
        // The last words still count; then the receiver sees the end.
        let _ = sender.send(batch).await;
        return;
      };
      reader.read(&mut lines, &bytes, &mut batch);
      match timeout_at(until, log.next()).await {
        Ok(more) => next = more,
        Err(_) => break,
      }
    }
    if !batch.is_empty() && sender.send(batch).await.is_err() {
      return;
    }
  }
}

async fn file(mut log: LogFile, mut reader: Reader, sender: mpsc::Sender<Vec<Request>>) {
  let mut lines = Lines::default();
  loop {
    reader.slots.refresh().await;
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
