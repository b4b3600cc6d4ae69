//! The doctor on a site that runs: what it sees there is what refuses an operation, in the same
//! words.

use cutover::{
  engine::{doctor, intent::WhenReady},
  model::{
    Slot,
    evidence::LiveRecord,
    finding::{
      Diagnosis, Finding,
      Hazard::{self, H, Hz, Setup},
      Severity,
    },
    operation::OperationId,
    router::Mount,
  },
};

use crate::support::*;

fn red(found: &Diagnosis) -> Vec<(Hazard, String)> {
  found
    .of(Severity::Red)
    .map(|finding| (finding.id, finding.fault.what.to_string()))
    .collect()
}

#[tokio::test(start_paused = true)]
async fn a_site_that_is_well_has_nothing_red() {
  let found = doctor::look(&ala().world()).await;
  assert_eq!(red(&found), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_red_refuses_a_deploy_in_the_very_same_words() {
  type Break = fn(&mut State);
  let cases: [(Hazard, Break); 7] = [
    (H(14), |state| state.proxy.running = false),
    (Hz(6), |state| state.disk = "nonsense".into()),
    (H(3), |state| {
      state.mount = Mount::SingleFile;
      state.stale = Some(format!("{}# older\n", state.disk));
    }),
    (H(2), |state| {
      state.trouble.insert("router.facts", Trouble::Fails);
    }),
    (Setup, |state| {
      state.trouble.insert("runtime.facts", Trouble::Fails);
    }),
    (Hz(16), |state| {
      state.ledger.state_file = Some("green".into());
    }),
    (H(16), |state| {
      state.ledger.findings = vec![Finding::red(
        H(16),
        "12 MB are free",
        "it stops in the middle",
        "make room",
      )];
    }),
  ];
  for (id, break_it) in cases {
    let site = ala();
    break_it(&mut site.state());
    let found = doctor::look(&site.world()).await;
    let finding = found
      .of(Severity::Red)
      .find(|finding| finding.id == id)
      .unwrap_or_else(|| panic!("{id} is not named: {:?}", red(&found)));
    let refusal = site
      .plan(&deploy("1.1", WhenReady::Stop))
      .await
      .expect_err("it must be refused");
    assert!(refusal.faults.contains(&finding.fault), "{id}: {refusal:?}");
  }
}

#[tokio::test(start_paused = true)]
async fn a_live_slot_that_stays_down_after_a_reboot_is_red() {
  let site = ala();
  "no".clone_into(&mut site.state().slots[Slot::Blue][0].container.restart_policy);
  let found = doctor::look(&site.world()).await;
  assert_eq!(red(&found).first().map(|(id, _)| *id), Some(Hz(15)));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_went_back_is_red() {
  let site = ala();
  let managed = hash(&site.state().disk);
  site.state().ledger.live = Some(LiveRecord {
    live: Slot::Blue,
    previous: None,
    generation: 1,
    since: base() + chrono::Duration::days(400),
    operation: OperationId(1),
    moved_by: None,
    version: None,
    previous_version: None,
    containers: Vec::new(),
    previous_containers: Vec::new(),
    managed,
    schema_head: None,
  });
  let found = doctor::look(&site.world()).await;
  assert_eq!(red(&found).first().map(|(id, _)| *id), Some(H(34)));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_looked_at_is_said_and_no_secret_with_it() {
  let site = ala();
  site
    .state()
    .trouble
    .insert("runtime.preflight", Trouble::Fails);
  let found = doctor::look(&site.world()).await;
  let unseen: Vec<_> = found
    .not_looked_at
    .iter()
    .map(|unseen| unseen.what.as_str())
    .collect();
  assert_eq!(unseen, ["ports, images and disk of Docker"]);
  assert!(!format!("{found:?}").contains("hunter2hunter2"));
}
