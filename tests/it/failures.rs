//! Every port failing or hanging, every refused reload, bad versions, a full disk: users stay.

mod full_disk;
mod meanwhile;
mod versions;

use std::{sync::Arc, time::Duration};

use cutover::{
  engine::intent::WhenReady,
  model::{
    Slot,
    operation::{Outcome, Verdict},
    plan::{OnFailure, Order},
    router::Mount,
  },
};

use crate::support::*;

/// The port calls that each step stands on.
const PORTS: [&str; 22] = [
  "containers",
  "save",
  "sample",
  "next",
  "write",
  "seen_inside",
  "test",
  "reload",
  "check",
  "smoke",
  "prepare",
  "start",
  "backup",
  "migration_lock",
  "exec.migrate",
  "exec.status",
  "exec_running",
  "command",
  "ledger.evidence",
  "ledger.put_evidence",
  "ledger.put_pins",
  "ledger.put_live_record",
];

#[tokio::test(start_paused = true)]
async fn any_port_failing_or_hanging_from_any_moment_on_ends_once_and_says_the_truth() {
  let mut cases = 0;
  for port in PORTS {
    for trouble in [
      Trouble::Fails,
      Trouble::FailsOnce,
      Trouble::Hangs,
      Trouble::FailsAfter,
    ] {
      if trouble == Trouble::Hangs && port.starts_with("ledger.") {
        continue;
      }
      let site = FakeSite::new(full().build());
      let plan = site.plan(&deploy("1.1", WhenReady::Switch)).await.unwrap();
      let before = site.before();
      let order = site.launch(plan);
      site.state().trouble.insert(port, trouble);
      let verdict = site.run(&order, Vec::new()).await.verdict();
      site.judge(&order, &verdict, &before, Moved::No);
      cases += 1;
    }
  }
  assert!(cases >= 80);
}

#[tokio::test(start_paused = true)]
async fn a_failing_traffic_step_restores_the_file_byte_for_byte_and_proves_the_former_slot() {
  for (what, break_it) in refusals() {
    for builder in [SiteBuilder::new(), SiteBuilder::new().marker()] {
      let site = tested(builder.build()).await;
      let plan = site.plan(&switch(Slot::Green)).await.unwrap();
      let before = site.before();
      let order = site.launch(plan);
      break_it(&mut site.state());
      let verdict = site.run(&order, Vec::new()).await.verdict();
      assert_eq!(
        verdict.outcome,
        Outcome::Reverted,
        "{what}: {}",
        verdict.summary
      );
      assert_eq!(verdict.live, Some(Slot::Blue), "{what}");
      assert_eq!(site.state().disk, before.disk, "{what}");
      site.judge(&order, &verdict, &before, Moved::No);
      tokio::time::sleep(Duration::from_mins(1)).await;
      site.state().act(Foreign::Reload);
      assert_eq!(
        site.state().proxy.slot(),
        Some(Slot::Blue),
        "{what}: no landmine is left"
      );
    }
  }
}

type Break = fn(&mut State);

fn refusals() -> Vec<(&'static str, Break)> {
  vec![
    ("the test says no", |state| {
      state.proxy.refuses = Some(Refuses::Test);
    }),
    ("the reload says no once", |state| {
      state.trouble.insert("reload", Trouble::FailsOnce);
    }),
    ("the reload is swallowed", |state| {
      state.proxy.refuses = Some(Refuses::Silently);
    }),
    ("the mount is stale", |state| {
      state.mount = Mount::SingleFile;
      state.stale = Some(state.disk.clone());
    }),
    ("the file cannot be written", |state| {
      state.trouble.insert("write", Trouble::Fails);
    }),
    ("a single file is left torn", |state| {
      state.mount = Mount::SingleFile;
      state.trouble.insert("write", Trouble::FailsAfter);
    }),
    ("the file is written and the call fails", |state| {
      state.trouble.insert("write", Trouble::FailsAfter);
    }),
    ("the test hangs", |state| {
      state.trouble.insert("seen_inside", Trouble::Hangs);
    }),
  ]
}

#[tokio::test(start_paused = true)]
async fn when_the_proxy_goes_down_in_the_middle_a_person_is_asked_for() {
  let site = tested(SiteBuilder::new().build()).await;
  let plan = site.plan(&switch(Slot::Green)).await.unwrap();
  let before = site.before();
  let order = site.launch(plan);
  let at = site.state().calls.len() + 30;
  site.state().foreign.push((at, Foreign::ProxyDown));
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert_eq!(verdict.outcome, Outcome::NeedsHuman, "{}", verdict.summary);
  assert_eq!(
    verdict.live, None,
    "nobody is served, so no slot is claimed to be live"
  );
  site.judge(&order, &verdict, &before, Moved::No);
  assert_eq!(
    site.state().disk,
    before.disk,
    "the former file is back for when it starts again"
  );
}

#[tokio::test(start_paused = true)]
async fn when_the_reload_keeps_saying_no_the_former_file_is_back_and_a_person_is_asked_for() {
  let site = tested(SiteBuilder::new().build()).await;
  let plan = site.plan(&switch(Slot::Green)).await.unwrap();
  let before = site.before();
  let order = site.launch(plan);
  site.state().proxy.refuses = Some(Refuses::Reload);
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert!(
    matches!(verdict.outcome, Outcome::NeedsHuman | Outcome::Reverted),
    "{}",
    verdict.summary
  );
  assert_eq!(site.state().disk, before.disk);
  site.judge(&order, &verdict, &before, Moved::No);
}

#[tokio::test(start_paused = true)]
async fn settling_a_dispute_aborted_at_any_step_moves_nobody() {
  for word in ["check-target", "save", "write", "test", "reload", "prove"] {
    let site = switched(SiteBuilder::new().marker().build()).await;
    {
      let mut state = site.state();
      state.disk = state.text(Slot::Blue, 1, cutover::model::operation::OperationId(0));
    }
    let disputed = site.before().disk;
    let order = site.launch(site.plan(&switch(Slot::Green)).await.unwrap());
    let verdict = site
      .run(&order, vec![(When::During(word), abort())])
      .await
      .verdict();
    assert_eq!(
      site.state().proxy.slot(),
      Some(Slot::Green),
      "{word}: {}",
      verdict.summary
    );
    assert_eq!(verdict.live, Some(Slot::Green), "{word}");
    assert_eq!(
      verdict.outcome,
      Outcome::Cancelled,
      "{word}: {}",
      verdict.summary
    );
    assert_eq!(site.before().disk, disputed, "{word}: as it was");
  }
}
