//! Two people, or two alarms, roll back one after the other: the second must not send users to the
//! version that the first took them from.

use std::{sync::Arc, time::Duration};

use cutover::{
  engine::intent::WhenReady,
  model::{Slot, operation::Outcome, plan::Risk},
};

use crate::support::*;

async fn rolled_back() -> Arc<FakeSite> {
  let site = FakeSite::new(SiteBuilder::new().build());
  for intent in [deploy("1.1", WhenReady::Switch), rollback()] {
    let (_, verdict) = site.operate(&intent).await;
    assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
    tokio::time::sleep(Duration::from_mins(1)).await;
  }
  site
}

#[tokio::test(start_paused = true)]
async fn a_second_rollback_needs_a_phrase_that_no_flag_of_a_script_gives() {
  let site = rolled_back().await;
  let plan = site.plan(&rollback()).await.expect("a plan");
  assert_eq!(plan.risk, Risk::Red);
  assert_eq!(plan.word.as_deref(), Some("green again"));
  let warning = plan.warnings.first().expect("a warning").as_str();
  assert!(
    warning.contains("rollback #2 took users away from GREEN 1.1"),
    "{warning}"
  );
  let ready = site.observe().await.readiness;
  assert!(
    ready.why_not.iter().any(|why| why.as_str().contains("#2")),
    "{ready:?}"
  );
}

#[tokio::test(start_paused = true)]
async fn after_a_switch_or_another_deploy_a_rollback_is_an_ordinary_one() {
  let site = rolled_back().await;
  site.operate(&switch(Slot::Green)).await;
  assert_eq!(
    site.plan(&rollback()).await.expect("a plan").risk,
    Risk::Green
  );

  let site = rolled_back().await;
  site.operate(&deploy("1.2", WhenReady::Stop)).await;
  let plan = site.plan(&rollback()).await.expect("a plan");
  assert_eq!(plan.risk, Risk::Amber, "{:?}", plan.warnings);
}
