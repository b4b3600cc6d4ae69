//! The observer at its own pace: first things first, silence while nothing happens, and nothing
//! old is ever drawn as fresh.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use cutover::{
  engine::{
    intent::WhenReady,
    observer::{self, Nudge, pace},
  },
  model::{
    Slot,
    change::{Change, What},
    observation::{Observation, Phase},
    traffic::{Live, Testimony, WitnessKind},
  },
};
use tokio::{
  sync::{mpsc, watch},
  task::JoinHandle,
  time::{Instant, sleep, timeout},
};

use crate::support::*;

struct Observed {
  site: Arc<FakeSite>,
  nudges: mpsc::Sender<Nudge>,
  latest: watch::Receiver<Option<Arc<Observation>>>,
  running: JoinHandle<()>,
}

impl Observed {
  fn begin(site: &Arc<FakeSite>) -> Self {
    let (nudges, receiver) = mpsc::channel(8);
    let (sender, latest) = watch::channel(None);
    let running = tokio::spawn(observer::run(site.world(), receiver, move |seen| {
      sender.send_replace(Some(seen));
    }));
    Self {
      site: site.clone(),
      nudges,
      latest,
      running,
    }
  }

  /// Everything was looked at once.
  async fn settled(site: &Arc<FakeSite>) -> Self {
    let observed = Self::begin(site);
    sleep(Duration::from_secs(1)).await;
    observed
  }

  async fn first(&mut self) -> Arc<Observation> {
    self.latest.changed().await.unwrap();
    self.now()
  }

  fn now(&self) -> Arc<Observation> {
    self.latest.borrow().clone().unwrap()
  }

  async fn until(&mut self, within: Duration, wanted: impl Fn(&Observation) -> bool) -> Duration {
    let began = Instant::now();
    let waiting = async {
      while !self
        .latest
        .borrow()
        .as_ref()
        .is_some_and(|seen| wanted(seen))
      {
        self.latest.changed().await.unwrap();
      }
    };
    timeout(within, waiting).await.unwrap();
    began.elapsed()
  }

  /// The port calls made while this long passes, counted by name.
  async fn calls_within(&self, span: Duration) -> BTreeMap<&'static str, usize> {
    let before = self.site.state().calls.len();
    sleep(span).await;
    let mut counted = BTreeMap::new();
    for call in &self.site.state().calls[before..] {
      *counted.entry(call.name).or_default() += 1;
    }
    counted
  }

  fn tell(&self, slot: Slot, what: What) {
    let mut state = self.site.state();
    let container = state.slots[slot][0].container.clone();
    let change = Change {
      container: container.id,
      name: container.name.into(),
      service: container.service,
      slot: Some(slot),
      at: base(),
      what,
    };
    state.told.as_mut().unwrap().try_send(change).unwrap();
  }

  fn engine(&self, trouble: Option<Trouble>) {
    let mut state = self.site.state();
    for port in ["containers", "shared", "runtime.facts", "changes"] {
      match trouble {
        Some(trouble) => state.trouble.insert(port, trouble),
        None => state.trouble.remove(port),
      };
    }
    if trouble.is_some() {
      state.told = None;
    }
  }
}

fn known(observation: &Observation) -> bool {
  Slot::BOTH
    .into_iter()
    .all(|slot| observation.slots[slot].containers.value().is_some())
}

#[tokio::test(start_paused = true)]
async fn names_states_and_versions_come_first_whatever_hangs() {
  let site = ala();
  for port in ["check", "sample", "router.facts", "runtime.facts", "shared"] {
    site.state().trouble.insert(port, Trouble::Hangs);
  }
  let began = Instant::now();
  let first = Observed::begin(&site).first().await;
  assert!(began.elapsed() < Duration::from_millis(5));
  let blue = &first.slots[Slot::Blue];
  assert_eq!(blue.containers().len(), 2);
  assert_eq!(blue.version.as_ref().unwrap().as_str(), "1.0");
  assert!(blue.health.value().is_none());
}

#[tokio::test(start_paused = true)]
async fn containers_that_hang_do_not_hold_everything_back() {
  let site = ala();
  site.state().trouble.insert("containers", Trouble::Hangs);
  let began = Instant::now();
  let first = Observed::begin(&site).first().await;
  assert!(began.elapsed() <= pace::FIRST);
  assert_eq!(first.live, Live::Proven { slot: Slot::Blue });
}

