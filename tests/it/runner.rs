//! Whole operations on the fake site: order of events, gates, aborts, and failure of every step.

use std::time::Duration;

use cutover::{
  config::Hook,
  engine::intent::{Force, Intent, WhenReady},
  model::{
    Slot,
    event::Event,
    operation::Outcome,
    plan::{MigrateWhen, OnFailure},
    router::Mount,
  },
};

use crate::support::*;

fn full() -> SiteBuilder {
  SiteBuilder::new()
    .marker()
    .database(MigrateWhen::AfterStart)
    .hook(
      Hook::BeforeDeploy,
      &["hooks/before", "--key=hunter2hunter2"],
    )
    .hook(Hook::BeforeSwitch, &["hooks/check"])
    .hook(Hook::AfterSwitch, &["hooks/tell"])
    .hook(Hook::OnFailure, &["hooks/page"])
}

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
  assert!(
    verdict.summary.as_str().contains("drained after"),
    "{}",
    verdict.summary
  );
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
    (Intent::Start { slot: Slot::Blue }, Slot::Green),
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
  tokio::time::sleep(Duration::from_secs(60)).await;
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
  tokio::time::sleep(Duration::from_secs(60)).await;
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
  assert!(began.elapsed() >= Duration::from_secs(600));
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

/// The port calls that each step stands on.
const PORTS: [&str; 22] = [
  "containers",
  "save",
  "sample",
  "next",
  "write",
  "seen_inside",
  "test",
  "reload",
  "check",
  "smoke",
  "prepare",
  "start",
  "backup",
  "migration_lock",
  "exec.migrate",
  "exec.status",
  "exec_running",
  "command",
  "ledger.evidence",
  "ledger.put_evidence",
  "ledger.put_pins",
  "ledger.put_live_record",
];

#[tokio::test(start_paused = true)]
async fn any_port_failing_or_hanging_from_any_moment_on_ends_once_and_says_the_truth() {
  let mut cases = 0;
  for port in PORTS {
    for trouble in [
      Trouble::Fails,
      Trouble::FailsOnce,
      Trouble::Hangs,
      Trouble::FailsAfter,
    ] {
      if trouble == Trouble::Hangs && port.starts_with("ledger.") {
        continue;
      }
      let site = FakeSite::new(full().build());
      let plan = site.plan(&deploy("1.1", WhenReady::Switch)).await.unwrap();
      let before = site.before();
      let order = site.launch(plan);
      site.state().trouble.insert(port, trouble);
      let verdict = site.run(&order, Vec::new()).await.verdict();
      site.judge(&order, &verdict, &before, Moved::No);
      cases += 1;
    }
  }
  assert!(cases >= 80);
}

#[tokio::test(start_paused = true)]
async fn a_failing_traffic_step_restores_the_file_byte_for_byte_and_proves_the_former_slot() {
  for (what, break_it) in refusals() {
    for builder in [SiteBuilder::new(), SiteBuilder::new().marker()] {
      let site = tested(builder.build()).await;
      let plan = site.plan(&switch(Slot::Green)).await.unwrap();
      let before = site.before();
      let order = site.launch(plan);
      break_it(&mut site.state());
      let verdict = site.run(&order, Vec::new()).await.verdict();
      assert_eq!(
        verdict.outcome,
        Outcome::Reverted,
        "{what}: {}",
        verdict.summary
      );
      assert_eq!(verdict.live, Some(Slot::Blue), "{what}");
      assert_eq!(site.state().disk, before.disk, "{what}");
      site.judge(&order, &verdict, &before, Moved::No);
      tokio::time::sleep(Duration::from_secs(60)).await;
      site.state().act(Foreign::Reload);
      assert_eq!(
        site.state().proxy.slot(),
        Some(Slot::Blue),
        "{what}: no landmine is left"
      );
    }
  }
}

type Break = fn(&mut State);

