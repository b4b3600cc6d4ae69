//! nginx behind the engine's `Router`: one managed file of its configuration, its own test, its
//! own reload, and proof by a request through its listener.
//!
//! `proxy` finds and runs it, `command` is what it is told, `router::managed` knows the file and
//! `inside` how the proxy reads it, `router::listener` and `indirect` prove, `log`, `follow`,
//! `requests` and `workers` observe. The proxy is reloaded only by its own command, never by a signal
//! through Docker, and no byte outside of the managed file is ever changed.

mod command;
mod dump;
mod effective;
mod follow;
mod host;
mod indirect;
mod inside;
mod log;
mod proxy;
mod requests;
mod workers;

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use self::proxy::{Learned, Proxy};
use super::{
  container::Containers,
  listener::Listener,
  managed::{Located, Managed},
};
use crate::{
  config::Site,
  engine::{
    log_pipe::LogReader,
    ports::{PortError, PortFuture, Router},
  },
  model::{
    Slot,
    event::SavedFile,
    log_source::ProxyLog,
    operation::OperationId,
    requests::Request,
    router::{FileContent, FileHash, Mount, NextFile, RouterFacts, Sample, Workers},
    shown::Shown,
    surroundings::Effective,
  },
};

pub struct NginxRouter {
  site: Arc<Site>,
  containers: Containers,
  managed: Managed,
  listener: Listener,
  learned: Mutex<Learned>,
}

impl NginxRouter {
  /// Connects to nothing yet.
  pub fn new(site: Arc<Site>) -> Self {
    Self {
      managed: Managed::new(Arc::clone(&site)),
      listener: Listener::new(Arc::clone(&site)),
      site,
      containers: Containers::default(),
      learned: Mutex::default(),
    }
  }

  async fn look(&self) -> Result<RouterFacts, PortError> {
    let proxy = self.proxy().await?;
    let dump = match self.dump(&proxy).await {
      Ok(dump) => dump,
      Err(error) => Err(error.to_string()),
    };
    let file = match self.locate(&proxy) {
      Ok(located) => {
        let inside = match located.reach.mount {
          Mount::Absent => None,
          // Not seeing it inside is a fact about the file, shown as "nothing there".
          Mount::Host | Mount::Directory | Mount::SingleFile => {
            self.hash_inside(&proxy, &located).await.ok()
          }
        };
        let included = dump.as_ref().ok();
        let included = included.map(|dump| proxy::includes(&proxy, &located, dump));
        self.managed.facts(&located, inside, included)
      }
      Err(error) => Err(error),
    };
    Ok(RouterFacts {
      proxy: self.identity(&proxy).await?,
      file: file.map_err(|error| Shown::line(&error.to_string())),
      test: dump.map(drop).map_err(|words| Shown::line(&words)),
      workers: self.workers_now(&proxy).await.ok(),
    })
  }

  fn locate(&self, proxy: &Proxy) -> Result<Located, PortError> {
    self.locate_for(Some(proxy))
  }

  fn locate_for(&self, proxy: Option<&Proxy>) -> Result<Located, PortError> {
    self.managed.locate(match proxy {
      None | Some(Proxy::Host) => None,
      Some(Proxy::Container(found)) => Some(&found.mounts),
    })
  }

  async fn put(&self, content: &FileContent) -> Result<(), PortError> {
    let place = match self.proxy_if_there().await {
      Ok(proxy) => {
        let located = self.locate_for(proxy.as_ref())?;
        let place = (located.path, located.reach.mount);
        self.learn(|learned| learned.place = Some(place.clone()));
        place
      }
      // A file must be put back also when the proxy or Docker went away in between.
      Err(error) => self.learn(|learned| learned.place.clone()).ok_or(error)?,
    };
    self.managed.put(place.0, place.1, content).await
  }
}

impl Router for NginxRouter {
  fn facts(&self) -> PortFuture<'_, RouterFacts> {
    Box::pin(self.look())
  }

  fn save(&self) -> PortFuture<'_, SavedFile> {
    Box::pin(async {
      let proxy = self.proxy_if_there().await?;
      self.managed.saved(&self.locate_for(proxy.as_ref())?)
    })
  }

  fn next(&self, slot: Slot, generation: u64, operation: OperationId) -> PortFuture<'_, NextFile> {
    Box::pin(async move {
      let proxy = self.proxy_if_there().await?;
      let located = self.locate_for(proxy.as_ref())?;
      self
        .managed
        .next_file(&located, slot, generation, operation)
    })
  }

  fn diff<'a>(&'a self, next: &'a NextFile) -> PortFuture<'a, Vec<String>> {
    Box::pin(async {
      let proxy = self.proxy_if_there().await?;
      self.managed.diff(&self.locate_for(proxy.as_ref())?, next)
    })
  }

  fn write<'a>(&'a self, next: &'a NextFile) -> PortFuture<'a, ()> {
    Box::pin(self.put(&next.content))
  }

  fn restore<'a>(&'a self, saved: &'a SavedFile) -> PortFuture<'a, ()> {
    Box::pin(self.put(&saved.content))
  }

  fn seen_inside(&self) -> PortFuture<'_, FileHash> {
    Box::pin(async {
      let proxy = self.proxy().await?;
      let located = self.locate(&proxy)?;
      self.hash_inside(&proxy, &located).await
    })
  }

  fn test(&self) -> PortFuture<'_, ()> {
    Box::pin(self.tell(&["-t"]))
  }

  fn reload(&self) -> PortFuture<'_, ()> {
    Box::pin(self.reload_now())
  }

  fn start(&self) -> PortFuture<'_, ()> {
    Box::pin(self.tell(&[]))
  }

  fn stop(&self) -> PortFuture<'_, ()> {
    Box::pin(self.tell(&["-s", "quit"]))
  }

  fn workers(&self) -> PortFuture<'_, Workers> {
    Box::pin(async {
      let proxy = self.proxy().await?;
      self.workers_now(&proxy).await
    })
  }

  fn errors_since(&self, since: DateTime<Utc>) -> PortFuture<'_, Vec<String>> {
    Box::pin(self.errors_after(since))
  }

  fn sample(&self) -> PortFuture<'_, Sample> {
    Box::pin(self.sample_once())
  }

  fn proof_words(&self) -> String {
    self.listener.proof_words()
  }

  fn command_lines(&self) -> Vec<String> {
    vec![self.by_hand("-t"), self.by_hand("-s reload")]
  }

  fn follow_log(&self, log: ProxyLog, count: usize) -> PortFuture<'_, LogReader> {
    Box::pin(self.follow(log, count))
  }

  fn configuration(&self) -> PortFuture<'_, Effective> {
    Box::pin(self.effective())
  }

  fn requests(&self) -> PortFuture<'_, mpsc::Receiver<Vec<Request>>> {
    Box::pin(self.follow_requests())
  }
}
