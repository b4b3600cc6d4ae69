//! nginx behind the engine's `Router`: one managed file of its configuration, its own test, its
//! own reload, and proof by a request through its listener.
//!
//! `proxy` finds and runs it, `router::managed` knows the file, `router::listener` and `indirect`
//! prove, `log`, `follow`, `requests` and `workers` observe. The proxy is reloaded only by its own command, never by a signal through
//! Docker, and no byte outside of the managed file is ever changed.

mod dump;
mod effective;
mod follow;
mod host;
mod indirect;
mod log;
mod proxy;
mod requests;
mod workers;

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use self::{
  log::list,
  proxy::{Learned, Proxy},
};
use super::{
  container::Containers,
  listener::Listener,
  managed::{Located, Managed, disk},
  process::Ran,
  wanted::Wanted,
};
use crate::{
  config::{Place, Site},
  engine::{
    log_pipe::LogReader,
    ports::{PortError, PortErrorKind, PortFuture, Router},
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

/// A file the proxy shows by `cat`; the limit on this host is the same.
const MOST_FILE: usize = 1024 * 1024 + 1;

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

  /// The managed file's hash as the proxy itself reads it.
  async fn hash_inside(&self, proxy: &Proxy, located: &Located) -> Result<FileHash, PortError> {
    let path = match (proxy, &located.reach.inside) {
      (Proxy::Host, _) => return Ok(self.managed.current(located)?.hash),
      (Proxy::Container(_), Some(path)) => path,
      (Proxy::Container(found), None) => {
        return Err(self.managed.wrong(format!(
          "no mount of container {} holds it: mount its folder into the proxy",
          found.name
        )));
      }
    };
    let bytes = self.ask_inside(proxy, &["cat", path], path).await?;
    if !matches!(
      self.site.router.switch,
      crate::config::SwitchFile::Link { .. }
    ) {
      return Ok(disk::hash(&bytes));
    }
    let target = self.ask_inside(proxy, &["readlink", path], path).await?;
    Ok(disk::link_hash(
      String::from_utf8_lossy(&target).trim_end_matches('\n'),
      &bytes,
    ))
  }

  async fn ask_inside(
    &self,
    proxy: &Proxy,
    command: &[&str],
    path: &str,
  ) -> Result<Vec<u8>, PortError> {
    let ran = self.run(proxy, &list(command), MOST_FILE).await?;
    if ran.code != 0 || ran.cut {
      return Err(self.managed.wrong(format!(
        "the proxy cannot read it as {path}: {}; restart the proxy when the file was replaced behind a single-file mount",
        ran.last_words(1)
      )));
    }
    Ok(ran.out)
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

  async fn say(&self, argument: &[&str]) -> Result<Ran, PortError> {
    let proxy = self.proxy().await?;
    self.nginx(&proxy, argument).await
  }

  async fn reload_now(&self) -> Result<(), PortError> {
    let proxy = self.proxy().await?;
    let doing = format!("`{} -s reload`", self.site.router.command().join(" "));
    if matches!(proxy, Proxy::Host)
      && let Err(why) = self.host_master(&proxy).await?
    {
      return Err(PortError::new(
        PortErrorKind::Refused,
        doing,
        format!("{why}: nothing was signalled; start nginx, or correct the pid file's path"),
      ));
    }
    let ran = self.nginx(&proxy, &["-s", "reload"]).await?;
    accepted(&ran, doing)
  }

  /// How an operator would run one of nginx's own commands.
  fn by_hand(&self, arguments: &str) -> String {
    let command = self.site.router.command().join(" ");
    let known = self.learn(|learned| learned.name.clone());
    match (
      self.site.router.place(),
      Wanted::of(self.site.router.place(), self.site.compose()),
      known,
    ) {
      (Place::Container(name), ..) => format!("docker exec {name} {command} {arguments}"),
      (_, _, Some(name)) => format!("docker exec {name} {command} {arguments}"),
      (_, Some(Wanted::Service { service, projects }), None) => format!(
        "docker exec $(docker ps -q --filter label=com.docker.compose.project={} --filter label=com.docker.compose.service={service}) {command} {arguments}",
        projects.first().map_or("", String::as_str)
      ),
      _ => format!("{command} {arguments}"),
    }
  }
}

fn accepted(ran: &Ran, doing: impl Into<String>) -> Result<(), PortError> {
  if ran.code == 0 {
    return Ok(());
  }
  Err(PortError::new(
    PortErrorKind::Refused,
    doing,
    ran.last_words(8),
  ))
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
    Box::pin(async {
      let ran = self.say(&["-t"]).await?;
      accepted(
        &ran,
        format!("`{} -t`", self.site.router.command().join(" ")),
      )
    })
  }

  fn reload(&self) -> PortFuture<'_, ()> {
    Box::pin(self.reload_now())
  }

  fn start(&self) -> PortFuture<'_, ()> {
    Box::pin(async {
      let ran = self.say(&[]).await?;
      accepted(&ran, format!("`{}`", self.site.router.command().join(" ")))
    })
  }

  fn stop(&self) -> PortFuture<'_, ()> {
    Box::pin(async {
      let ran = self.say(&["-s", "quit"]).await?;
      let command = self.site.router.command().join(" ");
      accepted(&ran, format!("`{command} -s quit`"))
    })
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
