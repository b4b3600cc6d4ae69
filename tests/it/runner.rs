//! Whole operations on the fake site: order of events, gates, aborts, and failure of every step.

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
async fn a_restart_of_one_service_brings_the_very_container_back_and_voids_the_tests() {
  let site = tested(SiteBuilder::new().build()).await;
  let started = |site: &FakeSite| -> Vec<_> {
    let state = site.state();
    let green = state.slots[Slot::Green].iter();
    green
      .map(|found| {
        let container = &found.container;
        (
          container.id.clone(),
          container.started_at,
          container.restart_policy.clone(),
        )
      })
      .collect()
  };
  let before = site.before();
  let (former, live) = (started(&site), site.state().container_ids(Slot::Blue));
  let (order, verdict) = site.operate(&restart(Slot::Green, "api", Force::No)).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  assert!(
    verdict.summary.as_str().starts_with("api of GREEN"),
    "{}",
    verdict.summary
  );
  site.judge(&order, &verdict, &before, Moved::No);
  let now = started(&site);
  assert_eq!((&now[0].0, &now[0].2), (&former[0].0, &former[0].2));
  assert_ne!(now[0].1, former[0].1, "the api was started again");
  assert_eq!(now[1], former[1], "its neighbor was left alone");
  assert_eq!(site.state().container_ids(Slot::Blue), live);
  let void = site.observe().await.slots[Slot::Green]
    .evidence_void
    .clone();
  assert!(
    void.is_some(),
    "what it passed before does not count any more"
  );
}

#[tokio::test(start_paused = true)]
async fn the_live_service_is_restarted_once_that_was_typed() {
  let site = ala();
  let plan = site
    .plan(&restart(Slot::Blue, "api", Force::Typed))
    .await
    .unwrap();
  site.state().typed = true;
  let order = site.launch(plan);
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  assert_eq!(verdict.live, Some(Slot::Blue));
  assert!(site.state().serves(Slot::Blue));
}

#[tokio::test(start_paused = true)]
async fn one_service_is_started_while_its_neighbor_stays_down() {
  let site = tested(SiteBuilder::new().build()).await;
  site.operate(&stop(Slot::Green, Force::No)).await;
  let (_, verdict) = site
    .operate(&Intent::Start {
      slot: Slot::Green,
      service: Some("web".into()),
    })
    .await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  let state = site.state();
  let running = |key: &str| {
    state.slots[Slot::Green]
      .iter()
      .any(|found| found.container.service == key && found.container.is_running())
  };
  assert!(running("web") && !running("api"));
}

#[tokio::test(start_paused = true)]
async fn the_images_of_the_last_five_versions_of_a_slot_are_kept() {
  let site = ala();
  let versions = ["1.1", "1.2", "2.0", "1.1", "3.0", "3.1", "3.2"];
  for version in versions {
    site.state().versions.insert(version.into(), Behavior::Good);
    site.operate(&deploy(version, WhenReady::Stop)).await;
  }
  let kept: Vec<String> = site.state().kept[Slot::Green]
    .iter()
    .map(ToString::to_string)
    .collect();
  assert_eq!(kept, ["3.2", "3.1", "3.0", "1.1", "2.0"]);
  site.state().trouble.insert("keep_images", Trouble::Fails);
  let (_, verdict) = site.operate(&deploy("1.2", WhenReady::Stop)).await;
  assert_eq!(
    verdict.outcome,
    Outcome::Done,
    "a name that could not be given keeps nobody from deploying: {}",
    verdict.summary
  );
}

#[tokio::test(start_paused = true)]
async fn a_stopped_former_slot_is_woken_and_healthy_before_any_user_moves() {
  let site = switched(SiteBuilder::new().build()).await;
  site.operate(&stop(Slot::Blue, Force::No)).await;
  let before = site.before();
  let (order, verdict) = site.operate(&rollback()).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  let words = words(&order.plan);
  let at = |word: &str| words.iter().position(|w| w == word).unwrap();
  assert!(at("wake") < at("wait-healthy") && at("wait-healthy") < at("write"));
  site.judge(&order, &verdict, &before, Moved::No);
  let state = site.state();
  assert!(
    state.slots[Slot::Blue]
      .iter()
      .all(|c| c.container.restart_policy == "unless-stopped")
  );
}

