//! A rollback while somebody else's operation runs: whom it pushes aside, with which consent, and
//! that it begins only when the other one has ended.

use std::{sync::Arc, time::Duration};

use cutover::{
  engine::{
    Intent,
    intent::WhenReady,
    preempt::{Preempted, preempt},
  },
  model::{
    Slot,
    event::{Event, Record},
    operation::{Kind, Outcome},
    plan::{Order, Plan, Risk},
  },
};

use crate::support::*;

/// Launches `intent` and runs it until `call` was made, which takes it ten seconds; then `meanwhile`.
/// The runner ends before this returns.
async fn while_at<T>(
  site: &Arc<FakeSite>,
  intent: &Intent,
  call: &'static str,
  meanwhile: impl AsyncFnOnce(Front, Order) -> T,
) -> (Life, T) {
  let plan = site.plan(intent).await.unwrap();
  let order = site.launch(plan);
  let made = site.state().calls_of(call);
  site.state().trouble.insert(call, Trouble::Slow);
  let (front, mut ears) = Front::of(site);
  tokio::join!(site.run_hearing(&order, &mut ears), async {
    let until_made = async {
      while site.state().calls_of(call) == made {
        tokio::time::sleep(Duration::from_millis(1)).await;
      }
    };
    let made_at_all = tokio::time::timeout(Duration::from_hours(1), until_made).await;
    made_at_all.expect("the call is made");
    site.state().trouble.remove(call);
    meanwhile(front, order.clone()).await
  })
}

async fn ask(site: &Arc<FakeSite>, front: &Front, plan: &Plan) -> (Preempted, Vec<Record>) {
  let mut heard = Vec::new();
  let preempted = preempt(&site.world(), front, plan, &mut |record| {
    heard.push(record.clone());
  })
  .await
  .unwrap();
  (preempted, heard)
}

fn aborts(site: &FakeSite, order: &Order) -> usize {
  let asked = |event: &&Event| matches!(event, Event::AbortAsked { .. });
  site.events(order).iter().filter(asked).count()
}

#[tokio::test(start_paused = true)]
async fn a_deploy_that_has_moved_nobody_makes_way_at_its_next_safe_point_for_one_key() {
  let site = switched(full().build()).await;
  let (life, before) = while_at(
    &site,
    &deploy("1.2", WhenReady::Switch),
    "backup",
    async |mut front, order| {
      front.deaf = 3;
      let plan = site.plan(&rollback()).await.unwrap();
      assert_eq!((plan.risk, plan.word.as_deref()), (Risk::Green, None));
      let rival = plan.preempts.clone().unwrap();
      assert_eq!((rival.id, rival.kind), (order.id, Kind::Deploy));
      assert!(
        plan
          .notes
          .iter()
          .any(|note| note.as_str().contains("has moved nobody")),
        "{:?}",
        plan.notes
      );
      let (preempted, heard) = ask(&site, &front, &plan).await;
      let Preempted::Ended(Some(verdict)) = preempted else {
        panic!("{preempted:?}");
      };
      assert_eq!(verdict.outcome, Outcome::Cancelled);
      assert!(matches!(heard.last().unwrap().event, Event::Ended { .. }));
      assert!(
        !heard.iter().any(|r| matches!(r.event, Event::Begun { .. })),
        "only what comes from now on is heard"
      );
      assert!(site.state().ledger.lock.is_none(), "the lock is free");
      assert_eq!(aborts(&site, &order), 1);
      plan
    },
  )
  .await;
  assert_eq!(life.verdict().outcome, Outcome::Cancelled);
  let plan = site.plan(&rollback()).await.unwrap();
  assert_eq!(plan.preempts, None);
  assert!(plan.is_covered_by(&before), "the same consent is enough");
  let (_, verdict) = site.operate(&rollback()).await;
  assert_eq!(
    (verdict.outcome, verdict.live),
    (Outcome::Done, Some(Slot::Blue))
  );
}

