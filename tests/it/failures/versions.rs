//! Versions that do not start, are slow, or leave something behind.

use super::*;

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
