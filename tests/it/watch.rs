//! What the watch after a switch is about, and the one rollback that may come of it.

use std::sync::Arc;

use cutover::{
  engine::{
    self,
    intent::{self, Intent, WhenReady},
  },
  model::{
    Slot,
    operation::{Kind, OperationId, Outcome},
  },
};

use crate::support::*;

fn undo(operation: OperationId) -> Intent {
  Intent::Rollback(intent::Rollback {
    version: None,
    reason: Some("watch: 5xx 6.2 % > 5 % for 30 s".into()),
    force: intent::Force::No,
    undoes: Some(operation),
  })
}

async fn switched() -> (Arc<FakeSite>, OperationId) {
  let site = FakeSite::new(full().build());
  let (order, verdict) = site.operate(&deploy("1.1", WhenReady::Switch)).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  (site, order.id)
}

#[tokio::test(start_paused = true)]
async fn it_is_about_the_last_operation_that_moved_users() {
  let site = FakeSite::new(full().build());
  assert_eq!(engine::watch::moved(&site.world()).unwrap(), None);
  let (site, id) = switched().await;
  let moved = engine::watch::moved(&site.world()).unwrap().unwrap();
  assert_eq!(
    (moved.operation, moved.kind, moved.from, moved.to),
    (id, Kind::Deploy, Slot::Blue, Slot::Green)
  );
  assert_eq!(site.observe().await.moved, Some(moved));
  site.operate(&rollback()).await;
  let moved = engine::watch::moved(&site.world()).unwrap().unwrap();
  assert_eq!((moved.kind, moved.to), (Kind::Rollback, Slot::Blue));
  assert!(!moved.can_be_undone());
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_moves_nobody_and_changes_nothing_about_who_did() {
  let site = FakeSite::new(full().build());
  let (order, verdict) = site.operate(&Intent::Rehearse).await;
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  let record = site.state().ledger.live.clone().unwrap();
  assert_eq!((record.live, record.operation), (Slot::Blue, order.id));
  assert_eq!(record.moved_by, None, "users were there before it");

  let (site, id) = switched().await;
  let before = engine::watch::moved(&site.world()).unwrap();
  let (order, _) = site.operate(&Intent::Rehearse).await;
  assert!(order.id > id);
  assert_eq!(engine::watch::moved(&site.world()).unwrap(), before);
  let (_, verdict) = site.operate(&undo(id)).await;
  assert_eq!(verdict.live, Some(Slot::Blue), "{}", verdict.summary);
}

#[tokio::test(start_paused = true)]
async fn whoever_ends_it_ends_it_for_everybody_but_not_the_next_one() {
  let (site, id) = switched().await;
  let world = site.world();
  engine::watch::end(&world, OperationId(id.0 + 7), actor()).unwrap_err();
  engine::watch::end(&world, id, actor()).unwrap();
  let ended = |site: &Arc<FakeSite>| engine::watch::moved(&site.world()).unwrap().unwrap().ended;
  assert_eq!(ended(&site).unwrap().by, actor());
  site.operate(&rollback()).await;
  assert_eq!(ended(&site), None);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_bound_to_a_switch_is_refused_once_users_were_moved_again() {
  let (site, id) = switched().await;
  let (order, verdict) = site.operate(&undo(id)).await;
  assert_eq!(verdict.live, Some(Slot::Blue), "{}", verdict.summary);
  assert_eq!(order.plan.premise.undoes, Some(id));
  let refusal = site.plan(&undo(id)).await.unwrap_err();
  assert_eq!(refusal.outcome, Outcome::Refused);
  assert!(
    refusal.faults[0]
      .what
      .as_str()
      .contains("nothing left to undo")
  );
  assert_eq!(site.before().live, Some(Slot::Blue));
}

/// Both consoles planned while users were on GREEN; then they were moved back, and forth again.
#[tokio::test(start_paused = true)]
async fn the_second_of_two_planned_rollbacks_is_out_of_date_whatever_is_live_by_then() {
  let (site, id) = switched().await;
  let second = site.plan(&undo(id)).await.unwrap();
  site.operate(&undo(id)).await;
  site.operate(&switch(Slot::Green)).await;
  let order = site.launch(second);
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert_eq!(verdict.outcome, Outcome::Failed, "{}", verdict.summary);
  assert_eq!(verdict.live, Some(Slot::Green), "{}", verdict.summary);
}
