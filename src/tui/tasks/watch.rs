//! What is watched for as long as the console lives: the site, its logs, what it uses, its requests.

use tokio::{
  sync::{mpsc, watch},
  time::{Duration, sleep},
};

use super::{Tasks, doctor, read};
use crate::{
  engine::{
    log_feed,
    observer::{self, Nudge},
    world::World,
  },
  model::{beat, container::ContainerId, log_source::Source, served::Served},
  tui::msg::Msg,
};

const BETWEEN_FIGURES: Duration = Duration::from_secs(2);
/// Until the access log is looked for, which runs commands inside the proxy: first the logs are there.
const AFTER_LOGS: Duration = Duration::from_millis(500);
/// Until an access log is followed again that ended, or could not be read: doubled with every try in
/// vain, because each asks the proxy itself.
const FIRST_RETRY: Duration = Duration::from_secs(10);
const MOST_RETRY: Duration = Duration::from_mins(5);

impl Tasks {
  /// Looks at the site for as long as the console lives.
  pub(super) fn watch(&self, nudges: mpsc::Receiver<Nudge>, sources: watch::Receiver<Vec<Source>>) {
    let (world, to) = (self.world.clone(), self.to.clone());
    tokio::spawn(async move {
      let (publish, mut seen) = watch::channel(None);
      let watching = observer::run(world, nudges, |observation| {
        publish.send_replace(Some(observation));
      });
      let telling = async {
        while seen.changed().await.is_ok() {
          let latest = seen.borrow_and_update().clone();
          if let Some(latest) = latest
            && to.send(Msg::Observed(latest)).await.is_err()
          {
            return;
          }
        }
      };
      tokio::select! {
        () = watching => {}
        () = telling => {}
      }
    });
    let (world, to, listed) = (self.world.clone(), self.to.clone(), sources.clone());
    tokio::spawn(async move {
      let (feed, mut lines) = mpsc::channel(256);
      let telling = async {
        while let Some(feed) = lines.recv().await {
          if to.send(Msg::Log(feed)).await.is_err() {
            return;
          }
        }
      };
      tokio::join!(log_feed::run(world, listed, feed), telling);
    });
    let (world, to) = (self.world.clone(), self.to.clone());
    tokio::spawn(usage(world, sources, to));
    let (world, to) = (self.world.clone(), self.to.clone());
    tokio::spawn(requests(world, to));
    let (world, to) = (self.world.clone(), self.to.clone());
    tokio::spawn(read::watching(world, to));
    tokio::spawn(doctor::always(self.world.clone(), self.to.clone()));
  }

  /// Tells what becomes of a demo's requests.
  pub(in crate::tui) fn count(&mut self, mut served: watch::Receiver<Served>) {
    let to = self.to.clone();
    tokio::spawn(async move {
      while served.changed().await.is_ok() {
        let latest = *served.borrow_and_update();
        if to.send(Msg::Served(latest)).await.is_err() {
          return;
        }
      }
    });
  }
}

/// What the running containers use, every two seconds: a few files are read, nothing is asked.
async fn usage(world: World, mut sources: watch::Receiver<Vec<Source>>, to: mpsc::Sender<Msg>) {
  loop {
    let running: Vec<ContainerId> = sources
      .borrow_and_update()
      .iter()
      .filter(|source| source.running_since.is_some())
      .filter_map(|source| source.behind.container().cloned())
      .collect();
    if !running.is_empty()
      && let Ok(readings) = world.runtime.usage(&running).await
      && to.send(Msg::Usage(readings)).await.is_err()
    {
      return;
    }
    tokio::select! {
      changed = sources.changed() => if changed.is_err() { return },
      () = sleep(beat::until(world.clock.now(), BETWEEN_FIGURES)) => {}
    }
  }
}

async fn requests(world: World, to: mpsc::Sender<Msg>) {
  let mut wait = FIRST_RETRY;
  sleep(AFTER_LOGS).await;
  loop {
    match world.router.requests().await {
      Ok(mut lines) => {
        wait = FIRST_RETRY;
        while let Some(requests) = lines.recv().await {
          if to.send(Msg::Requests(Ok(requests))).await.is_err() {
            return;
          }
        }
      }
      Err(error) => {
        tracing::warn!(%error, "no requests can be read");
        let why = world.shown(&error.to_string());
        if to.send(Msg::Requests(Err(why))).await.is_err() {
          return;
        }
      }
    }
    sleep(wait).await;
    wait = (wait * 2).min(MOST_RETRY);
  }
}
