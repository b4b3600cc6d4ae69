//! The `Router` port over a real nginx on this host: every kind of switch file, and what each
//! method reports when nginx refuses a configuration in one of its many ways.
#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  reason = "a test stops at the first surprise"
)]

mod support {
  pub(crate) mod contract;
  pub(crate) mod host_nginx;
  pub(crate) mod site;
}

use std::{fs, sync::Arc};

use chrono::Utc;
use cutover::{
  adapters::router::nginx::NginxRouter,
  config::{ProofBy, SwitchFile},
  engine::ports::{PortErrorKind, Router},
  model::{
    Slot,
    log_source::ProxyLog,
    operation::OperationId,
    router::{FileContent, Mount, Sample},
  },
};
use support::{
  contract,
  host_nginx::{
    BLUE, HostNginx, both_workers, free_port, marker, render, running, until, until_answers,
  },
  site::pair,
};

fn header(slot: &str) -> String {
  format!("add_header X-Slot {slot};\nlocation / {{ return 200 ok; }}\n")
}

fn by_header() -> ProofBy {
  ProofBy::Header {
    name: "X-Slot".to_owned(),
    value: pair("blue", "green"),
  }
}

/// A whole switch to green and back, seen by every method of the port.
async fn switches_there_and_back(
  nginx: &HostNginx,
  router: &NginxRouter,
  generations: [Option<u64>; 2],
) {
  until_answers(router, Slot::Blue).await;
  let old = both_workers(router).await.active;
  let before = fs::read(nginx.active()).unwrap();
  let count = || {
    fs::read_dir(nginx.active().parent().unwrap())
      .unwrap()
      .count()
  };
  let files = count();

  let facts = router.facts().await.unwrap();
  assert!(facts.proxy.running, "{facts:?}");
  assert!(
    facts
      .proxy
      .version
      .clone()
      .unwrap()
      .as_str()
      .starts_with("nginx/"),
    "{facts:?}"
  );
  assert!(facts.proxy.started_at.unwrap() <= Utc::now());
  assert_eq!(facts.test, Ok(()));
  assert_eq!(facts.workers.unwrap().active, old);
  let file = facts.file.unwrap();
  assert_eq!((file.names, file.mount), (Some(Slot::Blue), Mount::Host));
  assert_eq!((file.included, file.writable), (Some(true), true));
  assert_eq!(file.inside.as_ref(), Some(&file.hash));
  assert_eq!(file.path, "switch/active.conf");

  let saved = router.save().await.unwrap();
  assert_eq!((saved.slot, &saved.hash), (Some(Slot::Blue), &file.hash));
  let next = router.next(Slot::Green, 2, OperationId(7)).await.unwrap();
  let diff = router.diff(&next).await.unwrap();
  assert!(
    diff
      .iter()
      .any(|line| line.starts_with('+') && line.contains("green")),
    "{diff:?}"
  );
  assert_eq!(
    fs::read(nginx.active()).unwrap(),
    before,
    "looking changed the file"
  );

  let asked = Utc::now();
  router.write(&next).await.unwrap();
  assert_eq!(router.seen_inside().await.unwrap(), next.hash);
  router.test().await.unwrap();
  router.reload().await.unwrap();
  assert_eq!(until_answers(router, Slot::Green).await, generations[1]);
  let file = router.facts().await.unwrap().file.unwrap();
  assert_eq!(
    (file.names, file.hash),
    (Some(Slot::Green), next.hash.clone())
  );
  until("all workers are new", async || {
    let now = router.workers().await.unwrap();
    (now.active.len() == 2 && now.active.iter().all(|pid| !old.contains(pid))).then_some(())
  })
  .await;
  assert_eq!(
    router.errors_since(asked).await.unwrap(),
    Vec::<String>::new()
  );
  assert_eq!(router.diff(&next).await.unwrap(), Vec::<String>::new());

  router.restore(&saved).await.unwrap();
  assert_eq!(
    fs::read(nginx.active()).unwrap(),
    before,
    "not put back byte for byte"
  );
  router.reload().await.unwrap();
  assert_eq!(until_answers(router, Slot::Blue).await, generations[0]);
  assert_eq!(count(), files, "something was left behind");
}

/// But for its being gone: the test of an nginx on this host needs no running one.
#[tokio::test]
async fn nginx_on_this_host_keeps_the_contract_of_a_router() {
  let (_nginx, router) = running(BLUE);
  contract::router::switches_and_comes_back(&router).await;
  let (_nginx, router) = running(BLUE);
  contract::router::keeps_the_old_for_a_bad_file(&router, "nonsense;\n").await;
}

