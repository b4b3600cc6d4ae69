//! The first set-up of a site: from nothing to a proven slot, what is refused, and what a failure
//! leaves behind.

use std::sync::Arc;

use cutover::{
  engine::{Intent, intent::WhenReady},
  model::{
    Slot,
    operation::{Kind, OperationId, Outcome},
    plan::{MigrateWhen, Refusal, Risk},
  },
};

use crate::support::*;

/// A checked out site of which nothing runs.
fn bare(site: SiteBuilder) -> Arc<FakeSite> {
  let site = FakeSite::new(site.build());
  site.state().tear_down();
  site
}

fn up_with(slot: Slot) -> Intent {
  Intent::Up {
    slot: Some(slot),
    version: "1.0".parse().unwrap(),
  }
}

async fn refused(site: &Arc<FakeSite>, intent: &Intent) -> Refusal {
  site.plan(intent).await.expect_err("it must be refused")
}

fn first(refusal: &Refusal) -> (&str, &str) {
  let fault = &refusal.faults[0];
  (fault.what.as_str(), fault.fix.as_str())
}

#[tokio::test(start_paused = true)]
async fn from_nothing_to_a_proven_slot_and_then_an_ordinary_deploy() {
  let site = bare(SiteBuilder::new().marker());
  let before = site.before();
  let plan = site.plan(&up("1.0")).await.unwrap();
  assert_eq!(
    (plan.kind, plan.risk, plan.target, plan.from),
    (Kind::Up, Risk::Green, Some(Slot::Blue), None)
  );
  assert_eq!(
    words(&plan),
    [
      "preflight",
      "start-shared",
      "prepare",
      "start",
      "wait-healthy",
      "smoke",
      "evidence",
      "check-target",
      "save",
      "write",
      "start-proxy",
      "test",
      "reload",
      "prove",
      "record"
    ]
  );
  let (order, verdict) = site.operate(&up("1.0")).await;
  site.judge(&order, &verdict, &before, Moved::No);
  assert_eq!(
    (verdict.outcome, verdict.live),
    (Outcome::Done, Some(Slot::Blue))
  );
  assert_eq!(site.state().ledger.state_file.as_deref(), Some("blue"));
  assert_eq!(
    site.state().ledger.live.as_ref().unwrap().previous,
    None,
    "nothing served before"
  );
  let again = refused(&site, &up("1.0")).await;
  assert_eq!(again.outcome, Outcome::Done);
  assert_eq!(first(&again).0, "BLUE 1.0 is live already: nothing to do");
  let (_, verdict) = site.operate(&deploy("1.1", WhenReady::Switch)).await;
  assert_eq!(
    (verdict.outcome, verdict.live),
    (Outcome::Done, Some(Slot::Green))
  );
}

#[tokio::test(start_paused = true)]
async fn whoever_is_served_is_never_set_up_again() {
  let site = ala();
  let live = refused(&site, &up("1.1")).await;
  assert_eq!(live.outcome, Outcome::Refused);
  assert!(first(&live).0.contains("users are on BLUE 1.0"));
  assert!(first(&live).1.ends_with("deploy --version 1.1"));

  // It answers, and names no slot: what runs may be a site without slots.
  let foreign = bare(SiteBuilder::new());
  foreign.state().proxy.running = true;
  let refusal = refused(&foreign, &up("1.0")).await;
  assert_eq!(refusal.outcome, Outcome::Refused);
  assert!(first(&refusal).0.contains("names no slot"), "{refusal:?}");
  assert!(first(&refusal).1.contains("docs/runbook.md"));
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_runs_without_an_answer_is_left_alone() {
  for slot in Slot::BOTH {
    let site = bare(SiteBuilder::new());
    site.state().create(slot, "1.0", base());
    let refusal = refused(&site, &up("1.0")).await;
    assert_eq!(refusal.outcome, Outcome::Refused);
    let (what, fix) = first(&refusal);
    assert!(what.contains("this is no first set-up"), "{what}");
    assert!(
      fix.contains(&format!("docker stop ala-api-{slot}")),
      "{fix}"
    );
  }
}

#[tokio::test(start_paused = true)]
async fn files_that_name_a_slot_decide_which_comes_first() {
  let site = bare(SiteBuilder::new());
  site.state().ledger.state_file = Some("green".into());
  let plan = site.plan(&up("1.0")).await.unwrap();
  assert_eq!(plan.target, Some(Slot::Green));
  let other = refused(&site, &up_with(Slot::Blue)).await;
  assert!(first(&other).1.ends_with("up green --version 1.0"));
  let blue = site.state().text(Slot::Blue, 1, OperationId(0));
  site.state().disk = blue;
  let dispute = refused(&site, &up("1.0")).await;
  assert_eq!(dispute.outcome, Outcome::NeedsHuman);
  assert_eq!(
    first(&dispute).0,
    "the managed file names BLUE, the state file names GREEN"
  );
}

#[tokio::test(start_paused = true)]
async fn a_migration_without_a_backup_is_said_before_it_is_confirmed() {
  let site = bare(SiteBuilder::new().database(MigrateWhen::AfterStart));
  let plan = site.plan(&up("1.0")).await.unwrap();
  assert_eq!(
    (plan.risk, plan.word.as_deref()),
    (Risk::Amber, Some("blue"))
  );
  assert!(plan.warnings[0].as_str().contains("no backup"));
  assert!(!words(&plan).contains(&"backup".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_failure_leaves_what_was_started_takes_the_route_back_and_can_be_taken_up_again() {
  for (port, touched) in [
    ("start_shared", false),
    ("smoke", false),
    ("write", true),
    ("seen_inside", true),
    ("reload", true),
  ] {
    let site = bare(SiteBuilder::new());
    let before = site.before();
    site.state().trouble.insert(port, Trouble::Fails);
    let (order, verdict) = site.operate(&up("1.0")).await;
    site.judge(&order, &verdict, &before, Moved::No);
    assert_eq!(
      (verdict.outcome, verdict.live),
      (Outcome::Failed, None),
      "{port}: {}",
      verdict.summary
    );
    {
      let state = site.state();
      assert_eq!(state.disk, "", "{port}: there was no route before");
      assert!(!state.proxy.running, "{port}: the proxy did not run before");
      assert!(state.ledger.live.is_none(), "{port}");
      assert_eq!(
        state.slots[Slot::Blue].is_empty(),
        port == "start_shared",
        "{port}: what was started stays"
      );
    }
    let text = verdict.summary.as_str();
    assert_eq!(text.contains("the route is taken back"), touched, "{text}");
    site.state().trouble.clear();
    let (_, verdict) = site.operate(&up("1.0")).await;
    assert_eq!(
      verdict.outcome,
      Outcome::Done,
      "{port}: {}",
      verdict.summary
    );
  }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_does_not_come_up_is_the_first_cause() {
  let site = bare(SiteBuilder::new());
  site.state().mount = cutover::model::router::Mount::SingleFile;
  site.state().trouble.insert("workers", Trouble::Fails);
  let (_, verdict) = site.operate(&up("1.0")).await;
  assert_eq!(verdict.outcome, Outcome::Failed);
  let text = verdict.summary.as_str();
  assert!(text.contains("the proxy did not come up"), "{text}");
}
