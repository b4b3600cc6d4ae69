//! Back to a slot that was stopped, is gone, or is broken.

use super::*;

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
