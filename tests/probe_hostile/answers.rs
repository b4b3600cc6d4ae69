//! Answers that mean harm, come late or are none.

use std::{sync::atomic::Ordering, time::Duration};

use tokio::{
  io::{AsyncReadExt, AsyncWriteExt},
  net::TcpListener,
};

use crate::{
  fixture::{DEADLINE, ask, fixed, read_request, server},
  site::expect_within,
};

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
