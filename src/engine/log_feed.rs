//! Follows the logs of a changing set of sources, for as long as somebody listens.
//!
//! Each source is followed on its own: attached, coalesced to one batch per frame, re-attached
//! when its container was replaced, started again or its stream broke. What is lost is counted or
//! at least said. Nothing wakes up while the logs are silent.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
  sync::{mpsc, watch},
  time::sleep,
};

use super::{
  log_pipe::{FRAME, LogReader},
  world::World,
};
use crate::model::{
  beat,
  log_line::{LogBatch, LogEntry},
  log_source::{Attached, Behind, Feed, Source, SourceId},
};

/// Lines from the end of a log that is opened. Never by time: the daemon would read the whole file.
const TAIL: usize = 1000;
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Ends when nobody listens any more, or the list of sources has ended and so have all of them.
pub async fn run(world: World, mut sources: watch::Receiver<Vec<Source>>, out: mpsc::Sender<Feed>) {
  let mut followed = HashSet::new();
  let mut followers = FuturesUnordered::new();
  let mut listed = true;
  loop {
    let wanted: Vec<SourceId> = sources
      .borrow_and_update()
      .iter()
      .map(|source| source.id.clone())
      .collect();
    for id in wanted {
      if listed && followed.insert(id.clone()) {
        followers.push(Follower::new(&world, &sources, &out, id).run());
      }
    }
    tokio::select! {
      () = out.closed() => return,
      changed = sources.changed(), if listed => listed = changed.is_ok(),
      Some(id) = followers.next() => {
        followed.remove(&id);
      }
      else => return,
    }
  }
}

struct Follower<'a> {
  world: &'a World,
  sources: watch::Receiver<Vec<Source>>,
  out: mpsc::Sender<Feed>,
  id: SourceId,
  /// What was attached last, and its run.
  behind: Option<Behind>,
  run: Option<DateTime<Utc>>,
  /// The stamp of the newest line.
  newest: Option<DateTime<Utc>>,
  wait: Duration,
  /// That it is not attached has been said.
  lost: bool,
}

/// Why a stream is no longer read.
enum Left {
  Ended,
  Changed,
  NobodyListens,
}

impl<'a> Follower<'a> {
  fn new(
    world: &'a World,
    sources: &watch::Receiver<Vec<Source>>,
    out: &mpsc::Sender<Feed>,
    id: SourceId,
  ) -> Self {
    Self {
      world,
      sources: sources.clone(),
      out: out.clone(),
      id,
      behind: None,
      run: None,
      newest: None,
      wait: FIRST_WAIT,
      lost: false,
    }
  }

  /// Until the source is no longer listed.
  async fn run(mut self) -> SourceId {
    while let Some(source) = self.listed() {
      let known = self.behind.as_ref() == Some(&source.behind);
      if known && source.running_since.is_none() {
        // All it had to say has been read.
        if self.sources.changed().await.is_err() {
          break;
        }
        continue;
      }
      let opened = match &source.behind {
        Behind::Container(id) => self.world.runtime.follow_log(id, TAIL).await,
        Behind::Proxy(log) => self.world.router.follow_log(*log, TAIL).await,
      };
      match opened {
        Ok(reader) => {
          self.attached(&source).await;
          match self.read(reader, &source, known).await {
            Left::Ended => {}
            Left::Changed => continue,
            Left::NobodyListens => break,
          }
        }
        Err(error) if !self.lost => {
          self.lost = true;
          let why = self.world.shown(&error.to_string());
          self.say(self.world.clock.now(), Attached::Lost(why)).await;
        }
        Err(_) => {}
      }
      if self.pause().await {
        break;
      }
    }
    self.id
  }

  fn listed(&mut self) -> Option<Source> {
    let sources = self.sources.borrow_and_update();
    sources.iter().find(|source| source.id == self.id).cloned()
  }

