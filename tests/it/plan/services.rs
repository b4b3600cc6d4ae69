//! Slots and single services that are started, stopped and restarted on their own.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_slot_that_is_not_running_is_not_switched_to() {
  let site = tested(SiteBuilder::new().build()).await;
  site.operate(&stop(Slot::Green, Force::No)).await;
  assert!(fix(&refused(&site, &switch(Slot::Green)).await).contains("start green"));
  site.state().slots[Slot::Green].clear();
  assert!(fix(&refused(&site, &switch(Slot::Green)).await).contains("deploy green"));
}

#[tokio::test(start_paused = true)]
async fn stopping_the_live_slot_is_refused_and_red_when_typed() {
  let site = switched(SiteBuilder::new().build()).await;
  let refusal = refused(&site, &stop(Slot::Green, Force::No)).await;
  assert!(fix(&refusal).contains("switch blue") && fix(&refusal).contains("'green is live'"));
  let plan = site.plan(&stop(Slot::Green, Force::Typed)).await.unwrap();
  assert_eq!(
    (plan.risk, plan.word.as_deref()),
    (Risk::Red, Some("green is live"))
  );
}

#[tokio::test(start_paused = true)]
async fn stopping_a_slot_that_still_drains_is_refused_and_deploying_over_it_is_amber() {
  let site = switched(SiteBuilder::new().build()).await;
  {
    let mut state = site.state();
    state.proxy.drain = std::time::Duration::from_mins(1);
    state.act(Foreign::Reload);
  }
  let refusal = refused(&site, &stop(Slot::Blue, Force::No)).await;
  assert!(refusal.faults[0].what.as_str().contains("not drained"));
  let deploy = site.plan(&deploy("1.2", WhenReady::Stop)).await.unwrap();
  assert_eq!(
    deploy.risk,
    Risk::Amber,
    "a deploy over it cuts requests off"
  );
}

#[tokio::test(start_paused = true)]
async fn starting_and_stopping_what_is_so_already_is_done() {
  let site = ala();
  let outcome = refused(&site, &start(Slot::Blue)).await.outcome;
  assert_eq!(outcome, Outcome::Done);
  let outcome = refused(&site, &stop(Slot::Green, Force::No)).await.outcome;
  assert_eq!(outcome, Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn one_service_of_the_standby_is_stopped_started_and_restarted_alone() {
  let site = tested(SiteBuilder::new().build()).await;
  let api = Some("api".to_owned());
  let plan = site
    .plan(&restart(Slot::Green, "api", Force::No))
    .await
    .unwrap();
  assert_eq!(words(&plan), ["stop", "wake", "wait-healthy"]);
  assert_eq!((plan.kind, plan.risk), (Kind::Restart, Risk::Green));
  assert_eq!(plan.service(), Some("api"));
  assert!(
    plan
      .notes
      .iter()
      .any(|note| note.as_str().contains("no longer count")),
    "that the tests are void is said before: {:?}",
    plan.notes
  );
  assert_eq!(
    plan.steps[0].details.len(),
    1,
    "one container is stopped: {:?}",
    plan.steps[0].details
  );
  let one = Intent::Stop {
    slot: Slot::Green,
    service: api.clone(),
    force: Force::No,
  };
  assert_eq!(words(&site.plan(&one).await.unwrap()), ["stop"]);
  site.operate(&one).await;
  assert_eq!(refused(&site, &one).await.outcome, Outcome::Done);
  let down = refused(&site, &restart(Slot::Green, "api", Force::No)).await;
  assert!(fix(&down).contains("start green api"), "{}", fix(&down));
  let start = |service: &str| Intent::Start {
    slot: Slot::Green,
    service: Some(service.into()),
  };
  let plan = site.plan(&start("api")).await.unwrap();
  assert_eq!(words(&plan), ["wake", "wait-healthy"]);
  assert_eq!(
    refused(&site, &start("web")).await.outcome,
    Outcome::Done,
    "the other one runs"
  );
}

#[tokio::test(start_paused = true)]
async fn a_service_of_the_live_slot_is_stopped_or_restarted_only_against_the_phrase() {
  let site = tested(SiteBuilder::new().build()).await;
  let stop = |force| Intent::Stop {
    slot: Slot::Blue,
    service: Some("web".into()),
    force,
  };
  for (verb, intent) in [
    ("stop", stop as fn(Force) -> Intent),
    ("restart", |force| restart(Slot::Blue, "web", force)),
  ] {
    let refusal = refused(&site, &intent(Force::No)).await;
    assert_eq!(refusal.outcome, Outcome::Refused, "{verb}");
    let typed = format!("{verb} blue web --confirm 'blue is live'");
    assert!(fix(&refusal).contains(&typed), "{}", fix(&refusal));
    let plan = site.plan(&intent(Force::Typed)).await.unwrap();
    assert_eq!(
      (plan.risk, plan.word.as_deref()),
      (Risk::Red, Some("blue is live")),
      "{verb}"
    );
  }
}

#[tokio::test(start_paused = true)]
async fn a_service_nobody_knows_or_without_a_container_is_named() {
  let site = tested(SiteBuilder::new().build()).await;
  let start = |slot| Intent::Start {
    slot,
    service: Some("api".into()),
  };
  let unknown = refused(&site, &restart(Slot::Green, "apy", Force::No)).await;
  assert_eq!(unknown.outcome, Outcome::Usage);
  assert!(fix(&unknown).contains("api, web"), "{}", fix(&unknown));
  site.state().slots[Slot::Green].retain(|found| found.container.service != "api");
  let missing = refused(&site, &start(Slot::Green)).await;
  assert!(fix(&missing).contains("deploy green"), "{}", fix(&missing));
  site.state().slots[Slot::Green].clear();
  let gone = refused(&site, &start(Slot::Green)).await;
  assert!(fix(&gone).ends_with("start green"), "{}", fix(&gone));
}