#[tokio::test(start_paused = true)]
async fn what_is_found_is_what_one_complete_look_finds() {
  let site = switched(SiteBuilder::new().build()).await;
  let observed = Observed::settled(&site).await;
  let (mine, whole) = (observed.now(), site.observe().await);
  assert_eq!(mine.live, whole.live);
  assert_eq!(mine.readiness, whole.readiness);
  assert_eq!(mine.drift, whole.drift);
  assert_eq!(mine.operation, whole.operation);
  for slot in Slot::BOTH {
    assert!(mine.slots[slot].health.value().unwrap().is_ok());
    assert_eq!(mine.slots[slot].version, whole.slots[slot].version);
  }
}

#[tokio::test(start_paused = true)]
async fn an_idle_minute_costs_little() {
  let site = switched(SiteBuilder::new().build()).await;
  let observed = Observed::settled(&site).await;
  let calls = observed.calls_within(Duration::from_mins(1)).await;
  let ceiling = BTreeMap::from([
    ("containers", 4),
    ("shared", 2),
    ("runtime.facts", 1),
    ("router.facts", 1),
    ("sample", 20),
    ("check", 24),
  ]);
  for (name, count) in &calls {
    let most = ceiling.get(name).copied().unwrap_or(0);
    assert!(*count <= most, "{name}: {count} calls, at most {most}");
  }
  assert!(calls["sample"] >= 19, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn checks_that_run_commands_wait_longer_unless_something_happens() {
  let dear = SiteBuilder::new().with(|site| {
    for check in site.services.iter_mut().map(|service| &mut service.check) {
      for slot in Slot::BOTH {
        check[slot].as_mut().unwrap().via = cutover::config::Via::Exec;
      }
    }
  });
  let site = FakeSite::new(dear.build());
  let observed = Observed::settled(&site).await;
  let calls = observed.calls_within(Duration::from_mins(1)).await;
  assert_eq!(calls["check"], 4, "two services, each 30 s");
  site.state().act(Foreign::Restart(Slot::Blue));
  observed.tell(Slot::Blue, What::Started);
  let calls = observed.calls_within(Duration::from_secs(1)).await;
  assert_eq!(calls["check"], 2);
}

#[tokio::test(start_paused = true)]
async fn an_event_causes_exactly_one_look_at_its_slot() {
  let site = ala();
  let mut observed = Observed::settled(&site).await;
  site.state().act(Foreign::Kill(Slot::Blue));
  observed.tell(
    Slot::Blue,
    What::Died {
      exit_code: Some(137),
    },
  );
  // A burst is one event.
  observed.tell(Slot::Blue, What::OutOfMemory);
  let calls = observed.calls_within(Duration::from_secs(1)).await;
  assert_eq!(calls["containers"], 1, "{calls:?}");
  assert_eq!(calls.get("shared"), None);
  let down = |seen: &Observation| {
    let health = seen.slots[Slot::Blue].health.value();
    health.is_some_and(|health| !health.is_ok())
  };
  observed.until(Duration::ZERO, down).await;
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_not_renewed_ages_and_is_never_drawn_as_fresh() {
  let site = ala();
  let mut observed = Observed::settled(&site).await;
  let seen_at = observed.now().slots[Slot::Blue].health.as_of();
  site.state().trouble.insert("check", Trouble::Hangs);
  sleep(Duration::from_secs(25)).await;
  let health = observed.now().slots[Slot::Blue].health.clone();
  assert_eq!(health.as_of(), seen_at, "it keeps the age of its last look");
  let stale = |seen: &Observation| seen.slots[Slot::Blue].health.value().is_none();
  observed.until(Duration::from_secs(10), stale).await;
  let health = observed.now().slots[Slot::Blue].health.clone();
  assert!(health.why_not().unwrap().contains("not seen for"));

  site.state().trouble.remove("check");
  let healthy = |seen: &Observation| seen.slots[Slot::Blue].health.value().is_some();
  observed.until(Duration::from_mins(2), healthy).await;
}

#[tokio::test(start_paused = true)]
async fn a_proof_that_stops_answering_is_not_proven_for_long() {
  let site = ala();
  let mut observed = Observed::settled(&site).await;
  site.state().trouble.insert("sample", Trouble::Hangs);
  let unproven = |seen: &Observation| seen.live == Live::Claimed { slot: Slot::Blue };
  observed.until(pace::PROOF * 4, unproven).await;
}

#[tokio::test(start_paused = true)]
async fn traffic_moved_by_another_hand_is_seen_with_the_next_request() {
  let site = ala();
  let mut observed = Observed::settled(&site).await;
  site.state().act(Foreign::MoveTraffic(Slot::Green));
  site.state().create(Slot::Green, "1.1", base());
  let moved = |seen: &Observation| {
    let witness = seen.witnesses.iter().find(|w| w.kind == WitnessKind::Proof);
    witness.unwrap().testimony == Testimony::Slot { slot: Slot::Green }
  };
  observed.until(pace::PROOF * 2, moved).await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_goes_away_is_said_and_found_again() {
  let site = ala();
  let mut observed = Observed::settled(&site).await;
  observed.engine(Some(Trouble::Fails));
  observed
    .until(Duration::from_secs(1), |seen| !known(seen))
    .await;
  let seen = observed.now();
  let blue = &seen.slots[Slot::Blue];
  assert!(
    blue
      .containers
      .why_not()
      .unwrap()
      .contains("injected fault")
  );
  assert!(blue.health.value().is_none());
  let since = blue.containers.as_of();

  let calls = observed.calls_within(Duration::from_mins(10)).await;
  assert!(calls["changes"] <= 30, "it backs off: {calls:?}");
  let blue = observed.now().slots[Slot::Blue].clone();
  assert_eq!(blue.containers.as_of(), since, "unknown since then");

  observed.engine(None);
  observed.until(pace::MOST_RETRY, known).await;
  sleep(Duration::from_secs(5)).await;
  assert!(
    observed.now().slots[Slot::Blue]
      .health
      .value()
      .unwrap()
      .is_ok()
  );
  site.state().act(Foreign::Kill(Slot::Blue));
  observed.tell(Slot::Blue, What::Died { exit_code: None });
  let calls = observed.calls_within(Duration::from_secs(1)).await;
  assert_eq!(calls["containers"], 1, "it follows the events again");
}

#[tokio::test(start_paused = true)]
async fn an_operation_of_anybody_is_seen_from_its_start_to_its_end() {
  let site = ala();
  let mut observed = Observed::settled(&site).await;
  let plan = site.plan(&deploy("1.1", WhenReady::Stop)).await.unwrap();
  let order = site.launch(plan);
  let running = |seen: &Observation| {
    let operation = seen.operation.as_ref();
    operation.is_some_and(|operation| operation.phase == Phase::Running)
  };
  observed.until(pace::LEDGER * 2, running).await;
  assert!(observed.now().lock.is_some());
  site.run(&order, Vec::new()).await;
  let ended = |seen: &Observation| {
    let operation = seen.operation.as_ref();
    let ended = operation.is_some_and(|one| matches!(one.phase, Phase::Ended { .. }));
    ended && seen.lock.is_none() && seen.slots[Slot::Green].containers().len() == 2
  };
  observed.until(pace::LEDGER * 2, ended).await;
}

/// The managed file was looked at long before the operation, the proof right after it.
#[tokio::test(start_paused = true)]
async fn a_switch_by_somebody_else_is_never_told_as_a_disagreement() {
  let site = FakeSite::new(SiteBuilder::new().build());
  for intent in [
    deploy("1.1", WhenReady::Stop),
    switch(Slot::Green),
    rollback(),
  ] {
    site.operate(&intent).await;
    sleep(Duration::from_mins(1)).await;
  }
  let (sender, mut told) = mpsc::unbounded_channel();
  let (_nudges, receiver) = mpsc::channel(8);
  let running = tokio::spawn(observer::run(site.world(), receiver, move |seen| {
    let _ = sender.send(seen);
  }));
  sleep(Duration::from_secs(20)).await;
  let (_, verdict) = site.operate(&switch(Slot::Green)).await;
  assert_eq!(verdict.live, Some(Slot::Green), "{}", verdict.summary);
  sleep(Duration::from_secs(20)).await;
  running.abort();
  let mut last = None;
  while let Ok(seen) = told.try_recv() {
    assert!(
      !matches!(seen.live, Live::Disputed { .. }) && seen.drift.is_empty(),
      "{:?} {:?}",
      seen.witnesses,
      seen.drift
    );
    last = Some(seen.live.clone());
  }
  assert_eq!(last, Some(Live::Proven { slot: Slot::Green }));
}

#[tokio::test(start_paused = true)]
async fn a_nudge_looks_at_everything_and_the_last_one_gone_ends_it() {
  let site = ala();
  let observed = Observed::settled(&site).await;
  observed.nudges.send(Nudge::Now).await.unwrap();
  let calls = observed.calls_within(Duration::from_millis(100)).await;
  for port in [
    "containers",
    "shared",
    "runtime.facts",
    "router.facts",
    "sample",
    "check",
  ] {
    assert!(calls.contains_key(port), "{port}: {calls:?}");
  }
  assert_eq!(calls.get("changes"), None);
  drop(observed.nudges);
  observed.running.await.unwrap();
}
