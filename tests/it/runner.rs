//! Whole operations on the fake site: order of events, gates, aborts, and failure of every step.

mod gates;
mod going_back;
mod services;

use std::time::Duration;

use cutover::{
  config::Hook,
  engine::intent::{Force, Intent, WhenReady},
  model::{Slot, event::Event, operation::Outcome, plan::MigrateWhen},
};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn a_full_deploy_with_switch_writes_every_intent_before_and_every_done_after() {
  let site = FakeSite::new(full().build());
  let before = site.before();
  let (order, verdict) = site.operate(&deploy("1.1", WhenReady::Switch)).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  assert_eq!(verdict.live, Some(Slot::Green));
  assert_eq!(
    words(&order.plan),
    [
      "preflight",
      "hook",
      "backup",
      "prepare",
      "start",
      "migrate",
      "wait-healthy",
      "smoke",
      "evidence",
      "hook",
      "check-target",
      "save",
      "write",
      "test",
      "reload",
      "prove",
      "record",
      "hook",
      "drain"
    ]
  );
  let marks: Vec<String> = site
    .events(&order)
    .iter()
    .filter(|event| !matches!(event, Event::StepNote { .. }))
    .map(brief)
    .collect();
  let mut wanted = vec!["begun".to_owned()];
  for index in 0..order.plan.steps.len() {
    wanted.push(format!("step-started index={index}"));
    wanted.push(format!("step-finished index={index}"));
  }
  wanted.push("ended".to_owned());
  assert_eq!(marks, wanted);
  site.judge(&order, &verdict, &before, Moved::No);
  let state = site.state();
  let record = state.ledger.live.clone().unwrap();
  assert_eq!(
    (record.live, record.previous),
    (Slot::Green, Some(Slot::Blue))
  );
  assert_eq!(record.version.unwrap().as_str(), "1.1");
  assert_eq!(record.previous_version.unwrap().as_str(), "1.0");
  assert_eq!(record.schema_head.as_deref(), Some("1.1"));
  assert_eq!(state.calls_of("reload"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_deploy_that_ends_when_ready_never_touches_the_file_the_proxy_or_the_live_slot() {
  let site = FakeSite::new(full().build());
  let before = site.before();
  let (order, verdict) = site.operate(&deploy("1.1", WhenReady::Stop)).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  assert_eq!(verdict.live, Some(Slot::Blue));
  site.judge(&order, &verdict, &before, Moved::No);
  let state = site.state();
  for name in ["write", "restore", "reload", "stop", "wake"] {
    assert_eq!(state.calls_of(name), 0, "{name}");
  }
}

#[tokio::test(start_paused = true)]
async fn the_ledger_of_a_switch_counts_the_mixed_window() {
  let site = tested(SiteBuilder::new().build()).await;
  let (order, verdict) = site.operate(&switch(Slot::Green)).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  let ledger = site
    .events(&order)
    .iter()
    .find_map(|event| match event {
      Event::StepFinished {
        produced: cutover::model::event::Produced::Proved { ledger },
        ..
      } => Some(ledger.clone()),
      _ => None,
    })
    .unwrap();
  assert!((50..=110).contains(&ledger.mixed_millis), "{ledger:?}");
  assert!(ledger.proved_millis >= 300, "{ledger:?}");
  assert_eq!(ledger.lost, 0);
  let drained = site.events(&order).iter().any(|event| {
    matches!(
      event,
      Event::StepFinished {
        produced: cutover::model::event::Produced::Drained {
          millis: Some(1500..),
          still: 0
        },
        ..
      }
    )
  });
  assert!(drained, "the former workers were watched to their end");
}

#[tokio::test(start_paused = true)]
async fn a_whole_day_deploy_switch_rollback_stop_start_ends_where_it_says() {
  let site = FakeSite::new(SiteBuilder::new().build());
  let day: [(Intent, Slot); 7] = [
    (deploy("1.1", WhenReady::Stop), Slot::Blue),
    (switch(Slot::Green), Slot::Green),
    (rollback(), Slot::Blue),
    (switch(Slot::Green), Slot::Green),
    (stop(Slot::Blue, Force::No), Slot::Green),
    (start(Slot::Blue), Slot::Green),
    (rollback(), Slot::Blue),
  ];
  for (intent, live) in day {
    let before = site.before();
    let (order, verdict) = site.operate(&intent).await;
    assert_eq!(
      verdict.outcome,
      Outcome::Done,
      "{intent:?}: {}",
      verdict.summary
    );
    assert_eq!(verdict.live, Some(live), "{intent:?}");
    site.judge(&order, &verdict, &before, Moved::No);
    tokio::time::sleep(Duration::from_secs(30)).await;
  }
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_after_the_switch_is_not_told_as_users_never_moved() {
  let site = FakeSite::new(
    SiteBuilder::new()
      .hook(Hook::AfterSwitch, &["hooks/tell"])
      .build(),
  );
  site.state().hook_exit = 3;
  let before = site.before();
  let (order, verdict) = site.operate(&deploy("1.1", WhenReady::Switch)).await;
  assert_eq!(verdict.outcome, Outcome::NeedsHuman, "{}", verdict.summary);
  assert_eq!(verdict.live, Some(Slot::Green));
  assert!(
    verdict.summary.as_str().contains("after_switch"),
    "{}",
    verdict.summary
  );
  assert!(
    verdict.summary.as_str().contains("users are on GREEN"),
    "{}",
    verdict.summary
  );
  site.judge(&order, &verdict, &before, Moved::No);
}

#[tokio::test(start_paused = true)]
async fn a_failing_before_switch_hook_keeps_users_where_they_are() {
  let site = FakeSite::new(
    SiteBuilder::new()
      .hook(Hook::BeforeSwitch, &["hooks/check"])
      .build(),
  );
  site.state().hook_exit = 3;
  let before = site.before();
  let (order, verdict) = site.operate(&deploy("1.1", WhenReady::Switch)).await;
  assert_eq!(verdict.outcome, Outcome::Failed, "{}", verdict.summary);
  site.judge(&order, &verdict, &before, Moved::No);
}

#[tokio::test(start_paused = true)]
async fn traffic_moved_by_somebody_else_while_draining_is_not_reported_as_done() {
  let site = tested(SiteBuilder::new().build()).await;
  site.state().proxy.drain = Duration::from_secs(5);
  let order = site.launch(site.plan(&switch(Slot::Green)).await.unwrap());
  let probe = tested(SiteBuilder::new().build()).await;
  probe.state().proxy.drain = Duration::from_secs(5);
  let twin = probe.launch(probe.plan(&switch(Slot::Green)).await.unwrap());
  let began = probe.state().calls.len();
  probe.run(&twin, Vec::new()).await;
  let record = probe
    .state()
    .calls
    .iter()
    .position(|call| call.name == "ledger.put_state_file")
    .unwrap();
  let at = site.state().calls.len() + record - began + 5;
  site
    .state()
    .foreign
    .push((at, Foreign::MoveTraffic(Slot::Blue)));
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert_eq!(verdict.live, Some(Slot::Blue), "{}", verdict.summary);
  assert_eq!(verdict.outcome, Outcome::NeedsHuman, "{}", verdict.summary);
}

#[tokio::test(start_paused = true)]
async fn settling_a_dispute_writes_down_the_truth_and_failing_at_it_moves_nobody() {
  for refuses in [
    None,
    Some(Refuses::Test),
    Some(Refuses::Reload),
    Some(Refuses::Silently),
  ] {
    for builder in [SiteBuilder::new(), SiteBuilder::new().marker()] {
      let site = switched(builder.build()).await;
      {
        let mut state = site.state();
        state.disk = state.text(Slot::Blue, 1, cutover::model::operation::OperationId(0));
      }
      let disputed = site.before().disk;
      let plan = site.plan(&switch(Slot::Green)).await.unwrap();
      let order = site.launch(plan);
      site.state().proxy.refuses = refuses;
      let verdict = site.run(&order, Vec::new()).await.verdict();
      assert_eq!(
        site.state().proxy.slot(),
        Some(Slot::Green),
        "{refuses:?}: {}",
        verdict.summary
      );
      assert_eq!(
        verdict.outcome == Outcome::Done,
        refuses.is_none(),
        "{refuses:?}: {}",
        verdict.summary
      );
      if verdict.outcome == Outcome::Failed {
        assert_eq!(
          site.before().disk,
          disputed,
          "{refuses:?}: failed means nothing was changed"
        );
      }
      assert_eq!(verdict.live, Some(Slot::Green), "{refuses:?}");
      assert_eq!(site.ends(&order), 1);
      if refuses.is_none() {
        let record = site.state().ledger.live.clone().unwrap();
        assert_eq!(
          (record.live, record.previous),
          (Slot::Green, Some(Slot::Blue))
        );
        let state = site.state();
        assert_eq!(state.disk, state.proxy.loaded);
      }
    }
  }
}

#[tokio::test(start_paused = true)]
async fn consent_to_cut_off_draining_requests_is_no_consent_to_stop_the_live_slot() {
  let site = switched(SiteBuilder::new().build()).await;
  {
    let mut state = site.state();
    state.proxy.drain = Duration::from_mins(10);
    state.act(Foreign::Reload);
  }
  let plan = site.plan(&stop(Slot::Blue, Force::Typed)).await.unwrap();
  assert_eq!(plan.word.as_deref(), Some("blue is draining"));
  let order = site.launch(plan);
  {
    let mut state = site.state();
    state.act(Foreign::MoveTraffic(Slot::Blue));
    state.proxy.settle();
    state.moved_at = 0;
  }
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert_eq!(verdict.outcome, Outcome::Failed, "{}", verdict.summary);
  assert!(site.state().serves(Slot::Blue), "users are on blue");
}
