//! What each method of the `Router` port reports when a real nginx refuses a configuration in one
//! of its ways. Several of them exit 0: only the error log, the workers and the listener tell.
#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  reason = "a test stops at the first surprise"
)]

mod support {
  pub(crate) mod host_nginx;
  pub(crate) mod site;
}

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, process::Command};

use chrono::Utc;
use cutover::{
  adapters::router::nginx::NginxRouter,
  engine::ports::{PortErrorKind, Router},
  model::{
    Slot,
    operation::OperationId,
    router::{FileContent, NextFile},
  },
};
use support::host_nginx::{BLUE, both_workers, marker, running, until, until_answers};

/// The next file as if a configuration had produced this text.
async fn next_with(router: &NginxRouter, text: &str) -> NextFile {
  let mut next = router.next(Slot::Green, 2, OperationId(7)).await.unwrap();
  next.content = FileContent::Text(text.to_owned());
  next
}

#[tokio::test]
async fn a_syntax_error_is_refused_by_test_and_reload_with_nginx_own_words() {
  let (_nginx, router) = running(BLUE);
  until_answers(&router, Slot::Blue).await;
  router
    .write(&next_with(&router, "lokation / {}\n").await)
    .await
    .unwrap();
  for error in [
    router.test().await.unwrap_err(),
    router.reload().await.unwrap_err(),
  ] {
    assert_eq!(error.kind, PortErrorKind::Refused);
    assert!(
      error.detail.contains("unknown directive \"lokation\""),
      "{error}"
    );
  }
  assert!(router.facts().await.unwrap().test.is_err());
  until_answers(&router, Slot::Blue).await;
}

#[tokio::test]
async fn an_unresolvable_upstream_is_refused_by_test_and_reload() {
  let (_nginx, router) = running(BLUE);
  until_answers(&router, Slot::Blue).await;
  let text = "location / { proxy_pass http://no-such-host.invalid; }\n";
  router.write(&next_with(&router, text).await).await.unwrap();
  for error in [
    router.test().await.unwrap_err(),
    router.reload().await.unwrap_err(),
  ] {
    assert_eq!(error.kind, PortErrorKind::Refused);
    assert!(
      error.detail.contains("host not found in upstream"),
      "{error}"
    );
  }
}

#[tokio::test]
async fn a_missing_log_folder_passes_the_reload_and_is_found_in_the_error_log() {
  let (nginx, router) = running(BLUE);
  until_answers(&router, Slot::Blue).await;
  let old = both_workers(&router).await;
  let asked = Utc::now();
  let text = format!(
    "access_log {}/gone/a.log;\n{}",
    nginx.root().display(),
    marker("green")
  );
  router
    .write(&next_with(&router, &text).await)
    .await
    .unwrap();
  let error = router.test().await.unwrap_err();
  assert!(error.detail.contains("gone/a.log"), "{error}");
  router.reload().await.unwrap();
  until("the master reports the missing folder", async || {
    let errors = router.errors_since(asked).await.unwrap();
    errors
      .iter()
      .any(|line| line.contains("[emerg]") && line.contains("gone/a.log"))
      .then_some(())
  })
  .await;
  assert_eq!(router.workers().await.unwrap(), old);
  until_answers(&router, Slot::Blue).await;
}

#[tokio::test]
async fn a_taken_port_passes_test_and_reload_and_only_the_error_log_tells() {
  let (_nginx, router) = running(BLUE);
  until_answers(&router, Slot::Blue).await;
  let old = both_workers(&router).await;
  let taken = TcpListener::bind("127.0.0.1:0").unwrap();
  let asked = Utc::now();
  let text = format!(
    "listen 127.0.0.1:{};\n{}",
    taken.local_addr().unwrap().port(),
    marker("green")
  );
  router
    .write(&next_with(&router, &text).await)
    .await
    .unwrap();
  router.test().await.unwrap();
  router.reload().await.unwrap();
  until("the master gives up binding", async || {
    let errors = router.errors_since(asked).await.unwrap();
    errors
      .iter()
      .any(|line| line.contains("still could not bind()"))
      .then_some(())
  })
  .await;
  assert_eq!(router.workers().await.unwrap(), old);
  until_answers(&router, Slot::Blue).await;
}

#[tokio::test]
async fn a_pid_file_that_names_a_stranger_or_nothing_signals_nobody() {
  let (nginx, router) = running(BLUE);
  until_answers(&router, Slot::Blue).await;
  let pid_file = nginx.root().join("nginx.pid");
  // This very process: a reload that trusted the file would end the test.
  for (text, says) in [
    (format!("{}\n", std::process::id()), "not an nginx master"),
    (String::new(), "holds no number"),
  ] {
    fs::write(&pid_file, text).unwrap();
    let error = router.reload().await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Refused);
    assert!(error.detail.contains(says), "{error}");
    let facts = router.facts().await.unwrap();
    assert!(!facts.proxy.running && facts.workers.is_none(), "{facts:?}");
  }
  fs::write(&pid_file, format!("{}\n", nginx.pid())).unwrap();
  router.reload().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_known_before_and_keeps_the_file() {
  let (nginx, router) = running(BLUE);
  let folder = nginx.active().parent().unwrap().to_owned();
  let root = nix::unistd::geteuid().is_root();
  // Modes do not stop root; an immutable folder does.
  let lock = |locked: bool| {
    if root {
      let flag = if locked { "+i" } else { "-i" };
      assert!(
        Command::new("chattr")
          .arg(flag)
          .arg(&folder)
          .status()
          .unwrap()
          .success()
      );
    } else {
      let mode = if locked { 0o555 } else { 0o755 };
      fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    }
  };
  let next = router.next(Slot::Green, 2, OperationId(7)).await.unwrap();
  lock(true);
  let writable = router.facts().await.unwrap().file.map(|file| file.writable);
  let written = router.write(&next).await;
  lock(false);
  assert_eq!(writable, Ok(false));
  assert_eq!(written.unwrap_err().kind, PortErrorKind::Misconfigured);
  assert_eq!(fs::read_to_string(nginx.active()).unwrap(), BLUE);
}