fn refusals() -> Vec<(&'static str, Break)> {
  vec![
    ("the test says no", |state| {
      state.proxy.refuses = Some(Refuses::Test)
    }),
    ("the reload says no once", |state| {
      state.trouble.insert("reload", Trouble::FailsOnce);
    }),
    ("the reload is swallowed", |state| {
      state.proxy.refuses = Some(Refuses::Silently)
    }),
    ("the mount is stale", |state| {
      state.mount = Mount::SingleFile;
      state.stale = Some(state.disk.clone());
    }),
    ("the file cannot be written", |state| {
      state.trouble.insert("write", Trouble::Fails);
    }),
    ("a single file is left torn", |state| {
      state.mount = Mount::SingleFile;
      state.trouble.insert("write", Trouble::FailsAfter);
    }),
    ("the file is written and the call fails", |state| {
      state.trouble.insert("write", Trouble::FailsAfter);
    }),
    ("the test hangs", |state| {
      state.trouble.insert("seen_inside", Trouble::Hangs);
    }),
  ]
}

#[tokio::test(start_paused = true)]
async fn when_the_proxy_goes_down_in_the_middle_a_person_is_asked_for() {
  let site = tested(SiteBuilder::new().build()).await;
  let plan = site.plan(&switch(Slot::Green)).await.unwrap();
  let before = site.before();
  let order = site.launch(plan);
  let at = site.state().calls.len() + 30;
  site.state().foreign.push((at, Foreign::ProxyDown));
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert_eq!(verdict.outcome, Outcome::NeedsHuman, "{}", verdict.summary);
  assert_eq!(
    verdict.live, None,
    "nobody is served, so no slot is claimed to be live"
  );
  site.judge(&order, &verdict, &before, Moved::No);
  assert_eq!(
    site.state().disk,
    before.disk,
    "the former file is back for when it starts again"
  );
}

#[tokio::test(start_paused = true)]
async fn when_the_reload_keeps_saying_no_the_former_file_is_back_and_a_person_is_asked_for() {
  let site = tested(SiteBuilder::new().build()).await;
  let plan = site.plan(&switch(Slot::Green)).await.unwrap();
  let before = site.before();
  let order = site.launch(plan);
  site.state().proxy.refuses = Some(Refuses::Reload);
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert!(
    matches!(verdict.outcome, Outcome::NeedsHuman | Outcome::Reverted),
    "{}",
    verdict.summary
  );
  assert_eq!(site.state().disk, before.disk);
  site.judge(&order, &verdict, &before, Moved::No);
}

#[tokio::test(start_paused = true)]
async fn each_bad_version_fails_with_its_first_cause_and_users_stay() {
  for (behavior, cause) in [
    (Behavior::NeverHealthy, "503"),
    (Behavior::Crash, "exit code 1"),
    (Behavior::OutOfMemory, "OOM"),
    (Behavior::SmokeFails, "login"),
  ] {
    for on_failure in [OnFailure::KeepForInspection, OnFailure::StopTarget] {
      let site = FakeSite::new(SiteBuilder::new().on_failure(on_failure).build());
      site.state().versions.insert("1.1".into(), behavior);
      let before = site.before();
      let (order, verdict) = site.operate(&deploy("1.1", WhenReady::Switch)).await;
      assert_eq!(verdict.outcome, Outcome::Failed, "{behavior:?}");
      assert!(
        verdict.summary.as_str().contains(cause),
        "{behavior:?}: {}",
        verdict.summary
      );
      site.judge(&order, &verdict, &before, Moved::No);
      let stops = site.state().calls_of("stop");
      assert_eq!(
        stops == 1,
        on_failure == OnFailure::StopTarget,
        "{behavior:?}"
      );
    }
  }
}

#[tokio::test(start_paused = true)]
async fn a_slow_start_is_waited_for() {
  let site = ala();
  site
    .state()
    .versions
    .insert("1.1".into(), Behavior::SlowStart);
  let (_, verdict) = site.operate(&deploy("1.1", WhenReady::Switch)).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
}

