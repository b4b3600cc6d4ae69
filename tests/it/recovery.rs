//! A runner is killed at every journal boundary and at every port call; another one recovers.

use std::{sync::Arc, time::Duration};

use cutover::{
  config::Site,
  engine::{Intent, intent::WhenReady},
  model::{
    Slot,
    event::{Event, Recovery},
    operation::{OperationId, Outcome},
    plan::{MigrateWhen, OnFailure, Order},
    router::Mount,
  },
};

use crate::support::*;

const BOTH: [Recovery; 2] = [Recovery::Resume, Recovery::Rollback];

/// An operation from a prepared site: fresh, tested standby, or switched once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
  Up,
  DeployAndSwitch,
  Switch,
  Rollback,
  ColdRollback,
}

const ACTS: [Act; 5] = [
  Act::Up,
  Act::DeployAndSwitch,
  Act::Switch,
  Act::Rollback,
  Act::ColdRollback,
];

fn rich() -> Site {
  SiteBuilder::new()
    .marker()
    .database(MigrateWhen::AfterStart)
    .build()
}

fn plain() -> Site {
  SiteBuilder::new().on_failure(OnFailure::StopTarget).build()
}

async fn prepared(act: Act, site: Site) -> (Arc<FakeSite>, Order) {
  let (site, intent) = match act {
    Act::Up => {
      let site = FakeSite::new(site);
      site.state().tear_down();
      (site, up("1.0"))
    }
    Act::DeployAndSwitch => (FakeSite::new(site), deploy("1.1", WhenReady::Switch)),
    Act::Switch => (tested(site).await, switch(Slot::Green)),
    Act::Rollback => (switched(site).await, rollback()),
    Act::ColdRollback => {
      let site = switched(site).await;
      site.operate(&deploy("1.2", WhenReady::Switch)).await;
      tokio::time::sleep(Duration::from_mins(1)).await;
      site.state().slots[Slot::Green].clear();
      (site, rollback())
    }
  };
  let order = site.launch(site.plan(&intent).await.unwrap());
  (site, order)
}

/// How many records and port calls the whole operation has.
async fn length(act: Act, site: fn() -> Site) -> (usize, usize, usize) {
  let (site, order) = prepared(act, site()).await;
  let calls = site.state().calls.len();
  site.run(&order, Vec::new()).await;
  (
    site.records_of(&order).len(),
    calls,
    site.state().calls.len(),
  )
}

async fn killed_at(act: Act, site: fn() -> Site, death: Death) -> (Arc<FakeSite>, Order, Before) {
  let (site, order) = prepared(act, site()).await;
  let before = site.before();
  site.state().death = Some(death);
  let life = site.run(&order, Vec::new()).await;
  assert!(
    matches!(life, Life::Killed),
    "{act:?} {death:?} was not reached"
  );
  (site, order, before)
}

#[tokio::test(start_paused = true)]
async fn killed_at_every_journal_boundary_another_runner_always_ends_it_truthfully() {
  let mut points = 0;
  for act in ACTS {
    for site in [rich as fn() -> Site, plain] {
      let (records, ..) = length(act, site).await;
      for number in 1..=records {
        for death in [Death::BeforeRecord(number), Death::AfterRecord(number)] {
          points += 1;
          for how in BOTH {
            let (site, order, before) = killed_at(act, site, death).await;
            recovered(&site, &order, &before, how, Moved::No).await;
          }
        }
      }
    }
  }
  println!("{points} crash points at journal boundaries, each resumed and rolled back");
  assert!(points >= 40, "{points}");
}

#[tokio::test(start_paused = true)]
async fn killed_before_or_after_every_port_call_another_runner_always_ends_it_truthfully() {
  let mut points = 0;
  for act in [Act::Up, Act::DeployAndSwitch, Act::Rollback] {
    let (_, first, last) = length(act, rich).await;
    for number in first + 1..=last {
      for death in [Death::BeforeCall(number), Death::AfterCall(number)] {
        let name = {
          let (site, order) = prepared(act, rich()).await;
          site.state().death = Some(death);
          if matches!(site.run(&order, Vec::new()).await, Life::Ended(_)) {
            continue;
          }
          let state = site.state();
          state.calls.last().unwrap().name
        };
        if matches!(name, "check" | "smoke") && number % 3 != 0 {
          continue;
        }
        points += 1;
        for how in BOTH {
          let (site, order, before) = killed_at(act, rich, death).await;
          recovered(&site, &order, &before, how, Moved::No).await;
        }
      }
    }
  }
  println!("{points} crash points at port calls, each resumed and rolled back");
  assert!(points >= 100, "{points}");
}

