//! The promises of a probe, which the engine's fake keeps too in `tests/it`.

use std::time::Duration;

use cutover::{
  config::{SmokeBody, SmokeTest, Via},
  model::{BySlot, Slot},
};

use crate::{
  contract::probe as contract,
  fixture::{DEADLINE, check, container, fixed, probe},
  site::expect_within,
};

#[tokio::test]
async fn a_service_is_judged_by_its_answer_and_not_asked_when_it_does_not_run() {
  let (good, _) = fixed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
  let (bad, _) = fixed("HTTP/1.1 503 Oops\r\nContent-Length: 0\r\n\r\n").await;
  let at = |port: u16| {
    let url = format!("http://127.0.0.1:{port}/health");
    check(Via::Network, &url, expect_within(DEADLINE))
  };
  let (probe, container) = (probe(), container());
  contract::passes_a_good_answer(&probe, Slot::Blue, &container, &at(good)).await;
  contract::says_what_was_expected_and_what_came(&probe, Slot::Blue, &container, &at(bad)).await;
  contract::says_that_a_container_does_not_run(&probe, Slot::Blue, &container, &at(good)).await;
}

#[tokio::test]
async fn a_smoke_command_is_judged_by_its_exit() {
  for exit in [0, 1] {
    let test = SmokeTest {
      name: "log in".into(),
      body: SmokeBody::Command {
        command: BySlot::from_fn(|_| {
          ["sh", "-c", &format!("exit {exit}")]
            .map(str::to_owned)
            .into()
        }),
        within: Duration::from_secs(10),
      },
    };
    let containers = [container()];
    contract::judges_a_smoke_command_by_its_exit(&probe(), Slot::Blue, &containers, &test, exit)
      .await;
  }
}
