//! Checks against servers that mean harm or are broken: every one ends by its deadline with the
//! right verdict, and nothing is followed, kept or believed beyond its bounds.
#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  reason = "a test stops at the first surprise"
)]

mod support {
  pub(crate) mod site;
}

use std::{
  collections::BTreeMap,
  sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
  },
  time::{Duration, Instant},
};

use cutover::{
  adapters::probe::HttpProbe,
  config::{Check, Expect, Secrets, SmokeBody, SmokeRequest, SmokeTest, Via},
  engine::ports::{PortErrorKind, Probe},
  model::{
    Slot,
    check::CheckReport,
    container::{Container, ContainerId, ContainerState, DockerHealth, ImageId},
  },
};
use support::site::{expect_within, pair, service, site};
use tokio::{
  io::{AsyncReadExt, AsyncWriteExt},
  net::{TcpListener, TcpStream},
};

const DEADLINE: Duration = Duration::from_millis(600);

fn container() -> Container {
  Container {
    id: ContainerId("0".repeat(64)),
    name: "api-blue".to_owned(),
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
    image: "api:1".to_owned(),
    version: None,
    restart_policy: "no".to_owned(),
    addresses: vec!["127.0.0.1".parse().unwrap()],
    aliases: Vec::new(),
    tty: false,
  }
}

fn check(via: Via, url: &str, expect: Expect) -> Check {
  Check {
    via,
    url: Some(url.to_owned()),
    command: Vec::new(),
    expect,
    timeout: Duration::from_mins(1),
    every: Duration::from_secs(1),
    consecutive: 1,
  }
}

fn probe() -> HttpProbe {
  let mut site = site(std::path::Path::new("/nonexistent"));
  site.secrets = Secrets(vec!["hunter2-secret".to_owned()]);
  HttpProbe::new(Arc::new(site))
}

/// Serves each connection with `serve`; returns the port and a count of connections.
async fn server<F>(
  serve: impl Fn(TcpStream) -> F + Send + Sync + 'static,
) -> (u16, Arc<AtomicUsize>)
where
  F: Future<Output = ()> + Send + 'static,
{
  let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
  let port = listener.local_addr().unwrap().port();
  let count = Arc::new(AtomicUsize::new(0));
  let counted = Arc::clone(&count);
  tokio::spawn(async move {
    while let Ok((stream, _)) = listener.accept().await {
      counted.fetch_add(1, Ordering::SeqCst);
      tokio::spawn(serve(stream));
    }
  });
  (port, count)
}

async fn read_request(stream: &mut TcpStream) -> String {
  let mut request = Vec::new();
  let mut chunk = [0; 1024];
  while !request.windows(4).any(|four| four == b"\r\n\r\n") {
    match stream.read(&mut chunk).await {
      Ok(count @ 1..) => request.extend_from_slice(&chunk[..count]),
      _ => break,
    }
  }
  String::from_utf8_lossy(&request).into_owned()
}

async fn fixed(
  answer: impl AsRef<[u8]> + Clone + Send + Sync + 'static,
) -> (u16, Arc<AtomicUsize>) {
  server(move |mut stream| {
    let answer = answer.clone();
    async move {
      read_request(&mut stream).await;
      // The client may leave before all is written; that is what is tested.
      let _ = stream.write_all(answer.as_ref()).await;
    }
  })
  .await
}

async fn ask(port: u16, expect: Expect) -> CheckReport {
  let started = Instant::now();
  let check = check(
    Via::Host,
    &format!("http://127.0.0.1:{port}/health"),
    expect,
  );
  let report = probe()
    .check(Slot::Blue, &container(), &check)
    .await
    .unwrap();
  assert!(
    started.elapsed() < DEADLINE + Duration::from_millis(400),
    "{:?} {report:?}",
    started.elapsed()
  );
  report
}

#[tokio::test]
async fn a_good_answer_passes_and_says_how_long_it_took() {
  let (port, _) = fixed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
  let report = ask(port, expect_within(DEADLINE)).await;
  assert!(report.passed, "{report:?}");
  assert!(report.detail.as_str().starts_with("200 in "), "{report:?}");
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
  let (elsewhere, asked) = fixed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
  let (port, _) = fixed(format!(
    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{elsewhere}/\r\nContent-Length: 0\r\n\r\n"
  ))
  .await;
  let report = ask(port, expect_within(DEADLINE)).await;
  assert!(
    !report.passed
      && report
        .detail
        .as_str()
        .contains("redirects are not followed"),
    "{report:?}"
  );
  assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_endless_body_is_cut_and_judged_by_its_start() {
  let (port, _) = server(|mut stream| async move {
    read_request(&mut stream).await;
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n<html>";
    if stream.write_all(head.as_bytes()).await.is_ok() {
      while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
    }
  })
  .await;
  let mut expect = expect_within(DEADLINE);
  expect.contains = Some("<html>".to_owned());
  let report = ask(port, expect.clone()).await;
  assert!(report.passed, "{report:?}");
  expect
    .json
    .insert("status".to_owned(), serde_json::json!("ok"));
  let report = ask(port, expect).await;
  assert!(
    report.detail.as_str().contains("larger than 64 KiB"),
    "{report:?}"
  );
}

#[tokio::test]
async fn a_dripping_answer_ends_at_the_deadline() {
  let (port, _) = server(|mut stream| async move {
    read_request(&mut stream).await;
    let mut turns = tokio::time::interval(Duration::from_millis(50));
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
      .iter()
      .chain([b'x'; 900].iter())
    {
      turns.tick().await;
      if stream.write_all(&[*byte]).await.is_err() {
        return;
      }
    }
  })
  .await;
  let report = ask(port, expect_within(DEADLINE)).await;
  assert!(
    !report.passed
      && report
        .detail
        .as_str()
        .starts_with("no complete answer within"),
    "{report:?}"
  );
}

#[tokio::test]
async fn a_silent_server_ends_at_the_deadline() {
  let (port, _) = server(|mut stream| async move {
    read_request(&mut stream).await;
    let _ = stream.read(&mut [0; 1]).await;
  })
  .await;
  let report = ask(port, expect_within(DEADLINE)).await;
  assert!(!report.passed, "{report:?}");
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
  let flood = "X-Flood: y\r\n".repeat(5000);
  for answer in [
    "SSH-2.0-OpenSSH_9.2\r\n".to_owned(),
    "<html>an answer without a head</html>".to_owned(),
    "\u{1b}]0;title\u{7}\r\n\r\n".to_owned(),
    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort".to_owned(),
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n".to_owned(),
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(),
    format!("HTTP/1.1 200 OK\r\n{flood}\r\n"),
    format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(2_000_000)),
    String::new(),
  ] {
    let start: String = answer.chars().take(60).collect();
    let (port, _) = fixed(answer).await;
    let report = ask(port, expect_within(DEADLINE)).await;
    assert!(!report.passed, "{start}: {report:?}");
  }
}