  /// Waits before the next try, less long when the list changes. Whether there is no list any more.
  async fn pause(&mut self) -> bool {
    let wait = self.wait;
    self.wait = (wait * 2).min(LONGEST_WAIT);
    tokio::select! {
      () = sleep(wait) => false,
      changed = self.sources.changed() => changed.is_err(),
    }
  }

  /// Says who it is when that is news, with the time at which the run began.
  async fn attached(&mut self, source: &Source) {
    let now = source.behind.clone();
    let how = match self.behind.replace(now.clone()) {
      None => Attached::First(now),
      Some(before) if before != now => {
        self.newest = None;
        Attached::Replaced(now)
      }
      Some(_) if self.run != source.running_since => Attached::Restarted(now),
      Some(_) => return,
    };
    self.run = source.running_since;
    self.lost = false;
    let at = source.running_since;
    let at = at.unwrap_or_else(|| self.world.clock.now());
    self.say(at, how).await;
  }

  async fn read(&mut self, mut reader: LogReader, source: &Source, known: bool) -> Left {
    // A stream that is opened again begins with lines that were read before.
    let mut old = self.newest.filter(|_| known);
    let mut first = true;
    loop {
      let batch = tokio::select! {
        batch = reader.next() => batch,
        changed = self.sources.changed() => {
          if changed.is_err() {
            return Left::NobodyListens;
          }
          match self.listed() {
            Some(now) if now.behind == source.behind => {
              if now.running_since.is_some() {
                self.attached(&now).await;
              }
              continue;
            }
            _ => return Left::Changed,
          }
        }
      };
      let Some(mut batch) = batch else {
        return Left::Ended;
      };
      if let Some(newest) = old {
        if std::mem::take(&mut first) {
          self.compare(newest, &batch).await;
        }
        batch.lines.retain(|line| !read_before(line, newest));
        old = old.filter(|_| batch.lines.is_empty());
      }
      if !self.deliver(batch).await {
        return Left::NobodyListens;
      }
      // What comes meanwhile waits in the pipe and is taken as one batch.
      sleep(beat::until(self.world.clock.now(), FRAME)).await;
    }
  }

  /// Says whether the first lines of a stream that was opened again join those before.
  async fn compare(&mut self, newest: DateTime<Utc>, batch: &LogBatch) {
    let first = batch.lines.first();
    let joins = first.is_some_and(|line| read_before(line, newest));
    if joins && self.lost {
      self.say(self.world.clock.now(), Attached::Again).await;
    } else if !joins && batch.dropped == 0 {
      let at = first.and_then(|line| line.at);
      let at = at.unwrap_or_else(|| self.world.clock.now());
      self.say(at, Attached::AfterGap).await;
    }
    self.lost = false;
  }

  /// Whether somebody still listens.
  async fn deliver(&mut self, batch: LogBatch) -> bool {
    if batch.lines.is_empty() && batch.dropped == 0 {
      return !self.out.is_closed();
    }
    self.wait = FIRST_WAIT;
    let secrets = &self.world.site.secrets;
    let mut lines = batch.lines;
    for line in &mut lines {
      self.newest = self.newest.max(line.at);
      if secrets
        .0
        .iter()
        .any(|secret| line.text.contains(secret.as_str()))
      {
        line.text = secrets.mask(&line.text);
      }
    }
    let feed = Feed::Lines {
      source: self.id.clone(),
      received: self.world.clock.now(),
      dropped: batch.dropped,
      lines,
    };
    self.out.send(feed).await.is_ok()
  }

  async fn say(&self, at: DateTime<Utc>, how: Attached) {
    let said = Feed::Attached {
      source: self.id.clone(),
      at,
      how,
    };
    // Nobody listening is noticed by the next delivery.
    let _ = self.out.send(said).await;
  }
}

fn read_before(line: &LogEntry, newest: DateTime<Utc>) -> bool {
  line.at.is_some_and(|at| at <= newest)
}