#[tokio::test]
async fn a_copied_file_switches_and_comes_back() {
  let sources = [
    ("blue.conf", marker("blue")),
    ("green.conf", marker("green")),
  ];
  let others = sources
    .each_ref()
    .map(|(name, text)| (*name, text.as_str()));
  let nginx = HostNginx::start(BLUE, &others);
  let switch = SwitchFile::Copy {
    from: pair(nginx.file("blue.conf"), nginx.file("green.conf")),
    to: nginx.active(),
  };
  let router = NginxRouter::new(Arc::new(nginx.site(switch, ProofBy::Marker)));
  switches_there_and_back(&nginx, &router, [Some(1), Some(2)]).await;
}

#[tokio::test]
async fn a_rendered_file_switches_and_comes_back() {
  let (nginx, router) = running(BLUE);
  switches_there_and_back(&nginx, &router, [Some(1), Some(2)]).await;
}

#[tokio::test]
async fn a_link_switches_and_comes_back_and_stays_relative() {
  let sources = [
    ("blue.conf", header("blue")),
    ("green.conf", header("green")),
  ];
  let others = sources
    .each_ref()
    .map(|(name, text)| (*name, text.as_str()));
  let nginx = HostNginx::start_linked("blue.conf", &others);
  let switch = SwitchFile::Link {
    from: pair(nginx.file("blue.conf"), nginx.file("green.conf")),
    to: nginx.active(),
  };
  let router = NginxRouter::new(Arc::new(nginx.site(switch, by_header())));
  let next = router.next(Slot::Green, 2, OperationId(7)).await.unwrap();
  assert_eq!(next.content, FileContent::Link("green.conf".to_owned()));
  switches_there_and_back(&nginx, &router, [None, None]).await;
  assert_eq!(
    fs::read_link(nginx.active()).unwrap().to_str(),
    Some("blue.conf")
  );
}

#[tokio::test]
async fn an_edited_file_switches_and_keeps_the_rest_of_its_bytes() {
  let around = |slot: &str| {
    format!(
      "# by hand, keep\r\n{}# end without a line end",
      header(slot)
    )
  };
  let nginx = HostNginx::start(&around("blue"), &[]);
  let switch = SwitchFile::Edit {
    file: nginx.active(),
    text: pair("X-Slot blue;", "X-Slot green;"),
  };
  let router = NginxRouter::new(Arc::new(nginx.site(switch, by_header())));
  let next = router.next(Slot::Green, 2, OperationId(7)).await.unwrap();
  assert_eq!(next.content, FileContent::Text(around("green")));
  switches_there_and_back(&nginx, &router, [None, None]).await;
}

#[tokio::test]
async fn an_edit_of_a_file_that_names_no_slot_or_both_is_refused() {
  for (text, says) in [
    (header("red"), "neither slot's text"),
    (
      format!("{}add_header X-Slot green;\n", header("blue")),
      "both slots",
    ),
  ] {
    let nginx = HostNginx::start(&text, &[]);
    let switch = SwitchFile::Edit {
      file: nginx.active(),
      text: pair("X-Slot blue;", "X-Slot green;"),
    };
    let router = NginxRouter::new(Arc::new(nginx.site(switch, by_header())));
    let error = router
      .next(Slot::Green, 2, OperationId(7))
      .await
      .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Misconfigured);
    assert!(error.detail.contains(says), "{error}");
    assert_eq!(router.save().await.unwrap().slot, None);
  }
}

#[tokio::test]
async fn an_edit_replaces_every_place_that_names_the_slot_and_nothing_else() {
  let text = format!("{}# kept\n{}", header("blue"), header("blue"));
  let nginx = HostNginx::start(&header("blue"), &[]);
  std::fs::write(nginx.active(), &text).unwrap();
  let switch = SwitchFile::Edit {
    file: nginx.active(),
    text: pair("X-Slot blue;", "X-Slot green;"),
  };
  let router = NginxRouter::new(Arc::new(nginx.site(switch, by_header())));
  let next = router.next(Slot::Green, 2, OperationId(7)).await.unwrap();
  assert_eq!(
    next.content,
    FileContent::Text(text.replace("blue", "green"))
  );
}

#[tokio::test]
async fn a_file_somebody_edited_names_no_slot_and_is_kept_as_it_is() {
  let (_nginx, router) = running("location / { return 200 \"blue 1 1 \\n\"; }\n");
  assert_eq!(router.facts().await.unwrap().file.unwrap().names, None);
  let saved = router.save().await.unwrap();
  assert_eq!(saved.slot, None);
  assert!(matches!(saved.content, FileContent::Text(_)));
}