#[tokio::test(start_paused = true)]
async fn a_slot_whose_containers_are_gone_is_rolled_back_to_from_recorded_images_alone() {
  let site = switched(SiteBuilder::new().database(MigrateWhen::AfterStart).build()).await;
  site.operate(&deploy("1.2", WhenReady::Switch)).await;
  tokio::time::sleep(Duration::from_mins(1)).await;
  site.state().slots[Slot::Green].clear();
  let before = site.before();
  let counted = |site: &FakeSite| {
    let state = site.state();
    ["prepare", "backup", "exec.migrate", "update_source"].map(|name| state.calls_of(name))
  };
  let was = counted(&site);
  let (order, verdict) = site.operate(&rollback()).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  assert_eq!(counted(&site), was, "I14");
  site.judge(&order, &verdict, &before, Moved::No);
}

#[tokio::test(start_paused = true)]
async fn a_cold_rollback_goes_to_the_version_that_served_not_to_one_that_failed_since() {
  let site = switched(SiteBuilder::new().build()).await;
  site.operate(&deploy("1.2", WhenReady::Switch)).await;
  tokio::time::sleep(Duration::from_mins(1)).await;
  site.state().versions.insert("1.3".into(), Behavior::Crash);
  let (_, verdict) = site.operate(&deploy("1.3", WhenReady::Stop)).await;
  assert_eq!(verdict.outcome, Outcome::Failed);
  site.state().slots[Slot::Green].clear();
  let (_, verdict) = site.operate(&rollback()).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  let version = site.state().slots[Slot::Green][0].container.version.clone();
  assert_eq!(version.unwrap().as_str(), "1.1");
}

#[tokio::test(start_paused = true)]
async fn declined_at_the_gate_touches_no_traffic() {
  let site = ala();
  let before = site.before();
  let (order, life) = site
    .operate_with(
      &deploy("1.1", WhenReady::Ask),
      vec![(When::GateOpens, no("switch"))],
    )
    .await;
  let verdict = life.verdict();
  assert_eq!(verdict.outcome, Outcome::Cancelled);
  site.judge(&order, &verdict, &before, Moved::No);
  assert_eq!(site.state().calls_of("write"), 0);
  assert!(
    verdict.summary.as_str().contains("GREEN is left up"),
    "{}",
    verdict.summary
  );
}

#[tokio::test(start_paused = true)]
async fn a_yes_at_the_gate_moves_users_and_names_who_said_it() {
  let site = ala();
  let before = site.before();
  let (order, life) = site
    .operate_with(
      &deploy("1.1", WhenReady::Ask),
      vec![
        (When::GateOpens, note("looks good")),
        (When::GateOpens, yes("switch")),
      ],
    )
    .await;
  let verdict = life.verdict();
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  site.judge(&order, &verdict, &before, Moved::No);
  let events = site.events(&order);
  assert!(
    events
      .iter()
      .any(|e| matches!(e, Event::Answered { actor, .. } if actor.user.as_str() == "anna"))
  );
  assert!(events.iter().any(|e| matches!(e, Event::Noted { .. })));
}

#[tokio::test(start_paused = true)]
async fn an_answer_for_another_gate_is_ignored_and_silence_is_a_no() {
  let site = ala();
  let before = site.before();
  let began = tokio::time::Instant::now();
  let (order, life) = site
    .operate_with(
      &deploy("1.1", WhenReady::Ask),
      vec![(When::GateOpens, yes("restore"))],
    )
    .await;
  let verdict = life.verdict();
  assert_eq!(verdict.outcome, Outcome::Cancelled);
  assert!(began.elapsed() >= Duration::from_mins(10));
  assert!(
    !site
      .events(&order)
      .iter()
      .any(|e| matches!(e, Event::Answered { .. }))
  );
  site.judge(&order, &verdict, &before, Moved::No);
}

