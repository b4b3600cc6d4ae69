//! Every port failing or hanging, every refused reload, bad versions, a full disk: users stay.

use std::{sync::Arc, time::Duration};

use cutover::{
  engine::intent::WhenReady,
  model::{
    Slot,
    operation::{Outcome, Verdict},
    plan::{OnFailure, Order},
    router::Mount,
  },
};

use crate::support::*;

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
      tokio::time::sleep(Duration::from_mins(1)).await;
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
      state.proxy.refuses = Some(Refuses::Test);
    }),
    ("the reload says no once", |state| {
      state.trouble.insert("reload", Trouble::FailsOnce);
    }),
    ("the reload is swallowed", |state| {
      state.proxy.refuses = Some(Refuses::Silently);
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
    state.proxy.drain = Duration::from_mins(2);
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

/// Runs the deploy with a restart by hand right before the first port call `call`.
async fn deploy_restarted_at(call: &str) -> (Arc<FakeSite>, Order, Verdict) {
  let twin = ala();
  twin.operate(&deploy("1.1", WhenReady::Switch)).await;
  let at = twin.state().calls.iter().rposition(|c| c.name == call);
  let site = ala();
  site
    .state()
    .foreign
    .push((at.unwrap() + 1, Foreign::RestartByHand(Slot::Green)));
  let (order, verdict) = site.operate(&deploy("1.1", WhenReady::Switch)).await;
  (site, order, verdict)
}

#[tokio::test(start_paused = true)]
async fn a_restart_by_hand_between_health_and_evidence_is_seen_although_no_count_moves() {
  let (site, order, verdict) = deploy_restarted_at("smoke").await;
  assert_eq!(verdict.outcome, Outcome::Failed, "{}", verdict.summary);
  assert!(
    verdict.summary.as_str().contains("while it was tested"),
    "{}",
    verdict.summary
  );
  assert_eq!(site.state().calls_of("write"), 0);
  assert_eq!(site.ends(&order), 1);
}

#[tokio::test(start_paused = true)]
async fn a_restart_by_hand_while_users_are_moved_is_not_proven() {
  let (site, _, verdict) = deploy_restarted_at("reload").await;
  assert_eq!(verdict.outcome, Outcome::Reverted, "{}", verdict.summary);
  assert!(
    verdict.summary.as_str().contains("was started again"),
    "{}",
    verdict.summary
  );
  assert_eq!(site.state().proxy.slot(), Some(Slot::Blue));
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
async fn on_a_full_disk_a_restored_switch_is_still_told_as_reverted() {
  let site = tested(SiteBuilder::new().marker().build()).await;
  let before = site.before();
  let order = site.launch(site.plan(&switch(Slot::Green)).await.unwrap());
  let reload = order
    .plan
    .steps
    .iter()
    .position(|planned| step_word(&planned.step) == "reload")
    .unwrap();
  site.state().full_disk = Some((3 + 2 * reload, usize::MAX));
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert_eq!(verdict.outcome, Outcome::Reverted, "{}", verdict.summary);
  let said = verdict.summary.as_str();
  assert!(said.contains("BLUE is proven live"), "{said}");
  assert_eq!(site.before().disk, before.disk);
}

#[tokio::test(start_paused = true)]
async fn a_reload_by_somebody_else_at_any_moment_of_a_failing_switch_is_undone() {
  let length = {
    let site = tested(SiteBuilder::new().build()).await;
    let order = site.launch(site.plan(&switch(Slot::Green)).await.unwrap());
    let first = site.state().calls.len();
    site.state().trouble.insert("seen_inside", Trouble::Fails);
    site.run(&order, Vec::new()).await;
    site.state().calls.len() - first
  };
  for call in 1..=length.min(90) {
    let site = tested(SiteBuilder::new().build()).await;
    let before = site.before();
    let order = site.launch(site.plan(&switch(Slot::Green)).await.unwrap());
    {
      let mut state = site.state();
      state.trouble.insert("seen_inside", Trouble::Fails);
      let at = state.calls.len() + call;
      state.foreign.push((at, Foreign::Reload));
    }
    let verdict = site.run(&order, Vec::new()).await.verdict();
    assert_eq!(
      verdict.outcome,
      Outcome::Reverted,
      "call {call}: {}",
      verdict.summary
    );
    site.judge(&order, &verdict, &before, Moved::No);
  }
}

#[tokio::test(start_paused = true)]
async fn a_former_slot_that_breaks_after_the_plan_is_not_rolled_back_to() {
  let site = switched(SiteBuilder::new().build()).await;
  let before = site.before();
  let order = site.launch(site.plan(&rollback()).await.unwrap());
  let writes = site.state().calls_of("write");
  for found in &mut site.state().slots[Slot::Blue] {
    found.behavior = Behavior::NeverHealthy;
  }
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert_eq!(verdict.outcome, Outcome::Failed, "{}", verdict.summary);
  assert_eq!(site.state().calls_of("write"), writes);
  site.judge(&order, &verdict, &before, Moved::No);
}

#[tokio::test(start_paused = true)]
async fn settling_a_dispute_aborted_at_any_step_moves_nobody() {
  for word in ["check-target", "save", "write", "test", "reload", "prove"] {
    let site = switched(SiteBuilder::new().marker().build()).await;
    {
      let mut state = site.state();
      state.disk = state.text(Slot::Blue, 1, cutover::model::operation::OperationId(0));
    }
    let disputed = site.before().disk;
    let order = site.launch(site.plan(&switch(Slot::Green)).await.unwrap());
    let verdict = site
      .run(&order, vec![(When::During(word), abort())])
      .await
      .verdict();
    assert_eq!(
      site.state().proxy.slot(),
      Some(Slot::Green),
      "{word}: {}",
      verdict.summary
    );
    assert_eq!(verdict.live, Some(Slot::Green), "{word}");
    assert_eq!(
      verdict.outcome,
      Outcome::Cancelled,
      "{word}: {}",
      verdict.summary
    );
    assert_eq!(site.before().disk, disputed, "{word}: as it was");
  }
}
