//! One look at the site: unknown stays unknown, contradictions are said, readiness is measured.

use std::{sync::Arc, time::Duration};

use cutover::{
  engine::intent::{Force, WhenReady},
  model::{
    Slot,
    health::{Level, Pass},
    observation::Phase,
    operation::Outcome,
    traffic::{Live, Testimony, Warmth, WitnessKind},
  },
};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn a_quiet_site_is_proven_live_with_nothing_to_report() {
  let site = ala();
  let observation = site.observe().await;
  assert_eq!(observation.live, Live::Proven { slot: Slot::Blue });
  assert!(observation.drift.is_empty(), "{:?}", observation.drift);
  assert!(
    observation.slots[Slot::Blue]
      .health
      .value()
      .unwrap()
      .is_ok()
  );
  assert_eq!(observation.readiness.warmth, Warmth::None);
  assert!(!observation.readiness.why_not.is_empty());
  assert_eq!(observation.operation, None);
}

/// Looks again and again while users are moved to GREEN: how many looks contradicted themselves.
async fn disagreements(site: &Arc<FakeSite>, settled: bool) -> usize {
  let world = site.world();
  let to_green = switch(Slot::Green);
  let moving = site.operate(&to_green);
  tokio::pin!(moving);
  let mut found = 0;
  loop {
    let look = async {
      tokio::time::sleep(Duration::from_millis(7)).await;
      if settled {
        cutover::engine::settled(&world).await
      } else {
        cutover::engine::observe(&world).await
      }
    };
    tokio::select! {
      (_, verdict) = &mut moving => {
        assert_eq!(verdict.live, Some(Slot::Green), "{}", verdict.summary);
        return found;
      }
      seen = look => {
        let disputed = matches!(seen.live, Live::Disputed { .. });
        found += usize::from(disputed || !seen.drift.is_empty());
      }
    }
  }
}

#[tokio::test(start_paused = true)]
async fn who_looks_once_while_users_are_moved_is_told_when_they_have_been() {
  for (settled, contradicts) in [(false, true), (true, false)] {
    let site = FakeSite::new(SiteBuilder::new().build());
    site.operate(&deploy("1.1", WhenReady::Stop)).await;
    let found = disagreements(&site, settled).await;
    assert_eq!(found > 0, contradicts, "{found} with settled: {settled}");
  }
}

#[tokio::test(start_paused = true)]
async fn looking_changes_nothing() {
  let site = switched(SiteBuilder::new().marker().build()).await;
  let before = (site.before().disk, site.state().container_ids(Slot::Blue));
  let calls = site.state().calls.len();
  site.observe().await;
  assert_eq!(
    (site.before().disk, site.state().container_ids(Slot::Blue)),
    before
  );
  let state = site.state();
  for call in &state.calls[calls..] {
    assert!(
      ![
        "write",
        "restore",
        "reload",
        "start",
        "wake",
        "stop",
        "restart_policy",
        "exec.migrate"
      ]
      .contains(&call.name),
      "I11: {}",
      call.name
    );
  }
}

#[tokio::test(start_paused = true)]
async fn each_port_that_fails_is_unknown_with_its_reason_and_never_healthy() {
  for port in [
    "containers",
    "router.facts",
    "sample",
    "check",
    "runtime.facts",
  ] {
    let site = switched(SiteBuilder::new().build()).await;
    site.state().trouble.insert(port, Trouble::Fails);
    let observation = site.observe().await;
    let text = serde_json::to_string(&observation).unwrap();
    assert!(text.contains("injected fault"), "{port}");
    assert!(!text.contains("hunter2"), "{port}");
    let health = &observation.slots[Slot::Green].health;
    if matches!(port, "containers" | "check") {
      assert!(
        !health
          .value()
          .is_some_and(cutover::model::health::HealthReport::is_ok),
        "{port}"
      );
    }
    if port == "sample" {
      assert_eq!(observation.live, Live::Claimed { slot: Slot::Green });
    }
  }
}

#[tokio::test(start_paused = true)]
async fn a_port_that_never_answers_does_not_stop_the_look_forever() {
  let site = ala();
  site.state().trouble.insert("sample", Trouble::Hangs);
  let limit = std::time::Duration::from_mins(2);
  let observation = tokio::time::timeout(limit, site.observe()).await.unwrap();
  assert_eq!(observation.live, Live::Claimed { slot: Slot::Blue });
}