#[tokio::test(start_paused = true)]
async fn a_gate_says_until_when_it_waits_by_the_sites_own_clock() {
  let site = ala();
  let (order, _) = site
    .operate_with(&deploy("1.1", WhenReady::Ask), Vec::new())
    .await;
  let records = site.records_of(&order);
  let (at, until) = records
    .iter()
    .find_map(|record| match &record.event {
      Event::GateOpened { until, .. } => Some((record.at, *until)),
      _ => None,
    })
    .unwrap();
  assert_eq!((until - at).num_seconds(), 600);
}

#[tokio::test(start_paused = true)]
async fn aborted_in_any_step_it_ends_once_and_says_where_users_are() {
  let steps = words(
    &FakeSite::new(full().build())
      .plan(&deploy("1.1", WhenReady::Switch))
      .await
      .unwrap(),
  );
  for step in steps.iter().filter(|step| *step != "hook") {
    let site = FakeSite::new(full().build());
    let before = site.before();
    let word: &'static str = Box::leak(step.clone().into_boxed_str());
    let (order, life) = site
      .operate_with(
        &deploy("1.1", WhenReady::Switch),
        vec![(When::During(word), abort())],
      )
      .await;
    let verdict = life.verdict();
    let asked = site
      .events(&order)
      .iter()
      .any(|e| matches!(e, Event::AbortAsked { .. }));
    assert!(asked, "the abort was heard in {step}");
    if matches!(word, "record" | "drain") {
      assert_eq!(
        verdict.outcome,
        Outcome::Done,
        "{step}: {}",
        verdict.summary
      );
    } else {
      assert_eq!(
        verdict.outcome,
        Outcome::Cancelled,
        "{step}: {}",
        verdict.summary
      );
    }
    site.judge(&order, &verdict, &before, Moved::No);
    if matches!(word, "write" | "test" | "reload" | "prove") {
      let events = site.events(&order);
      assert!(
        events.iter().any(|e| matches!(
          e,
          Event::RestoreFinished {
            proven: Some(Slot::Blue),
            ..
          }
        )),
        "{step} is put back and proved"
      );
      assert_eq!(site.state().disk, before.disk, "byte for byte after {step}");
    }
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

#[tokio::test(start_paused = true)]
async fn the_live_slot_can_be_started_again_when_its_containers_are_gone() {
  let site = switched(SiteBuilder::new().build()).await;
  site.state().slots[Slot::Green].clear();
  let (_, verdict) = site.operate(&start(Slot::Green)).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  assert!(site.state().serves(Slot::Green));
}

#[tokio::test(start_paused = true)]
async fn the_live_slot_can_be_woken_when_it_was_stopped() {
  let site = switched(SiteBuilder::new().build()).await;
  site.state().act(Foreign::Kill(Slot::Green));
  let (_, verdict) = site.operate(&start(Slot::Green)).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
}

#[tokio::test(start_paused = true)]
async fn a_forced_rollback_to_a_broken_slot_moves_users_on_the_operators_word() {
  let site = switched(SiteBuilder::new().build()).await;
  for found in &mut site.state().slots[Slot::Blue] {
    found.behavior = Behavior::NeverHealthy;
  }
  let refusal = site.plan(&rollback()).await.unwrap_err();
  assert_eq!(refusal.outcome, Outcome::Refused);
  let forced = Intent::Rollback(cutover::engine::intent::Rollback {
    version: None,
    reason: Some("green leaks data".into()),
    force: Force::Typed,
    undoes: None,
  });
  let plan = site.plan(&forced).await.unwrap();
  assert_eq!(plan.word.as_deref(), Some("blue is broken"));
}
