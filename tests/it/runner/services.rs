//! One service alone: started, restarted, and what that does to what was proven.

use super::*;

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