#[tokio::test]
async fn nobody_listening_fails_and_says_so() {
  let port = {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
  };
  let report = ask(port, expect_within(DEADLINE)).await;
  assert!(
    !report.passed && report.detail.as_str().contains("refused"),
    "{report:?}"
  );
}

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
async fn a_secret_in_an_answer_is_masked_everywhere() {
  let (port, _) = fixed("HTTP/1.1 500 Oops\r\nSet-Cookie: sid=abc\r\nX-Echo: hunter2-secret\r\nContent-Length: 23\r\n\r\npassword=hunter2-secret").await;
  let report = ask(port, expect_within(DEADLINE)).await;
  let all = format!("{report:?}");
  assert!(
    !all.contains("hunter2-secret") && !all.contains("sid=abc"),
    "{all}"
  );
  assert!(
    report
      .detail
      .as_str()
      .starts_with("expected status 200, got 500: password=****"),
    "{report:?}"
  );
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

fn smoke(url: &str, body: Option<&str>, capture: &[(&str, &str)]) -> SmokeTest {
  SmokeTest {
    name: "log in".to_owned(),
    body: SmokeBody::Request(Box::new(SmokeRequest {
      through_router: false,
      service: "api".to_owned(),
      method: "POST".to_owned(),
      url: pair(url, url),
      headers: BTreeMap::from([(
        "Authorization".to_owned(),
        "Bearer ${capture.token}".to_owned(),
      )]),
      body: body.map(str::to_owned),
      expect: expect_within(DEADLINE),
      capture: capture
        .iter()
        .map(|(name, path)| ((*name).to_owned(), (*path).to_owned()))
        .collect(),
    })),
  }
}

#[tokio::test]
async fn a_smoke_test_uses_what_an_earlier_one_captured_and_hides_it() {
  let (port, _) = server(|mut stream| async move {
    let head = read_request(&mut stream).await;
    let good = head.starts_with("POST /api/verify?c=tok-1234 ")
      && head.contains("authorization: Bearer tok-1234\r\n")
      && head.contains("content-type: application/json\r\n");
    let body = format!("{{\"ok\":{good},\"session\":{{\"id\":\"sess-9999\"}}}}");
    let answer = format!(
      "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
      body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
  })
  .await;
  let mut site = site(std::path::Path::new("/nonexistent"));
  let mut api = service("api");
  api.check.blue = Some(check(
    Via::Host,
    &format!("http://127.0.0.1:{port}/health"),
    Expect::default(),
  ));
  site.services.push(api);
  let probe = HttpProbe::new(Arc::new(site));
  let mut test = smoke(
    "/api/verify?c=${capture.token}",
    Some("{\"code\":\"${capture.token}\"}"),
    &[("session", "session.id")],
  );
  if let SmokeBody::Request(request) = &mut test.body {
    request
      .expect
      .json
      .insert("ok".to_owned(), serde_json::json!(true));
  }
  let captured = BTreeMap::from([("token".to_owned(), "tok-1234".to_owned())]);
  let report = probe
    .smoke(Slot::Blue, &[container()], &test, &captured)
    .await
    .unwrap();
  assert!(report.passed, "{report:?}");
  assert_eq!(report.captured["session"], "sess-9999");
  let exchange = format!("{:?}", report.exchange);
  assert!(
    !exchange.contains("tok-1234") && !exchange.contains("sess-9999"),
    "{exchange}"
  );
}

#[tokio::test]
async fn a_smoke_test_without_its_captured_value_or_place_is_not_passed() {
  let report = probe()
    .smoke(
      Slot::Blue,
      &[container()],
      &smoke("http://127.0.0.1:1/x", None, &[]),
      &BTreeMap::new(),
    )
    .await
    .unwrap();
  assert!(
    !report.passed && report.detail.as_str().contains("'token'"),
    "{report:?}"
  );
  let captured = BTreeMap::from([("token".to_owned(), "t".to_owned())]);
  let error = probe()
    .smoke(
      Slot::Blue,
      &[container()],
      &smoke("/x", None, &[]),
      &captured,
    )
    .await
    .unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Misconfigured);
}