async fn recovered(
  site: &Arc<FakeSite>,
  order: &Order,
  before: &Before,
  how: Recovery,
  moved: Moved,
) -> Outcome {
  let verdict = site.recover(order, how).await.verdict();
  if site
    .events(order)
    .iter()
    .any(|event| matches!(event, Event::Resumed { .. }))
  {
    site.judge(order, &verdict, before, moved);
  } else {
    assert_eq!(site.ends(order), 1);
  }
  if verdict.outcome == Outcome::NeedsHuman {
    assert!(
      verdict.live.is_some(),
      "traffic is proven: {}",
      verdict.summary
    );
  }
  let state = site.state();
  if let Some(live) = state.proxy.slot() {
    assert!(
      state.serves(live),
      "{how:?}: users are on {live}, which does not serve"
    );
  }
  verdict.outcome
}

#[tokio::test(start_paused = true)]
async fn without_anybody_elses_hand_a_recovery_never_needs_a_person() {
  for act in ACTS {
    let (records, ..) = length(act, rich).await;
    for number in 1..=records {
      for how in BOTH {
        let (site, order, _) = killed_at(act, rich, Death::BeforeRecord(number)).await;
        let verdict = site.recover(&order, how).await.verdict();
        assert_ne!(
          verdict.outcome,
          Outcome::NeedsHuman,
          "{act:?} record {number} {how:?}: {}",
          verdict.summary
        );
      }
    }
  }
}

#[tokio::test(start_paused = true)]
async fn a_reload_by_certbot_between_crash_and_recovery_is_put_right() {
  let mut points = 0;
  for act in [Act::Switch, Act::Rollback] {
    let (records, ..) = length(act, rich).await;
    for number in 1..=records {
      for how in BOTH {
        let (site, order, before) = killed_at(act, rich, Death::AfterRecord(number)).await;
        site.state().act(Foreign::Reload);
        tokio::time::sleep(Duration::from_secs(30)).await;
        recovered(&site, &order, &before, how, Moved::No).await;
        points += 1;
      }
    }
  }
  assert!(points >= 30, "{points}");
}

#[tokio::test(start_paused = true)]
async fn an_edit_by_somebody_else_between_crash_and_recovery_is_kept_or_named() {
  for act in [Act::Switch, Act::Rollback] {
    let (records, ..) = length(act, plain).await;
    for number in 1..=records {
      for how in BOTH {
        let (site, order, before) = killed_at(act, plain, Death::AfterRecord(number)).await;
        if site.ends(&order) == 1 {
          continue;
        }
        site.state().act(Foreign::Comment);
        let edited = site.state().disk.clone();
        let live = site.state().proxy.slot();
        let verdict = site.recover(&order, how).await.verdict();
        site.judge(&order, &verdict, &before, Moved::BySomebodyElse);
        let state = site.state();
        if state.disk != edited {
          assert!(
            state.calls_of("reload") > 0,
            "only to move users back is an edit given up"
          );
          assert_eq!(state.proxy.slot(), before.live);
        } else if verdict.outcome != Outcome::NeedsHuman {
          assert_eq!(state.proxy.slot(), live, "{}", verdict.summary);
        }
      }
    }
  }
}

#[tokio::test(start_paused = true)]
async fn traffic_moved_by_hand_between_crash_and_recovery_is_never_called_done_elsewhere() {
  for act in [Act::DeployAndSwitch, Act::Switch] {
    let (records, ..) = length(act, rich).await;
    for number in 1..=records {
      for how in BOTH {
        for slot in Slot::BOTH {
          let (site, order, before) = killed_at(act, rich, Death::AfterRecord(number)).await;
          if site.ends(&order) == 1 || !site.state().serves(slot) {
            continue;
          }
          site.state().act(Foreign::MoveTraffic(slot));
          tokio::time::sleep(Duration::from_secs(30)).await;
          let verdict = site.recover(&order, how).await.verdict();
          site.judge(&order, &verdict, &before, Moved::BySomebodyElse);
        }
      }
    }
  }
}

