//! What the proxy has loaded: the present load, and former ones while requests that began under them
//! are still answered. A file that cannot be loaded changes nothing: the old load stays.
//!
//! A client's connection outlives a reload; each of its requests goes where the load of that moment
//! says, so no request meets a connection that a reload is closing.

use std::{
  net::SocketAddr,
  sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{control::Standing, logs::Logs};
use crate::{
  adapters::router::managed::{Managed, disk},
  config::Site,
  model::{Slot, router::FileHash},
};

/// The managed file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
  /// `host:port`.
  upstream: String,
  slot: Option<Slot>,
  generation: Option<u64>,
  operation: Option<u32>,
}

/// One state of the managed file, as it was loaded.
#[derive(Debug)]
pub(super) struct Load {
  number: u32,
  pub(super) upstream: SocketAddr,
  /// What is answered at the marker's address; nothing where the file has no marker.
  pub(super) marker: Option<String>,
}

pub(super) struct Loads {
  site: Arc<Site>,
  managed: Managed,
  logs: Arc<Logs>,
  started_at: DateTime<Utc>,
  now: Mutex<Now>,
}

struct Now {
  present: Arc<Load>,
  former: Vec<Arc<Load>>,
}

impl Loads {
  /// Fails like a reload would: a proxy does not start on a file it cannot read.
  pub(super) async fn first(site: Arc<Site>, logs: Arc<Logs>) -> Result<Self, String> {
    let present = Arc::new(read(&site, 1).await?);
    Ok(Self {
      managed: Managed::new(Arc::clone(&site)),
      site,
      logs,
      started_at: Utc::now(),
      now: Mutex::new(Now {
        present,
        former: Vec::new(),
      }),
    })
  }

  fn now(&self) -> MutexGuard<'_, Now> {
    self.now.lock().unwrap_or_else(PoisonError::into_inner)
  }

  /// Where a request goes that begins now. The load drains while this is held.
  pub(super) fn present(&self) -> Arc<Load> {
    Arc::clone(&self.now().present)
  }

  pub(super) async fn test(&self) -> Result<(), String> {
    read(&self.site, 0).await.map(drop)
  }

  pub(super) async fn reload(&self) -> Result<(), String> {
    let mut load = match read(&self.site, 0).await {
      Ok(load) => load,
      Err(why) => {
        self.logs.error("emerg", &why);
        return Err(why);
      }
    };
    let mut now = self.now();
    load.number = now.present.number.wrapping_add(1);
    self.logs.error(
      "notice",
      &format!("load {} sends to {}", load.number, load.upstream),
    );
    let former = std::mem::replace(&mut now.present, Arc::new(load));
    now.former.push(former);
    Ok(())
  }

  pub(super) fn hash(&self) -> Result<FileHash, String> {
    let current = self
      .managed
      .locate(None)
      .and_then(|located| self.managed.current(&located));
    current
      .map(|current| current.hash)
      .map_err(|error| error.to_string())
  }

  pub(super) fn standing(&self) -> Standing {
    let mut now = self.now();
    // The one left here is ours; every other is held by a request.
    now.former.retain(|load| Arc::strong_count(load) > 1);
    Standing {
      pid: std::process::id(),
      started_at: self.started_at,
      version: concat!("cutover/", env!("CARGO_PKG_VERSION")).to_owned(),
      active: now.present.number,
      draining: now.former.iter().map(|load| load.number).collect(),
    }
  }
}

async fn read(site: &Site, number: u32) -> Result<Load, String> {
  let path = site.router.switch.path();
  let wrong = |why: String| format!("{}: {why}", path.display());
  let bytes = disk::read(path).map_err(|error| wrong(error.to_string()))?;
  let text = String::from_utf8(bytes).map_err(|_| wrong("it is not text".to_owned()))?;
  let text: Text = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
  let upstream = tokio::net::lookup_host(&text.upstream)
    .await
    .map_err(|error| wrong(format!("upstream '{}': {error}", text.upstream)))?
    .next()
    .ok_or_else(|| wrong(format!("upstream '{}' has no address", text.upstream)))?;
  let marker = text.slot.zip(text.generation).map(|(slot, generation)| {
    let operation = text.operation.unwrap_or_default();
    format!("{slot} {generation} {operation}\n")
  });
  Ok(Load {
    number,
    upstream,
    marker,
  })
}
