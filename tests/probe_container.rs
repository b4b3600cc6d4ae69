//! Checks of a service in a real container: over its network address, and by the curl or wget that
//! its image has.
#![cfg(feature = "site")]
#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  reason = "a test stops at the first surprise"
)]

mod support {
  pub(crate) mod container_nginx;
  pub(crate) mod site;
}

use std::{sync::Arc, time::Duration};

use cutover::{
  adapters::probe::HttpProbe,
  config::{Check, Via},
  engine::ports::{PortErrorKind, Probe},
  model::{
    Slot,
    container::{Container, ContainerId, ContainerState, DockerHealth, ImageId},
  },
};
use support::{
  container_nginx::{FOLDER, IMAGE, Nginx, docker, until},
  site::{expect_within, site},
};

fn as_container(of: &Nginx) -> Container {
  Container {
    id: ContainerId(docker(&["inspect", "-f", "{{.Id}}", &of.name])),
    name: of.name.clone(),
    service: "api".to_owned(),
    state: ContainerState::Running,
    health: DockerHealth::None,
    health_output: None,
    restarts: 0,
    exit_code: None,
    oom_killed: false,
    started_at: None,
    finished_at: None,
    image_id: ImageId("sha256:0".to_owned()),
    image: IMAGE.to_owned(),
    version: None,
    restart_policy: "no".to_owned(),
    addresses: vec![of.address().parse().unwrap()],
    aliases: Vec::new(),
    tty: false,
  }
}

const APP: &str = "location /moved { return 302 http://169.254.169.254/; }\n\
  location /bad { return 503 '{\"status\":\"starting\"}'; }\n\
  location / { return 200 \"hello from inside\\n\"; }\n";

fn hello(via: Via, path: &str) -> Check {
  let mut expect = expect_within(Duration::from_secs(3));
  expect.contains = Some("hello from inside".to_owned());
  Check {
    via,
    url: Some(format!("http://localhost{path}")),
    command: Vec::new(),
    expect,
    timeout: Duration::from_mins(1),
    every: Duration::from_secs(1),
    consecutive: 1,
  }
}

async fn is_reached(via: Via, app: &Nginx) {
  let container = as_container(app);
  let probe = HttpProbe::new(Arc::new(site(app.root())));
  let ask = async |path: &str| {
    let check = hello(via, path);
    probe.check(Slot::Blue, &container, &check).await.unwrap()
  };
  until("the container answers", async || {
    ask("/").await.passed.then_some(())
  })
  .await;
  let bad = ask("/bad").await.detail;
  assert!(
    bad
      .as_str()
      .starts_with("expected status 200, got 503: {\"status\":\"starting\"}"),
    "{bad}"
  );
  let moved = ask("/moved").await.detail;
  assert!(
    moved.as_str().contains("redirects are not followed"),
    "{moved}"
  );
}

#[tokio::test]
async fn a_check_reaches_a_container_over_its_network_and_by_the_curl_inside() {
  let app = Nginx::start("probe", &[("switch/active.conf", APP)], FOLDER, &[]);
  is_reached(Via::Exec, &app).await;
  is_reached(Via::Network, &app).await;
}

#[tokio::test]
async fn without_curl_the_wget_inside_is_used() {
  let files = [("switch/active.conf", APP), ("nothing", "")];
  let mounts = [FOLDER[0], ("nothing", "/usr/bin/curl")];
  let app = Nginx::start("wget", &files, &mounts, &[]);
  is_reached(Via::Exec, &app).await;
}

#[tokio::test]
async fn with_neither_curl_nor_wget_nothing_is_known_and_another_way_is_named() {
  let files = [("switch/active.conf", APP), ("nothing", "")];
  let mounts = [
    FOLDER[0],
    ("nothing", "/usr/bin/curl"),
    ("nothing", "/usr/bin/wget"),
  ];
  let app = Nginx::start("neither", &files, &mounts, &[]);
  let probe = HttpProbe::new(Arc::new(site(app.root())));
  let error = probe
    .check(Slot::Blue, &as_container(&app), &hello(Via::Exec, "/"))
    .await
    .unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Misconfigured);
  assert!(error.detail.contains("via = \"network\""), "{error}");
}