#[tokio::test(start_paused = true)]
async fn a_target_that_died_between_crash_and_resume_is_never_switched_to() {
  let (records, ..) = length(Act::Switch, rich).await;
  for number in 1..=records {
    let (site, order, before) = killed_at(Act::Switch, rich, Death::AfterRecord(number)).await;
    let untouched = {
      let state = site.state();
      state.proxy.slot() == before.live && state.disk == before.disk
    };
    site.state().act(Foreign::Kill(Slot::Green));
    site.state().broke_at = 0;
    let verdict = site.recover(&order, Recovery::Resume).await.verdict();
    assert_eq!(site.ends(&order), 1);
    let state = site.state();
    assert!(state.violations.is_empty(), "{:?}", state.violations);
    if untouched {
      assert_eq!(
        state.calls_of("reload"),
        0,
        "record {number}: {}",
        verdict.summary
      );
    }
  }
}

#[tokio::test(start_paused = true)]
async fn a_recovery_that_is_killed_too_is_recovered_by_the_next() {
  let mut points = 0;
  let (records, ..) = length(Act::Switch, rich).await;
  for number in 1..=records {
    for how in BOTH {
      for second in 1..=12 {
        let (site, order, before) = killed_at(Act::Switch, rich, Death::AfterRecord(number)).await;
        site.state().death = Some(Death::AfterRecord(second));
        if matches!(site.recover(&order, how).await, Life::Killed) {
          points += 1;
          for last in BOTH {
            if site.ends(&order) == 0 {
              recovered(&site, &order, &before, last, Moved::No).await;
            }
          }
        }
      }
    }
  }
  println!("{points} recoveries killed and recovered");
  assert!(points >= 60, "{points}");
}

#[tokio::test(start_paused = true)]
async fn recovering_a_finished_operation_changes_nothing() {
  for intent in [
    deploy("1.1", WhenReady::Switch),
    deploy("9.9", WhenReady::Stop),
  ] {
    let site = ala();
    site
      .state()
      .versions
      .insert("9.9".into(), Behavior::NeverHealthy);
    let (order, verdict) = site.operate(&intent).await;
    let was = (site.records_of(&order), site.before().disk, calls(&site));
    for how in BOTH {
      let again = site.recover(&order, how).await.verdict();
      assert_eq!(again, verdict);
    }
    let is = (site.records_of(&order), site.before().disk, calls(&site));
    assert_eq!(is, was);
  }
}

#[tokio::test(start_paused = true)]
async fn a_torn_single_file_write_is_put_back_before_anything_else() {
  let site = tested(SiteBuilder::new().build()).await;
  let order = site.launch(site.plan(&switch(Slot::Green)).await.unwrap());
  let before = site.before();
  let write = order
    .plan
    .steps
    .iter()
    .position(|p| step_word(&p.step) == "write")
    .unwrap();
  site.state().mount = Mount::SingleFile;
  site.state().death = Some(Death::AfterRecord(2 * write + 2));
  site.run(&order, Vec::new()).await;
  {
    let mut state = site.state();
    let whole = state.text(Slot::Green, 2, OperationId(2));
    state.disk = whole[..whole.len() / 2].to_owned();
  }
  let outcome = recovered(&site, &order, &before, Recovery::Resume, Moved::No).await;
  assert_eq!(outcome, Outcome::Reverted);
  assert_eq!(site.state().disk, before.disk);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_asked_for_after_the_proof_takes_users_back() {
  let (site, order) = prepared(Act::Switch, rich()).await;
  let before = site.before();
  let record = order
    .plan
    .steps
    .iter()
    .position(|p| step_word(&p.step) == "record")
    .unwrap();
  site.state().death = Some(Death::AfterRecord(2 * record + 1));
  site.run(&order, Vec::new()).await;
  assert_eq!(site.state().proxy.slot(), Some(Slot::Green));
  let outcome = recovered(&site, &order, &before, Recovery::Rollback, Moved::No).await;
  assert_eq!(outcome, Outcome::Cancelled);
  assert_eq!(site.state().proxy.slot(), Some(Slot::Blue));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_operation_is_seen_and_blocks_every_plan() {
  let (site, order, _) = killed_at(Act::Switch, plain, Death::AfterRecord(9)).await;
  let observation = site.observe().await;
  assert!(
    observation
      .drift
      .iter()
      .any(|text| text.as_str().contains("was interrupted"))
  );
  for intent in [
    switch(Slot::Green),
    rollback(),
    deploy("1.2", WhenReady::Stop),
    Intent::Backup,
  ] {
    let refusal = site.plan(&intent).await.unwrap_err();
    assert_eq!(refusal.outcome, Outcome::Refused);
    assert!(
      refusal.faults[0]
        .fix
        .as_str()
        .contains(&format!("resume {}", order.id.0))
    );
  }
}

fn calls(site: &FakeSite) -> usize {
  site.state().calls.len()
}