#[tokio::test(start_paused = true)]
async fn a_stopped_container_makes_the_slot_failing_with_its_exit_code() {
  let site = ala();
  site.state().act(Foreign::Kill(Slot::Blue));
  let observation = site.observe().await;
  let report = observation.slots[Slot::Blue].health.value().unwrap();
  assert_eq!(report.pass(), Pass::Failing);
  let fault = report.first_fault().unwrap();
  assert_eq!(fault.level, Level::Container);
  assert!(fault.detail.as_str().contains("137"), "{}", fault.detail);
  assert!(
    observation
      .drift
      .iter()
      .any(|text| text.as_str().contains("live and not healthy"))
  );
}

#[tokio::test(start_paused = true)]
async fn a_foreign_edit_a_foreign_switch_and_a_dispute_are_all_said() {
  let site = switched(SiteBuilder::new().build()).await;
  site.state().act(Foreign::Comment);
  let said = |observation: &cutover::model::observation::Observation, words: &str| {
    observation
      .drift
      .iter()
      .any(|text| text.as_str().contains(words))
  };
  assert!(said(&site.observe().await, "changed by someone else"));
  site.state().act(Foreign::MoveTraffic(Slot::Blue));
  let observation = site.observe().await;
  assert!(
    said(&observation, "witnesses disagree"),
    "{:?}",
    observation.drift
  );
  site.state().ledger.state_file = Some("blue".into());
  let observation = site.observe().await;
  assert_eq!(observation.live, Live::Proven { slot: Slot::Blue });
  assert!(said(&observation, "moved outside cutover"));
}

#[tokio::test(start_paused = true)]
async fn a_garbled_state_file_is_unknown_not_a_vote() {
  let site = ala();
  site.state().ledger.state_file = Some("bluw".into());
  let observation = site.observe().await;
  let witness = observation
    .witnesses
    .iter()
    .find(|witness| witness.kind == WitnessKind::StateFile)
    .unwrap();
  assert_eq!(witness.testimony, Testimony::Unknown);
  assert_eq!(observation.live, Live::Proven { slot: Slot::Blue });
}

#[tokio::test(start_paused = true)]
async fn readiness_goes_from_hot_to_warm_to_cold_with_measured_times() {
  let site = switched(SiteBuilder::new().build()).await;
  let hot = site.observe().await.readiness;
  assert_eq!((hot.warmth, hot.target), (Warmth::Hot, Some(Slot::Blue)));
  assert!(
    hot.expected_seconds.is_some_and(|seconds| seconds <= 3),
    "{hot:?}"
  );
  site.operate(&stop(Slot::Blue, Force::No)).await;
  let warm = site.observe().await.readiness;
  assert_eq!(warm.warmth, Warmth::Warm);
  assert!(warm.expected_seconds >= hot.expected_seconds);
  site.operate(&deploy("1.2", WhenReady::Stop)).await;
  assert!(
    !site.observe().await.readiness.why_not.is_empty(),
    "it is another version now"
  );
  site.state().slots[Slot::Blue].clear();
  assert_eq!(site.observe().await.readiness.warmth, Warmth::Cold);
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_and_cannot_be_read_is_an_alarm_and_what_decides_refuses_every_plan() {
  for (part, decides) in [
    ("ledger.orders", true),
    ("ledger.live_record", true),
    ("ledger.evidence", false),
    ("ledger.pins", false),
  ] {
    let site = tested(SiteBuilder::new().build()).await;
    assert_eq!(site.observe().await.drift, []);
    site.state().trouble.insert(part, Trouble::Fails);
    let drift = site.observe().await.drift;
    assert!(
      drift.iter().any(|line| line.as_str().contains("unknown")),
      "{part}: {drift:?}"
    );
    assert!(
      drift.iter().all(|line| !line.as_str().contains("hunter2")),
      "{part}: {drift:?}"
    );
    let refused = site.plan(&deploy("1.2", WhenReady::Stop)).await.err();
    assert_eq!(
      refused.map(|refusal| refusal.outcome),
      decides.then_some(Outcome::Refused),
      "{part}"
    );
  }
}

#[tokio::test(start_paused = true)]
async fn evidence_is_void_as_soon_as_anything_restarts() {
  let site = tested(SiteBuilder::new().build()).await;
  assert_eq!(site.observe().await.slots[Slot::Green].evidence_void, None);
  site.state().act(Foreign::Restart(Slot::Green));
  let void = site.observe().await.slots[Slot::Green]
    .evidence_void
    .clone();
  assert!(
    void
      .unwrap()
      .as_str()
      .contains("restarted since it was tested")
  );
}

#[tokio::test(start_paused = true)]
async fn the_last_operation_is_shown_as_it_ended() {
  let site = switched(SiteBuilder::new().build()).await;
  let operation = site.observe().await.operation.unwrap();
  assert!(matches!(operation.phase, Phase::Ended { .. }));
  assert_eq!(operation.version.unwrap().as_str(), "1.1");
}
