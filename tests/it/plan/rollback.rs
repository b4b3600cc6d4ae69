//! What a rollback is planned with, and against which word.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_rollback_without_a_record_is_refused() {
  let site = tested(SiteBuilder::new().build()).await;
  let refusal = refused(&site, &rollback()).await;
  assert_eq!(refusal.outcome, Outcome::Refused);
  assert!(fix(&refusal).contains("switch green"));
}

#[tokio::test(start_paused = true)]
async fn a_rollback_to_a_broken_slot_is_blocked_and_red_with_a_phrase_when_forced() {
  let site = switched(SiteBuilder::new().build()).await;
  for found in &mut site.state().slots[Slot::Blue] {
    found.behavior = Behavior::NeverHealthy;
  }
  assert!(fix(&refused(&site, &rollback()).await).contains("--force --confirm 'blue is broken'"));
  let plan = site.plan(&forced()).await.unwrap();
  assert_eq!(
    (plan.risk, plan.word.as_deref()),
    (Risk::Red, Some("blue is broken"))
  );
  assert!(matches!(
    plan.steps[1].step,
    Step::CheckTarget {
      forced: Some(_),
      ..
    }
  ));
}

#[tokio::test(start_paused = true)]
async fn a_forced_rollback_of_a_healthy_slot_is_an_ordinary_one() {
  let site = switched(SiteBuilder::new().build()).await;
  let plan = site.plan(&forced()).await.unwrap();
  assert_eq!((plan.risk, plan.word), (Risk::Green, None));
}

#[tokio::test(start_paused = true)]
async fn a_cold_rollback_and_one_to_a_version_use_recorded_images_and_nothing_else() {
  let site = switched(SiteBuilder::new().database(MigrateWhen::AfterStart).build()).await;
  site.operate(&deploy("1.2", WhenReady::Switch)).await;
  tokio::time::sleep(std::time::Duration::from_mins(1)).await;
  let by_version = site.plan(&rollback_to("1.1")).await;
  assert!(by_version.is_ok(), "{by_version:?}");
  site.state().slots[Slot::Green].clear();
  for intent in [rollback(), rollback_to("1.1")] {
    let plan = site.plan(&intent).await.unwrap();
    assert_eq!(plan.version.as_ref().unwrap().as_str(), "1.1");
    assert_eq!(plan.risk, Risk::Amber);
    for planned in &plan.steps {
      match &planned.step {
        Step::Prepare { source, .. } => assert_eq!(*source, ImageSource::Recorded),
        Step::Backup | Step::Migrate { .. } | Step::UpdateSource { .. } => {
          panic!("I14: {}", planned.step.title())
        }
        _ => {}
      }
    }
  }
  let refusal = refused(&site, &rollback_to("0.9")).await;
  assert!(
    refusal.faults[0]
      .what
      .as_str()
      .contains("no image is recorded")
  );
}
