//! No space for the journal, at any of its records.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_full_disk_at_any_journal_write_never_leaves_users_halfway() {
  let probe = FakeSite::new(full().build());
  let (order, _) = probe.operate(&deploy("1.1", WhenReady::Switch)).await;
  let writes = probe.records_of(&order).len();
  for first in 1..=writes {
    for last in [first, usize::MAX] {
      let site = FakeSite::new(full().build());
      let before = site.before();
      let order = site.launch(site.plan(&deploy("1.1", WhenReady::Switch)).await.unwrap());
      site.state().full_disk = Some((first, last));
      let verdict = site.run(&order, Vec::new()).await.verdict();
      let ends = site.ends(&order);
      assert!(ends <= 1);
      if last == first && first < writes {
        assert_eq!(ends, 1, "there was space again at the end ({first})");
      }
      let state = site.state();
      assert!(state.violations.is_empty(), "{:?}", state.violations);
      if let Some(live) = verdict.live {
        assert_eq!(
          state.proxy.slot(),
          Some(live),
          "{first}: {}",
          verdict.summary
        );
      }
      assert_eq!(
        state.disk, state.proxy.loaded,
        "{first}: {}",
        verdict.summary
      );
      match verdict.outcome {
        Outcome::Failed => {
          assert_eq!(
            state.calls_of("write"),
            0,
            "failed means never moved ({first})"
          );
          assert_eq!(state.disk, before.disk);
        }
        Outcome::Reverted => assert_eq!(state.disk, before.disk),
        Outcome::NeedsHuman | Outcome::Done => {}
        other => panic!("{other} at {first}"),
      }
    }
  }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_and_a_proxy_that_goes_down_is_never_called_a_plain_failure() {
  let site = tested(SiteBuilder::new().build()).await;
  let order = site.launch(site.plan(&switch(Slot::Green)).await.unwrap());
  let reload = order
    .plan
    .steps
    .iter()
    .position(|p| step_word(&p.step) == "reload")
    .unwrap();
  site.state().full_disk = Some((2 + 2 * reload, usize::MAX));
  site.state().trouble.insert("restore", Trouble::Fails);
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert_eq!(verdict.outcome, Outcome::NeedsHuman, "{}", verdict.summary);
}

#[tokio::test(start_paused = true)]
async fn on_a_full_disk_a_restored_switch_is_still_told_as_reverted() {
  let site = tested(SiteBuilder::new().marker().build()).await;
  let before = site.before();
  let order = site.launch(site.plan(&switch(Slot::Green)).await.unwrap());
  let reload = order
    .plan
    .steps
    .iter()
    .position(|planned| step_word(&planned.step) == "reload")
    .unwrap();
  site.state().full_disk = Some((3 + 2 * reload, usize::MAX));
  let verdict = site.run(&order, Vec::new()).await.verdict();
  assert_eq!(verdict.outcome, Outcome::Reverted, "{}", verdict.summary);
  let said = verdict.summary.as_str();
  assert!(said.contains("BLUE is proven live"), "{said}");
  assert_eq!(site.before().disk, before.disk);
}