#[tokio::test]
async fn a_file_nothing_includes_is_said_not_to_be_included() {
  let nginx = HostNginx::start(BLUE, &[("idle.conf", BLUE)]);
  let switch = SwitchFile::Render {
    to: nginx.file("idle.conf"),
    text: pair(marker("blue"), marker("green")),
  };
  let router = NginxRouter::new(Arc::new(nginx.site(switch, ProofBy::Marker)));
  assert_eq!(
    router.facts().await.unwrap().file.unwrap().included,
    Some(false)
  );
}

#[tokio::test]
async fn without_an_answering_slot_the_weakest_proof_waits_for_younger_workers() {
  let nginx = HostNginx::start(BLUE, &[]);
  let switch = SwitchFile::Render {
    to: nginx.active(),
    text: pair(marker("blue"), marker("green")),
  };
  let router = NginxRouter::new(Arc::new(nginx.site(switch, ProofBy::Effective)));
  until_answers(&router, Slot::Blue).await;
  router
    .write(&router.next(Slot::Green, 2, OperationId(7)).await.unwrap())
    .await
    .unwrap();
  assert!(matches!(
    router.sample().await.unwrap(),
    Sample::Unclear { .. }
  ));
  router.test().await.unwrap();
  router.reload().await.unwrap();
  assert_eq!(until_answers(&router, Slot::Green).await, Some(2));
}

#[tokio::test]
async fn a_refused_connection_and_a_server_error_are_lost_requests() {
  let (nginx, router) = running("location / { return 502; }\n");
  until("nginx listens", async || {
    match router.sample().await.unwrap() {
      Sample::Lost { detail } if detail.as_str().starts_with("status 502") => Some(()),
      _ => None,
    }
  })
  .await;
  let mut site = nginx.site(
    SwitchFile::Render {
      to: nginx.active(),
      text: pair("", ""),
    },
    ProofBy::Marker,
  );
  site.proof.url = Some(format!("http://127.0.0.1:{}/", free_port()));
  let sample = NginxRouter::new(Arc::new(site)).sample().await.unwrap();
  assert!(
    matches!(&sample, Sample::Lost { detail } if detail.as_str().contains("refused")),
    "{sample:?}"
  );
}

#[tokio::test]
async fn each_sample_comes_on_a_connection_of_its_own() {
  let (_nginx, router) =
    running("location / { return 200 \"blue $connection_requests $connection\\n\"; }\n");
  until_answers(&router, Slot::Blue).await;
  for _ in 0..5 {
    // nginx counts the requests of one connection, and the marker's generation carries the count.
    assert_eq!(
      router.sample().await.unwrap(),
      Sample::Answered {
        slot: Slot::Blue,
        generation: Some(1)
      }
    );
  }
}

#[tokio::test]
async fn the_commands_of_a_dry_run_are_the_configured_ones() {
  let (nginx, router) = running(BLUE);
  let root = nginx.root().display();
  let lines = router.command_lines();
  assert_eq!(
    lines[0],
    format!("nginx -p {root} -c nginx.conf -e logs/error.log -t")
  );
  assert!(lines[1].ends_with(" -s reload"));
  assert!(router.proof_words().contains("marker"));
}

#[tokio::test]
async fn both_logs_are_followed_as_they_are_written() {
  let began = Utc::now() - chrono::TimeDelta::seconds(1);
  let (nginx, router) = running(&format!("access_log logs/access.log;\n{BLUE}"));
  until_answers(&router, Slot::Blue).await;
  let mut access = router.follow_log(ProxyLog::Access, 10).await.unwrap();
  let before = access.next().await.unwrap().lines;
  assert!(before[0].text.contains("GET "), "{before:?}");
  router.sample().await.unwrap();
  let line = access.next().await.unwrap().lines.remove(0);
  assert!(line.text.contains("\" 200 "), "{line:?}");
  assert!(line.at.unwrap() >= began, "{line:?}");

  let mut errors = router.follow_log(ProxyLog::Error, 10).await.unwrap();
  let line = errors.next().await.unwrap().lines.remove(0);
  assert!(line.at.unwrap() >= began, "{line:?}");

  fs::write(nginx.active(), BLUE).unwrap();
  let elsewhere = render(&nginx);
  let none = elsewhere.follow_log(ProxyLog::Access, 10);
  let why = none.await.err().unwrap();
  assert_eq!(why.kind, PortErrorKind::Misconfigured, "{why}");
  assert!(why.detail.contains("let one name a file"), "{why}");
}