#[tokio::test(start_paused = true)]
async fn a_standby_that_could_not_be_stopped_is_not_said_to_be_stopped() {
  let site = FakeSite::new(SiteBuilder::new().on_failure(OnFailure::StopTarget).build());
  site
    .state()
    .versions
    .insert("1.1".into(), Behavior::SmokeFails);
  site.state().trouble.insert("stop", Trouble::Fails);
  let (_, verdict) = site.operate(&deploy("1.1", WhenReady::Switch)).await;
  assert!(
    !verdict.summary.as_str().contains("stopped: GREEN"),
    "{}",
    verdict.summary
  );
  assert!(
    verdict.summary.as_str().contains("could not be stopped"),
    "{}",
    verdict.summary
  );
}

#[tokio::test(start_paused = true)]
async fn a_failed_target_that_may_still_serve_requests_is_not_stopped() {
  let site = FakeSite::new(SiteBuilder::new().on_failure(OnFailure::StopTarget).build());
  let plan = site.plan(&deploy("1.1", WhenReady::Switch)).await.unwrap();
  let before = site.before();
  let order = site.launch(plan);
  {
    let mut state = site.state();
    state.proxy.drain = Duration::from_secs(120);
  }
  let word = "prove";
  let verdict = site
    .run(&order, vec![(When::During(word), abort())])
    .await
    .verdict();
  assert_eq!(verdict.outcome, Outcome::Cancelled);
  site.judge(&order, &verdict, &before, Moved::No);
}

#[tokio::test(start_paused = true)]
async fn a_restart_after_the_tests_voids_the_evidence_and_the_switch_is_refused() {
  let site = tested(SiteBuilder::new().build()).await;
  let plan = site.plan(&switch(Slot::Green)).await.unwrap();
  assert!(
    !words(&plan).contains(&"smoke".to_owned()),
    "it was tested already"
  );
  let before = site.before();
  let order = site.launch(plan);
  site.state().act(Foreign::Restart(Slot::Green));
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert_eq!(verdict.outcome, Outcome::Failed);
  assert!(
    verdict
      .summary
      .as_str()
      .contains("restarted since it was tested"),
    "{}",
    verdict.summary
  );
  assert_eq!(site.state().calls_of("write"), 0);
  site.judge(&order, &verdict, &before, Moved::No);
  let again = site.plan(&switch(Slot::Green)).await.unwrap();
  assert!(
    words(&again).contains(&"smoke".to_owned()),
    "it is tested again first"
  );
}

#[tokio::test(start_paused = true)]
async fn a_world_that_changed_since_the_plan_stops_the_operation_before_it_acts() {
  let changes: [(&str, Foreign); 3] = [
    ("the file was edited", Foreign::Comment),
    ("traffic was moved", Foreign::MoveTraffic(Slot::Green)),
    ("the proxy went down", Foreign::ProxyDown),
  ];
  for (what, foreign) in changes {
    let site = tested(SiteBuilder::new().build()).await;
    let plan = site.plan(&switch(Slot::Green)).await.unwrap();
    let order = site.launch(plan);
    site.state().act(foreign);
    let disk = site.state().disk.clone();
    let verdict = site.run(&order, Vec::new()).await.verdict();
    assert_eq!(
      verdict.outcome,
      Outcome::Failed,
      "{what}: {}",
      verdict.summary
    );
    assert_eq!(site.state().disk, disk, "{what}");
    assert_eq!(site.ends(&order), 1);
  }
}

