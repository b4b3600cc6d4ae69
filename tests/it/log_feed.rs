//! The feed of logs: attaches, re-attaches and says so, coalesces, and loses nothing unsaid.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeZone, Utc};
use cutover::{
  engine::log_feed,
  model::{
    Slot,
    container::ContainerId,
    log_line::LogEntry,
    log_source::{Attached, Feed, Source, SourceId},
  },
};
use tokio::{
  sync::{mpsc, watch},
  task::JoinHandle,
  time::{sleep, timeout},
};

use crate::support::*;

struct Listening {
  site: Arc<FakeSite>,
  sources: watch::Sender<Vec<Source>>,
  feeds: mpsc::Receiver<Feed>,
  task: JoinHandle<()>,
}

fn api() -> SourceId {
  SourceId {
    slot: Some(Slot::Blue),
    name: "api".into(),
  }
}

fn second(number: i64) -> DateTime<Utc> {
  Utc.timestamp_opt(1_700_000_000 + number, 0).unwrap()
}

fn source(container: &str, run: Option<i64>) -> Source {
  Source {
    id: api(),
    behind: ContainerId(container.into()).into(),
    running_since: run.map(second),
  }
}

fn listen(sources: Vec<Source>) -> Listening {
  let site = ala();
  let (sender, receiver) = watch::channel(sources);
  let (out, feeds) = mpsc::channel(4);
  let task = tokio::spawn(log_feed::run(site.world(), receiver, out));
  Listening {
    site,
    sources: sender,
    feeds,
    task,
  }
}

impl Listening {
  fn say(&self, container: &str, at: i64, text: &str) {
    let mut state = self.site.state();
    let log = state.logs.entry(ContainerId(container.into())).or_default();
    log.say(LogEntry {
      at: Some(second(at)),
      text: text.into(),
    });
  }

  fn end(&self, container: &str) {
    let mut state = self.site.state();
    let log = state.logs.entry(ContainerId(container.into())).or_default();
    log.follower = None;
  }

  async fn next(&mut self) -> Feed {
    timeout(Duration::from_mins(1), self.feeds.recv())
      .await
      .expect("the feed is silent")
      .expect("the feed has ended")
  }

  async fn how(&mut self) -> Attached {
    match self.next().await {
      Feed::Attached { how, .. } => how,
      other @ Feed::Lines { .. } => panic!("{other:?}"),
    }
  }

  async fn texts(&mut self) -> Vec<String> {
    match self.next().await {
      Feed::Lines { lines, .. } => lines.into_iter().map(|line| line.text).collect(),
      other @ Feed::Attached { .. } => panic!("{other:?}"),
    }
  }

  /// Nothing more comes for a long time.
  async fn silent(&mut self) {
    let more = timeout(Duration::from_secs(30), self.feeds.recv()).await;
    assert!(more.is_err(), "{more:?}");
  }
}

#[tokio::test(start_paused = true)]
async fn a_source_begins_with_its_tail_and_secrets_never_leave_the_feed() {
  let mut feed = listen(vec![]);
  feed.say("a", 1, "boot");
  feed.say("a", 2, "key hunter2hunter2");
  feed.sources.send_replace(vec![source("a", Some(0))]);
  assert_eq!(
    feed.how().await,
    Attached::First(ContainerId("a".into()).into())
  );
  let lines = feed.texts().await;
  assert_eq!(lines[0], "boot");
  let secrets = &feed.site.state().site.secrets.0;
  assert!(
    lines
      .iter()
      .all(|line| secrets.iter().all(|secret| !line.contains(secret.as_str())))
  );
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_one_batch_and_silence_delivers_nothing() {
  let mut feed = listen(vec![source("a", Some(0))]);
  feed.how().await;
  feed.say("a", 1, "first");
  assert_eq!(feed.texts().await, ["first"]);
  for number in 0..500 {
    feed.say("a", 2, &number.to_string());
    if number % 100 == 0 {
      sleep(Duration::from_millis(1)).await;
    }
  }
  assert_eq!(feed.texts().await.len(), 500);
  feed.silent().await;
}

#[tokio::test(start_paused = true)]
async fn a_new_container_and_a_restart_are_said_at_the_time_they_began() {
  let mut feed = listen(vec![source("a", Some(0))]);
  feed.how().await;
  feed.say("a", 1, "old");
  feed.texts().await;
  feed.end("a");
  feed.sources.send_replace(vec![source("a", None)]);
  feed.silent().await;

  feed.sources.send_replace(vec![source("a", Some(5))]);
  let restarted = feed.next().await;
  assert!(matches!(
    restarted,
    Feed::Attached { how: Attached::Restarted(_), at, .. } if at == second(5)
  ));
  feed.say("a", 6, "again");
  assert_eq!(feed.texts().await, ["again"]);

  feed.say("b", 7, "new");
  feed.sources.send_replace(vec![source("b", Some(7))]);
  assert_eq!(
    feed.how().await,
    Attached::Replaced(ContainerId("b".into()).into())
  );
  assert_eq!(feed.texts().await, ["new"]);
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_goes_away_is_said_once_and_nothing_is_shown_twice() {
  let mut feed = listen(vec![source("a", Some(0))]);
  feed.how().await;
  feed.say("a", 1, "one");
  feed.texts().await;
  feed
    .site
    .state()
    .trouble
    .insert("follow_log", Trouble::Fails);
  feed.end("a");
  assert!(matches!(feed.how().await, Attached::Lost(_)));
  feed.silent().await;
  feed.say("a", 2, "two");
  feed.site.state().trouble.clear();
  assert_eq!(feed.how().await, Attached::Again);
  assert_eq!(feed.texts().await, ["two"]);
}

#[tokio::test(start_paused = true)]
async fn a_gap_between_two_streams_is_said_where_it_is() {
  let mut feed = listen(vec![source("a", Some(0))]);
  feed.how().await;
  feed.say("a", 1, "one");
  feed.texts().await;
  feed.end("a");
  for number in 0..1001 {
    feed.say("a", 10, &number.to_string());
  }
  assert_eq!(feed.how().await, Attached::AfterGap);
  assert_eq!(feed.texts().await.len(), 1000);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_falls_behind_is_told_how_many_lines_it_lost() {
  let mut feed = listen(vec![source("a", Some(0))]);
  feed.how().await;
  for batch in 0..40 {
    for number in 0..500 {
      feed.say("a", batch, &number.to_string());
    }
    sleep(Duration::from_millis(40)).await;
  }
  let (mut seen, mut lost) = (0, 0);
  while let Ok(Some(Feed::Lines { lines, dropped, .. })) =
    timeout(Duration::from_secs(1), feed.feeds.recv()).await
  {
    seen += lines.len() as u64;
    lost += dropped;
  }
  assert_eq!(seen + lost, 20_000);
  assert!(lost > 0);
}

#[tokio::test(start_paused = true)]
async fn the_feed_ends_with_its_listener() {
  let feed = listen(vec![source("a", Some(0))]);
  let Listening { feeds, task, .. } = feed;
  drop(feeds);
  timeout(Duration::from_secs(1), task)
    .await
    .unwrap()
    .unwrap();
}
