//! Tables over planning: what is refused and with which fix, what a plan holds and what it never may.

mod rollback;
mod services;
mod steps;

use std::sync::Arc;

use cutover::{
  config::Hook,
  engine::{
    self,
    intent::{Deploy, Force, Intent, Rollback, Swap, WhenReady},
  },
  model::{
    Known, Slot,
    finding::{Finding, Hazard},
    observation::Holder,
    operation::{Kind, OperationId, Outcome},
    plan::{ImageSource, MigrateWhen, Plan, Refusal, Risk, Step},
    router::Mount,
  },
};

use crate::support::*;

async fn refused(site: &Arc<FakeSite>, intent: &Intent) -> Refusal {
  let refusal = site.plan(intent).await.expect_err("it must be refused");
  assert!(!refusal.faults.is_empty());
  for fault in &refusal.faults {
    assert!(
      !fault.what.as_str().is_empty() && !fault.fix.as_str().is_empty(),
      "{refusal:?}"
    );
  }
  refusal
}

fn fix(refusal: &Refusal) -> &str {
  refusal.faults[0].fix.as_str()
}

fn deploy_to(slot: Slot) -> Intent {
  Intent::Deploy(Deploy {
    slot: Some(slot),
    version: "1.1".parse().unwrap(),
    source: None,
    ready: WhenReady::Stop,
    skip_smoke: None,
  })
}

fn forced() -> Intent {
  Intent::Rollback(Rollback {
    version: None,
    reason: None,
    force: Force::Typed,
    undoes: None,
  })
}

#[tokio::test(start_paused = true)]
async fn a_deploy_to_the_live_slot_is_refused_and_the_other_is_named() {
  let refusal = refused(&ala(), &deploy_to(Slot::Blue)).await;
  assert_eq!(refusal.outcome, Outcome::Refused);
  assert!(fix(&refusal).contains("deploy green --version 1.1"));
}

#[tokio::test(start_paused = true)]
async fn the_default_target_is_the_observed_standby_never_what_the_state_file_says() {
  for live in Slot::BOTH {
    let site = ala();
    {
      let mut state = site.state();
      state.create(Slot::Green, "1.0", base());
      state.ledger.state_file = None;
      state.act(Foreign::MoveTraffic(live));
      state.proxy.settle();
    }
    let plan = site.plan(&deploy("1.1", WhenReady::Stop)).await.unwrap();
    assert_eq!((plan.target, plan.from), (Some(live.other()), Some(live)));
    site.state().ledger.state_file = Some(live.other().to_string());
    let refusal = refused(&site, &deploy("1.1", WhenReady::Stop)).await;
    assert_eq!(
      refusal.outcome,
      Outcome::NeedsHuman,
      "the state file contradicts"
    );
  }
}

