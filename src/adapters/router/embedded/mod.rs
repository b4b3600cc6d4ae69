//! The proxy in this program behind the engine's `Router`: the same managed file, test, reload and
//! proof as any other. Its process is `cutover proxy`, which nobody starts but whoever owns the site.
//!
//! `server` is that process, `loads` what it has loaded and what still drains, `forward` one request,
//! `logs` its two logs, `control` what is asked of it over its socket.

mod control;
mod forward;
mod loads;
mod logs;
mod server;

use std::{path::PathBuf, sync::Arc};

use chrono::{DateTime, Local, Utc};
use tokio::sync::mpsc;

pub use self::server::run;
use self::{
  control::{Ask, Said, Standing},
  logs::Files,
};
use super::{
  error_log::{MOST_LINES, serious_since, tail},
  follow::follow_lines,
  listener::Listener,
  managed::{Located, Managed},
  requests::{Reader, follow_file},
};
use crate::{
  config::Site,
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
    router::{FileContent, FileHash, NextFile, ProxyIdentity, RouterFacts, Sample, Workers},
    shown::Shown,
    surroundings::Effective,
  },
};

pub struct EmbeddedRouter {
  site: Arc<Site>,
  managed: Managed,
  listener: Listener,
}

/// Where the proxy of this site keeps its logs and its socket.
fn folder(site: &Site) -> PathBuf {
  site.state.join("proxy")
}

/// How an operator starts, tests or reloads the proxy of this site.
fn typed(site: &Site, flag: &str) -> String {
  format!("cutover --config {} proxy{flag}", site.file.display())
}

impl EmbeddedRouter {
  pub fn new(site: Arc<Site>) -> Self {
    Self {
      managed: Managed::new(Arc::clone(&site)),
      listener: Listener::new(Arc::clone(&site)),
      site,
    }
  }

  fn located(&self) -> Result<Located, PortError> {
    self.managed.locate(None)
  }

  async fn ask(&self, ask: Ask, doing: &str) -> Result<Said, PortError> {
    let said = control::ask(&folder(&self.site), ask).await;
    said.map_err(|error| {
      PortError::new(
        PortErrorKind::Unreachable,
        doing,
        format!(
          "the proxy does not answer ({error}); start it: {}",
          typed(&self.site, "")
        ),
      )
    })
  }

  async fn standing(&self, doing: &str) -> Result<Standing, PortError> {
    match self.ask(Ask::Standing, doing).await? {
      Said::Standing(standing) => Ok(standing),
      other => Err(strange(doing, &other)),
    }
  }

  /// Asks for something that is done or refused.
  async fn bid(&self, ask: Ask, doing: &str) -> Result<(), PortError> {
    match self.ask(ask, doing).await? {
      Said::Done => Ok(()),
      Said::Refused(why) => Err(PortError::new(PortErrorKind::Refused, doing, why)),
      other => Err(strange(doing, &other)),
    }
  }

  /// What a running proxy says of the file on disk; also the verb `proxy --test`.
  pub async fn test_now(&self) -> Result<(), PortError> {
    self.bid(Ask::Test, "the proxy's own test").await
  }

  /// Also the verb `proxy --reload`.
  pub async fn reload_now(&self) -> Result<(), PortError> {
    self.bid(Ask::Reload, "reloading the proxy").await
  }

  async fn read_inside(&self) -> Result<FileHash, PortError> {
    let doing = "asking the proxy what it reads";
    match self.ask(Ask::Read, doing).await? {
      Said::Hash(hash) => Ok(hash),
      Said::Refused(why) => Err(PortError::new(PortErrorKind::Refused, doing, why)),
      other => Err(strange(doing, &other)),
    }
  }

  async fn look(&self) -> Result<RouterFacts, PortError> {
    let standing = self.standing("looking at the proxy").await;
    let (test, inside) = match &standing {
      Ok(_) => (self.test_now().await, self.read_inside().await.ok()),
      Err(error) => (Err(error.clone()), None),
    };
    let included = standing.is_ok().then_some(true);
    let file = self
      .located()
      .and_then(|located| self.managed.facts(&located, inside, included));
    let words = |error: PortError| Shown::line(&error.to_string());
    Ok(RouterFacts {
      proxy: ProxyIdentity {
        name: Shown::line("embedded proxy"),
        running: standing.is_ok(),
        container: None,
        started_at: standing.as_ref().ok().map(|standing| standing.started_at),
        version: standing
          .as_ref()
          .ok()
          .map(|standing| Shown::line(&standing.version)),
      },
      file: file.map_err(words),
      test: test.map_err(words),
      workers: standing.ok().map(Workers::from),
    })
  }

