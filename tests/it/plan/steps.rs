//! The steps of a plan: where they stand, what they say, and that they are all in its hash.

use super::*;

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
async fn a_site_that_builds_is_planned_checked_and_shown_as_building() {
  let site = FakeSite::new(SiteBuilder::new().builds().build());
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
