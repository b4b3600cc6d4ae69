//! The probes that look at what the fake engine runs.

use std::collections::BTreeMap;

use cutover::{
  config::{Check, SmokeBody, SmokeTest},
  engine::ports::{PortFuture, Probe},
  model::{Slot, check::CheckReport, container::Container},
};
use tokio::time::Instant;

use super::{
  containers::answers,
  fake::{Behavior, FakeSite},
};

fn report(passed: bool, detail: &str) -> CheckReport {
  CheckReport {
    passed,
    detail: detail.into(),
    millis: 5,
    exchange: None,
    captured: BTreeMap::new(),
  }
}

impl Probe for FakeSite {
  fn check<'a>(
    &'a self,
    slot: Slot,
    container: &'a Container,
    _: &'a Check,
  ) -> PortFuture<'a, CheckReport> {
    Box::pin(async move {
      self.enter("check").await?;
      if !container.is_running() {
        return Ok(report(
          false,
          &format!("the container is {}", container.state),
        ));
      }
      let ok = self.state().slots[slot]
        .iter()
        .find(|found| found.container.id == container.id)
        .is_some_and(|found| answers(found, Instant::now()));
      Ok(if ok {
        report(true, "200 in 5 ms")
      } else {
        report(false, "expected status 200, got 503")
      })
    })
  }

  fn smoke<'a>(
    &'a self,
    slot: Slot,
    containers: &'a [Container],
    test: &'a SmokeTest,
    _: &'a BTreeMap<String, String>,
  ) -> PortFuture<'a, CheckReport> {
    Box::pin(async move {
      self.enter("smoke").await?;
      let ok = {
        let state = self.state();
        state.serves(slot)
          && containers.len() == state.slots[slot].len()
          && state.slots[slot]
            .iter()
            .all(|found| found.behavior != Behavior::SmokeFails)
      };
      let (good, bad) = match test.body {
        SmokeBody::Command { .. } => ("exit 0 in 5 ms", "expected exit 0, got 1: "),
        SmokeBody::Request(_) => ("200 in 5 ms", "expected status 200, got 500"),
      };
      Ok(report(ok, if ok { good } else { bad }))
    })
  }
}