#[tokio::test(start_paused = true)]
async fn disputed_witnesses_need_a_person_and_the_settling_command_is_given() {
  let site = switched(SiteBuilder::new().build()).await;
  site.state().ledger.state_file = Some("blue".into());
  for intent in [
    deploy("1.2", WhenReady::Stop),
    switch(Slot::Blue),
    rollback(),
    stop(Slot::Blue, Force::Typed),
  ] {
    let refusal = refused(&site, &intent).await;
    assert_eq!(refusal.outcome, Outcome::NeedsHuman, "{intent:?}");
    assert_eq!(refusal.live, Some(Slot::Green), "what the proxy answers");
  }
  let refusal = refused(&site, &rollback()).await;
  assert!(fix(&refusal).contains("switch green"), "{}", fix(&refusal));
  let plan = site.plan(&switch(Slot::Green)).await.unwrap();
  assert!(
    plan
      .warnings
      .iter()
      .any(|text| text.as_str().contains("disagree"))
  );
  assert!(!words(&plan).contains(&"drain".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn when_both_slots_answer_nobody_is_live_for_certain() {
  let site = switched(SiteBuilder::new().build()).await;
  site.state().proxy.both = true;
  let observation = site.observe().await;
  assert_eq!(observation.live_slot(), None);
  let refusal = refused(&site, &deploy("1.2", WhenReady::Stop)).await;
  assert_eq!(refusal.outcome, Outcome::NeedsHuman);
  assert!(
    refusal.faults[0].what.as_str().contains("proof says both"),
    "{refusal:?}"
  );
}

#[tokio::test(start_paused = true)]
async fn a_held_lock_is_locked_and_says_how_to_follow() {
  let site = ala();
  site.state().ledger.lock = Some(Holder {
    operation: OperationId(7),
    kind: Kind::Deploy,
    actor: actor(),
    since: base(),
    boot_id: "boot".into(),
    pid: 1,
    pid_started: 1,
  });
  let refusal = refused(&site, &rollback()).await;
  assert_eq!(refusal.outcome, Outcome::Locked);
  assert!(fix(&refusal).contains("attach 7"));
}

#[tokio::test(start_paused = true)]
async fn a_switch_to_the_live_slot_is_done_already() {
  assert_eq!(
    refused(&ala(), &switch(Slot::Blue)).await.outcome,
    Outcome::Done
  );
}

#[tokio::test(start_paused = true)]
async fn a_deploy_that_ends_when_ready_has_no_step_that_moves_traffic() {
  let builder = SiteBuilder::new()
    .hook(Hook::BeforeSwitch, &["check"])
    .database(MigrateWhen::BeforeSwitch);
  let site = FakeSite::new(builder.build());
  let plan = site.plan(&deploy("1.1", WhenReady::Stop)).await.unwrap();
  for planned in &plan.steps {
    assert!(
      !planned.step.moves_traffic(),
      "I15: {}",
      planned.step.title()
    );
    assert!(!matches!(
      planned.step,
      Step::Save { .. } | Step::Record { .. } | Step::Migrate { .. }
    ));
  }
  for ready in [WhenReady::Ask, WhenReady::Switch] {
    let plan = site.plan(&deploy("1.1", ready)).await.unwrap();
    let words = words(&plan);
    let order: Vec<usize> = [
      "check-target",
      "save",
      "write",
      "test",
      "reload",
      "prove",
      "record",
    ]
    .iter()
    .map(|word| words.iter().position(|w| w == word).unwrap())
    .collect();
    assert!(
      order.windows(2).all(|pair| pair[0] + 1 == pair[1]),
      "{words:?}"
    );
    assert!(!words.contains(&"stop".to_owned()), "I13");
  }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_migrated_inside_the_live_slot() {
  let site = tested(SiteBuilder::new().database(MigrateWhen::AfterStart).build()).await;
  let live = Intent::Migrate {
    slot: Some(Slot::Blue),
  };
  let refusal = refused(&site, &live).await;
  assert!(fix(&refusal).contains("migrate green"));
  let plan = site.plan(&Intent::Migrate { slot: None }).await.unwrap();
  assert_eq!(plan.target, Some(Slot::Green));
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_nowhere_and_a_full_disk_are_all_named_at_once() {
  let site = ala();
  site.state().ledger.findings = vec![
    Finding::red(
      Hazard::H(16),
      "12 MB are free",
      "it stops in the middle",
      "make room",
    ),
    Finding::amber(
      Hazard::H(14),
      "it is in memory",
      "a reboot loses it",
      "move it",
    ),
  ];
  let refusal = refused(&site, &deploy("7.7", WhenReady::Stop)).await;
  assert_eq!(refusal.faults.len(), 2, "{refusal:?}");
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_cannot_be_switched_is_refused_before_anything_starts() {
  type Break = fn(&mut State);
  let cases: [(&str, Break); 4] = [
    ("not running", |state| state.proxy.running = false),
    ("test fails", |state| state.disk = "nonsense".into()),
    ("stale", |state| {
      state.mount = Mount::SingleFile;
      state.stale = Some(format!("{}# older\n", state.disk));
    }),
    ("unreachable", |state| {
      state.trouble.insert("router.facts", Trouble::Fails);
    }),
  ];
  for (what, break_it) in cases {
    let site = tested(SiteBuilder::new().build()).await;
    break_it(&mut site.state());
    for intent in [
      deploy("1.2", WhenReady::Stop),
      switch(Slot::Green),
      Intent::Rehearse,
    ] {
      let refusal = refused(&site, &intent).await;
      assert_eq!(refusal.outcome, Outcome::Refused, "{what}");
    }
  }
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_never_changes_a_file_that_was_edited() {
  let site = ala();
  let rehearsal = site.plan(&Intent::Rehearse).await.unwrap();
  assert_eq!(
    (rehearsal.risk, rehearsal.target),
    (Risk::Green, Some(Slot::Blue))
  );
  let world = site.world();
  let mut seen = site.observe().await;
  if let Known::Yes { value, .. } = &mut seen.router
    && let Ok(file) = &mut value.file
  {
    file.names = None;
  }
  let refusal = engine::plan::plan(&world, &seen, &Intent::Rehearse)
    .await
    .unwrap_err();
  let what = refusal.faults[0].what.as_str();
  assert!(what.contains("a rehearsal would change it"), "{what}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_seen_is_never_planned_on() {
  for port in ["runtime.facts", "containers"] {
    let site = ala();
    site.state().trouble.insert(port, Trouble::Fails);
    let refusal = refused(&site, &deploy("1.1", WhenReady::Stop)).await;
    assert_eq!(refusal.outcome, Outcome::Refused, "{port}");
  }
}

#[tokio::test(start_paused = true)]
async fn an_untested_restarted_or_long_tested_slot_is_tested_before_a_switch() {
  let site = tested(SiteBuilder::new().build()).await;
  let fresh = site.plan(&switch(Slot::Green)).await.unwrap();
  assert!(!words(&fresh).contains(&"smoke".to_owned()));
  tokio::time::sleep(std::time::Duration::from_hours(25)).await;
  let old = site.plan(&switch(Slot::Green)).await.unwrap();
  assert!(words(&old).contains(&"smoke".to_owned()));
  site.state().ledger.evidence[Slot::Green] = None;
  let never = site.plan(&switch(Slot::Green)).await.unwrap();
  assert!(
    never
      .warnings
      .iter()
      .any(|text| text.as_str().contains("never tested"))
  );
}
