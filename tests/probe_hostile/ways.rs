//! The ways a check goes: over the network, by Docker's own word, by a command.

use cutover::{
  config::{Check, Expect, Via},
  engine::ports::{PortErrorKind, Probe},
  model::{
    Slot,
    container::{ContainerState, DockerHealth},
  },
};
use tokio::io::AsyncWriteExt;

use crate::{
  fixture::{DEADLINE, check, container, probe, read_request, server},
  site::expect_within,
};

#[tokio::test]
async fn a_link_local_address_is_never_asked() {
  for url in [
    "http://169.254.169.254/latest/meta-data",
    "http://[fe80::1]/",
    "http://2852039166/",
  ] {
    for via in [Via::Host, Via::Network] {
      let mut target = container();
      if via == Via::Network {
        target.addresses = vec!["169.254.169.254".parse().unwrap()];
      }
      let check = check(via, url, expect_within(DEADLINE));
      let error = probe()
        .check(Slot::Blue, &target, &check)
        .await
        .unwrap_err();
      assert_eq!(error.kind, PortErrorKind::Misconfigured);
      assert!(error.detail.contains("link-local"), "{error}");
    }
  }
}

#[tokio::test]
async fn a_check_by_network_goes_to_the_containers_address_with_its_own_host() {
  let (port, _) = server(|mut stream| async move {
    let request = read_request(&mut stream).await;
    let answer = format!(
      "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{request}",
      request.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
  })
  .await;
  for host in ["api.internal", "10.255.255.1"] {
    let mut expect = expect_within(DEADLINE);
    expect.contains = Some(format!("host: {host}:{port}\r\n"));
    let check = check(Via::Network, &format!("http://{host}:{port}/x?y=z"), expect);
    let report = probe()
      .check(Slot::Blue, &container(), &check)
      .await
      .unwrap();
    assert!(report.passed, "{report:?}");
  }
}

#[tokio::test]
async fn dockers_own_health_is_read_and_none_is_not_healthy() {
  let check = Check {
    url: None,
    ..check(Via::Docker, "", Expect::default())
  };
  for (health, state, passes) in [
    (DockerHealth::Healthy, ContainerState::Running, true),
    (DockerHealth::Healthy, ContainerState::Exited, false),
    (DockerHealth::Starting, ContainerState::Running, false),
    (DockerHealth::Unhealthy, ContainerState::Running, false),
    (DockerHealth::None, ContainerState::Running, false),
  ] {
    let mut target = container();
    (target.health, target.state) = (health, state);
    let report = probe().check(Slot::Blue, &target, &check).await.unwrap();
    assert_eq!(report.passed, passes, "{report:?}");
  }
}

#[tokio::test]
async fn a_command_passes_by_exit_code_and_knows_its_slot() {
  let words = [
    "sh",
    "-c",
    "test \"$CUTOVER_SLOT\" = green || { echo 'slot is' $CUTOVER_SLOT >&2; exit 3; }",
  ];
  let check = Check {
    command: words.map(str::to_owned).into(),
    ..check(Via::Command, "", Expect::default())
  };
  assert!(
    probe()
      .check(Slot::Green, &container(), &check)
      .await
      .unwrap()
      .passed
  );
  let report = probe()
    .check(Slot::Blue, &container(), &check)
    .await
    .unwrap();
  assert_eq!(
    report.detail.as_str(),
    "expected exit 0, got 3: slot is blue"
  );
}
