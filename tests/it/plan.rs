//! Tables over planning: what is refused and with which fix, what a plan holds and what it never may.

use std::sync::Arc;

use cutover::{
  config::{Hook, Source, VersionKind},
  engine::{
    self,
    intent::{Deploy, Force, Intent, Rollback, Swap, WhenReady},
  },
  model::{
    BySlot, Known, Slot,
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
async fn a_migration_stands_where_the_configuration_puts_it() {
  for (when, before, after) in [
    (MigrateWhen::BeforeStart, "prepare", "start"),
    (MigrateWhen::AfterStart, "start", "wait-healthy"),
    (MigrateWhen::AfterHealth, "wait-healthy", "smoke"),
    (MigrateWhen::BeforeSwitch, "evidence", "check-target"),
  ] {
    let site = FakeSite::new(SiteBuilder::new().database(when).build());
    let plan = site.plan(&deploy("1.1", WhenReady::Switch)).await.unwrap();
    let words = words(&plan);
    let at = words.iter().position(|word| word == "migrate").unwrap();
    assert_eq!(
      (words[at - 1].as_str(), words[at + 1].as_str()),
      (before, after),
      "{when:?}"
    );
    assert!(
      words.iter().position(|word| word == "backup").unwrap() < at,
      "{when:?}"
    );
    assert_eq!(plan.risk, Risk::Amber, "{when:?}");
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
async fn a_site_that_builds_is_planned_checked_and_shown_as_building() {
  let builder = SiteBuilder::new().with(|site| {
    site.version.kind = VersionKind::Build {
      variable: None,
      tag: BySlot::from_fn(|_| "{version}".into()),
      source: Some(Source {
        git: "/srv/ala".into(),
        pull: true,
      }),
      no_cache: false,
    };
  });
  let site = FakeSite::new(builder.build());
  let plan = site.plan(&deploy("3.0", WhenReady::Stop)).await.unwrap();
  assert!(words(&plan).contains(&"update-source".to_owned()));
  let prepare = plan
    .steps
    .iter()
    .find(|planned| {
      matches!(
        planned.step,
        Step::Prepare {
          source: ImageSource::Build,
          ..
        }
      )
    })
    .unwrap();
  assert!(
    prepare.details[0].as_str().contains("build"),
    "{:?}",
    prepare.details
  );
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

#[tokio::test(start_paused = true)]
async fn a_restore_goes_beside_the_database_in_use_and_a_swap_is_typed() {
  let site = FakeSite::new(SiteBuilder::new().database(MigrateWhen::AfterStart).build());
  let restore = |swap| Intent::Restore {
    file: "ala.dump".into(),
    swap,
  };
  let beside = site.plan(&restore(Swap::No)).await.unwrap();
  assert_eq!(words(&beside), ["restore-into"]);
  let swapped = site.plan(&restore(Swap::Yes)).await.unwrap();
  assert_eq!(
    words(&swapped),
    ["restore-into", "backup", "swap-databases"]
  );
  assert_eq!(
    (swapped.risk, swapped.word.as_deref()),
    (Risk::Red, Some("swap ala"))
  );
  for intent in [
    Intent::Backup,
    restore(Swap::No),
    Intent::Migrate { slot: None },
  ] {
    assert_eq!(refused(&ala(), &intent).await.outcome, Outcome::Refused);
  }
}

#[tokio::test(start_paused = true)]
async fn the_hash_of_a_plan_changes_with_every_fact_it_was_made_from() {
  type Change = fn(&mut State);
  let changes: [(&str, Change); 7] = [
    ("nothing", |_| {}),
    ("the managed file", |state| {
      state.disk.push_str("# edited\n");
    }),
    ("a live container", |state| {
      state.slots[Slot::Blue][0].container.id.0 = "f".repeat(64);
    }),
    ("the standby restarted", |state| {
      state.act(Foreign::Restart(Slot::Green));
    }),
    ("the standby's version", |state| {
      for found in &mut state.slots[Slot::Green] {
        found.container.version = "1.2".parse().ok();
      }
    }),
    ("the live version", |state| {
      for found in &mut state.slots[Slot::Blue] {
        found.container.version = "0.9".parse().ok();
      }
    }),
    ("the evidence", |state| {
      state.ledger.evidence[Slot::Green] = None;
    }),
  ];
  let mut hashes: Vec<(&str, String)> = Vec::new();
  for (what, change) in changes {
    let site = tested(SiteBuilder::new().build()).await;
    change(&mut site.state());
    let hash = site.plan(&switch(Slot::Green)).await.unwrap().hash();
    assert_eq!(
      hash,
      site.plan(&switch(Slot::Green)).await.unwrap().hash(),
      "{what}: twice the same"
    );
    for (other, before) in &hashes {
      assert_ne!(*before, hash, "{what} and {other}");
    }
    hashes.push((what, hash));
  }
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_in_any_plan_and_every_step_has_a_deadline() {
  let builder = SiteBuilder::new()
    .database(MigrateWhen::AfterStart)
    .hook(Hook::BeforeDeploy, &["hook", "--token=hunter2hunter2"]);
  let site = FakeSite::new(builder.build());
  let plan: Plan = site.plan(&deploy("1.1", WhenReady::Ask)).await.unwrap();
  assert!(!serde_json::to_string(&plan).unwrap().contains("hunter2"));
  assert!(
    plan.steps.iter().all(|planned| !planned.deadline.is_zero()),
    "I26"
  );
}