#[tokio::test(start_paused = true)]
async fn an_edit_by_somebody_else_just_before_the_write_is_not_overwritten() {
  let site = tested(SiteBuilder::new().build()).await;
  let plan = site.plan(&switch(Slot::Green)).await.unwrap();
  let order = site.launch(plan);
  let started = site.state().calls.len();
  let probe = tested(SiteBuilder::new().build()).await;
  let twin = probe.launch(probe.plan(&switch(Slot::Green)).await.unwrap());
  let twin_started = probe.state().calls.len();
  probe.run(&twin, Vec::new()).await;
  let write = probe
    .state()
    .calls
    .iter()
    .position(|call| call.name == "write")
    .unwrap();
  let at = started + (write - twin_started);
  site.state().foreign.push((at, Foreign::Comment));
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert!(
    verdict.summary.as_str().contains("someone else changed"),
    "{}",
    verdict.summary
  );
  assert!(
    site.state().disk.ends_with("# edited by hand\n"),
    "{}",
    site.state().disk
  );
  assert_eq!(site.state().proxy.slot(), Some(Slot::Blue));
  assert_eq!(verdict.live, Some(Slot::Blue));
  assert_eq!(site.ends(&order), 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_at_any_journal_write_never_leaves_users_halfway() {
  let probe = FakeSite::new(full().build());
  let (order, _) = probe.operate(&deploy("1.1", WhenReady::Switch)).await;
  let writes = probe.records_of(&order).len();
  for first in 1..=writes {
    for last in [first, usize::MAX] {
      let site = FakeSite::new(full().build());
      let before = site.before();
      let order = site.launch(site.plan(&deploy("1.1", WhenReady::Switch)).await.unwrap());
      site.state().full_disk = Some((first, last));
      let verdict = site.run(&order, Vec::new()).await.verdict();
      let ends = site.ends(&order);
      assert!(ends <= 1);
      if last == first && first < writes {
        assert_eq!(ends, 1, "there was space again at the end ({first})");
      }
      let state = site.state();
      assert!(state.violations.is_empty(), "{:?}", state.violations);
      if let Some(live) = verdict.live {
        assert_eq!(
          state.proxy.slot(),
          Some(live),
          "{first}: {}",
          verdict.summary
        );
      }
      assert_eq!(
        state.disk, state.proxy.loaded,
        "{first}: {}",
        verdict.summary
      );
      match verdict.outcome {
        Outcome::Failed => {
          assert_eq!(
            state.calls_of("write"),
            0,
            "failed means never moved ({first})"
          );
          assert_eq!(state.disk, before.disk);
        }
        Outcome::Reverted => assert_eq!(state.disk, before.disk),
        Outcome::NeedsHuman | Outcome::Done => {}
        other => panic!("{other} at {first}"),
      }
    }
  }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_and_a_proxy_that_goes_down_is_never_called_a_plain_failure() {
  let site = tested(SiteBuilder::new().build()).await;
  let order = site.launch(site.plan(&switch(Slot::Green)).await.unwrap());
  let reload = order
    .plan
    .steps
    .iter()
    .position(|p| step_word(&p.step) == "reload")
    .unwrap();
  site.state().full_disk = Some((2 + 2 * reload, usize::MAX));
  site.state().trouble.insert("restore", Trouble::Fails);
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert_eq!(verdict.outcome, Outcome::NeedsHuman, "{}", verdict.summary);
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
    let site = switched(SiteBuilder::new().marker().build()).await;
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

#[tokio::test(start_paused = true)]
async fn consent_to_cut_off_draining_requests_is_no_consent_to_stop_the_live_slot() {
  let site = switched(SiteBuilder::new().build()).await;
  {
    let mut state = site.state();
    state.proxy.drain = Duration::from_secs(600);
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
  let (_, verdict) = site.operate(&Intent::Start { slot: Slot::Green }).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  assert!(site.state().serves(Slot::Green));
}

#[tokio::test(start_paused = true)]
async fn the_live_slot_can_be_woken_when_it_was_stopped() {
  let site = switched(SiteBuilder::new().build()).await;
  site.state().act(Foreign::Kill(Slot::Green));
  let (_, verdict) = site.operate(&Intent::Start { slot: Slot::Green }).await;
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
  });
  let plan = site.plan(&forced).await.unwrap();
  assert_eq!(plan.word.as_deref(), Some("blue is broken"));
}
