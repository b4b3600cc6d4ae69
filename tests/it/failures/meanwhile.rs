//! What somebody else did between the look and the act.

use super::*;

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