#[tokio::test(start_paused = true)]
async fn a_running_switch_is_interrupted_only_against_the_typed_slot() {
  let site = switched(SiteBuilder::new().build()).await;
  let (life, ()) = while_at(&site, &switch(Slot::Blue), "next", async |front, order| {
    let plan = site.plan(&rollback()).await.unwrap();
    assert_eq!(
      (plan.risk, plan.word.as_deref()),
      (Risk::Amber, Some("blue"))
    );
    assert!(plan.preempts.as_ref().unwrap().moves_users);
    let (preempted, _) = ask(&site, &front, &plan).await;
    assert!(
      matches!(preempted, Preempted::Ended(Some(_))),
      "{preempted:?}"
    );
    assert_eq!(aborts(&site, &order), 1);
  })
  .await;
  assert_eq!(life.verdict().outcome, Outcome::Cancelled);
  assert_eq!(site.state().proxy.slot(), Some(Slot::Green));
}

#[tokio::test(start_paused = true)]
async fn a_deploy_that_began_to_move_users_meanwhile_is_not_interrupted_without_asking_again() {
  let site = switched(full().build()).await;
  let intent = deploy("1.2", WhenReady::Switch);
  let mut agreed = None;
  let (life, ()) = while_at(&site, &intent, "backup", async |_, _| {
    agreed = Some(site.plan(&rollback()).await.unwrap());
  })
  .await;
  assert_eq!(life.verdict().outcome, Outcome::Done);
  let site = switched(full().build()).await;
  let (life, ()) = while_at(&site, &intent, "reload", async |front, order| {
    let (preempted, heard) = ask(&site, &front, &agreed.unwrap()).await;
    assert_eq!((preempted, heard.len()), (Preempted::MovesUsers, 0));
    assert_eq!(aborts(&site, &order), 0);
    let again = site.plan(&rollback()).await.unwrap_err();
    assert_eq!(again.outcome, Outcome::Locked, "users are in between");
  })
  .await;
  assert_eq!(life.verdict().outcome, Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_ended_before_it_could_be_asked_is_not_spoken_to() {
  let site = switched(full().build()).await;
  let mut agreed = None;
  let intent = deploy("1.2", WhenReady::Stop);
  while_at(&site, &intent, "backup", async |_, _| {
    agreed = Some(site.plan(&rollback()).await.unwrap());
  })
  .await;
  let agreed = agreed.unwrap();
  let (front, _) = Front::of(&site);
  let (preempted, _) = ask(&site, &front, &agreed).await;
  assert_eq!(preempted, Preempted::Ended(None));
  let now = site.plan(&rollback()).await.unwrap();
  assert!(
    !now.is_covered_by(&agreed),
    "blue was deployed to meanwhile: that is asked again"
  );
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_dies_while_it_is_asked_leaves_an_interrupted_operation_to_settle() {
  let site = switched(full().build()).await;
  let (life, ()) = while_at(
    &site,
    &deploy("1.2", WhenReady::Switch),
    "backup",
    async |mut front, _| {
      front.deaf = u32::MAX;
      let plan = site.plan(&rollback()).await.unwrap();
      let last = site.state().calls.len();
      site.state().death = Some(Death::BeforeCall(last + 20));
      let (preempted, _) = ask(&site, &front, &plan).await;
      assert_eq!(preempted, Preempted::Interrupted);
    },
  )
  .await;
  assert!(matches!(life, Life::Killed));
}

#[tokio::test(start_paused = true)]
async fn everything_but_a_rollback_and_any_other_operation_in_the_way_waits() {
  let site = switched(full().build()).await;
  let (_, ()) = while_at(
    &site,
    &deploy("1.2", WhenReady::Stop),
    "backup",
    async |_, _| {
      for intent in [
        switch(Slot::Blue),
        deploy("2.0", WhenReady::Stop),
        start(Slot::Blue),
      ] {
        let refusal = site.plan(&intent).await.unwrap_err();
        assert_eq!(refusal.outcome, Outcome::Locked, "{intent:?}");
      }
    },
  )
  .await;
  let (_, ()) = while_at(&site, &Intent::Backup, "backup", async |_, _| {
    let refusal = site.plan(&rollback()).await.unwrap_err();
    assert_eq!(refusal.outcome, Outcome::Locked);
  })
  .await;
}
