//! Smoke tests: what an earlier one captured, and what was never captured.

use std::{collections::BTreeMap, sync::Arc};

use cutover::{
  adapters::probe::HttpProbe,
  config::{Expect, SmokeBody, SmokeRequest, SmokeTest, Via},
  engine::ports::{PortErrorKind, Probe},
  model::Slot,
};
use tokio::io::AsyncWriteExt;

use crate::{
  fixture::{DEADLINE, check, container, probe, read_request, server},
  site::{expect_within, pair, service, site},
};

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
