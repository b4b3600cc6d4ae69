//! What every probe promises: what was asked and did not pass is a report and never an error.

use std::collections::BTreeMap;

use cutover::{
  config::{Check, SmokeTest},
  engine::ports::Probe,
  model::{
    Slot,
    check::CheckReport,
    container::{Container, ContainerState},
  },
};

async fn checked(
  probe: &dyn Probe,
  slot: Slot,
  container: &Container,
  check: &Check,
) -> CheckReport {
  probe.check(slot, container, check).await.unwrap()
}

/// A good answer passes and says how long it took.
pub(crate) async fn passes_a_good_answer(
  probe: &dyn Probe,
  slot: Slot,
  container: &Container,
  check: &Check,
) {
  let report = checked(probe, slot, container, check).await;
  assert!(report.passed, "{report:?}");
  assert!(report.detail.as_str().starts_with("200 in "), "{report:?}");
}

/// A service that answers with 503 does not pass; what was expected and what came is said.
pub(crate) async fn says_what_was_expected_and_what_came(
  probe: &dyn Probe,
  slot: Slot,
  container: &Container,
  check: &Check,
) {
  let report = checked(probe, slot, container, check).await;
  assert!(!report.passed, "{report:?}");
  assert!(
    report
      .detail
      .as_str()
      .starts_with("expected status 200, got 503"),
    "{report:?}"
  );
}

/// What does not run is not asked, and its state is the reason. `container` runs and passes.
pub(crate) async fn says_that_a_container_does_not_run(
  probe: &dyn Probe,
  slot: Slot,
  container: &Container,
  check: &Check,
) {
  assert!(checked(probe, slot, container, check).await.passed);
  let mut gone = container.clone();
  gone.state = ContainerState::Exited;
  let report = checked(probe, slot, &gone, check).await;
  assert!(!report.passed, "{report:?}");
  assert_eq!(report.detail.as_str(), "the container is exited");
}

/// A smoke test that is a command passes by its exit.
pub(crate) async fn judges_a_smoke_command_by_its_exit(
  probe: &dyn Probe,
  slot: Slot,
  containers: &[Container],
  test: &SmokeTest,
  exit: i64,
) {
  let report = probe
    .smoke(slot, containers, test, &BTreeMap::new())
    .await
    .unwrap();
  assert_eq!(report.passed, exit == 0, "{report:?}");
  let words = match exit {
    0 => "exit 0 in ".to_owned(),
    other => format!("expected exit 0, got {other}"),
  };
  assert!(report.detail.as_str().starts_with(&words), "{report:?}");
  assert!(report.captured.is_empty());
}