  async fn put(&self, content: &FileContent) -> Result<(), PortError> {
    let Located { path, reach, .. } = self.located()?;
    self.managed.put(path, reach.mount, content).await
  }

  fn errors_after(&self, since: DateTime<Utc>) -> Result<Vec<String>, PortError> {
    let path = Files::of(&folder(&self.site)).errors;
    let text = tail(&path).map_err(|error| {
      PortError::new(
        PortErrorKind::Misconfigured,
        "reading the proxy's error log",
        format!("{}: {error}", path.display()),
      )
    })?;
    let mut lines = serious_since(&text, since, &Local);
    Ok(lines.split_off(lines.len().saturating_sub(MOST_LINES)))
  }

  fn log_lines(&self, log: ProxyLog, count: usize) -> Result<LogReader, PortError> {
    let files = Files::of(&folder(&self.site));
    let path = match log {
      ProxyLog::Access => files.access,
      ProxyLog::Error => files.errors,
    };
    follow_lines(&path, log, count).map_err(|error| {
      PortError::new(
        PortErrorKind::Misconfigured,
        "following the proxy's log",
        format!("{}: {error}", path.display()),
      )
    })
  }

  fn follow(&self) -> Result<mpsc::Receiver<Vec<Request>>, PortError> {
    let path = Files::of(&folder(&self.site)).access;
    let reader = Reader::new(Arc::clone(&self.site), [logs::FORMAT].into_iter());
    follow_file(&path, reader).map_err(|error| {
      PortError::new(
        PortErrorKind::Misconfigured,
        "following the proxy's access log",
        format!("{}: {error}", path.display()),
      )
    })
  }
}

fn strange(doing: &str, said: &Said) -> PortError {
  PortError::new(
    PortErrorKind::Unexpected,
    doing,
    format!("the proxy said {said:?}: is it of another version of cutover? Start it again"),
  )
}

impl From<Standing> for Workers {
  fn from(standing: Standing) -> Self {
    Self {
      active: vec![standing.active],
      shutting_down: standing.draining,
    }
  }
}

impl Router for EmbeddedRouter {
  fn facts(&self) -> PortFuture<'_, RouterFacts> {
    Box::pin(self.look())
  }

  fn save(&self) -> PortFuture<'_, SavedFile> {
    Box::pin(async { self.managed.saved(&self.located()?) })
  }

  fn next(&self, slot: Slot, generation: u64, operation: OperationId) -> PortFuture<'_, NextFile> {
    Box::pin(async move {
      let located = self.located()?;
      self
        .managed
        .next_file(&located, slot, generation, operation)
    })
  }

  fn diff<'a>(&'a self, next: &'a NextFile) -> PortFuture<'a, Vec<String>> {
    Box::pin(async { self.managed.diff(&self.located()?, next) })
  }

  fn write<'a>(&'a self, next: &'a NextFile) -> PortFuture<'a, ()> {
    Box::pin(self.put(&next.content))
  }

  fn restore<'a>(&'a self, saved: &'a SavedFile) -> PortFuture<'a, ()> {
    Box::pin(self.put(&saved.content))
  }

  fn seen_inside(&self) -> PortFuture<'_, FileHash> {
    Box::pin(self.read_inside())
  }

  fn test(&self) -> PortFuture<'_, ()> {
    Box::pin(self.test_now())
  }

  fn reload(&self) -> PortFuture<'_, ()> {
    Box::pin(self.reload_now())
  }

  fn workers(&self) -> PortFuture<'_, Workers> {
    Box::pin(async { Ok(self.standing("listing what drains").await?.into()) })
  }

  fn errors_since(&self, since: DateTime<Utc>) -> PortFuture<'_, Vec<String>> {
    Box::pin(async move { self.errors_after(since) })
  }

  fn sample(&self) -> PortFuture<'_, Sample> {
    Box::pin(self.listener.sample())
  }

  fn proof_words(&self) -> String {
    self.listener.proof_words()
  }

  fn command_lines(&self) -> Vec<String> {
    vec![typed(&self.site, " --test"), typed(&self.site, " --reload")]
  }

  /// Its one file is all it reads, and no nginx.
  fn configuration(&self) -> PortFuture<'_, Effective> {
    Box::pin(async { Ok(Effective::default()) })
  }

  fn follow_log(&self, log: ProxyLog, count: usize) -> PortFuture<'_, LogReader> {
    Box::pin(async move { self.log_lines(log, count) })
  }

  fn requests(&self) -> PortFuture<'_, mpsc::Receiver<Vec<Request>>> {
    Box::pin(async { self.follow() })
  }
}
