//! What runs: its log, commands inside it, what it uses, and what happens to it.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use cutover::{
  engine::ports::{PortErrorKind, Runtime},
  model::{Slot, change::What},
};

use crate::{
  contract::runtime as contract,
  fixture::{TestSite, docker, words},
};

#[tokio::test]
async fn containers_keep_the_contract_of_a_runtime() {
  let site = TestSite::new();
  let runtime = site.runtime();
  let pins = site.pins(Slot::Blue, "1.0.0").await;
  contract::stops_and_wakes_the_same(&runtime, &pins).await;
  contract::starts_only_what_does_not_run(&runtime, &pins).await;
}

#[tokio::test]
async fn logs_are_read_with_and_without_a_terminal_and_followed_to_their_end() {
  let site = TestSite::new();
  let runtime = site.runtime();
  let pins = site.pins(Slot::Blue, "1.0.0").await;
  contract::follows_a_log_to_its_end(&runtime, &pins, &["one", "three", "two"]).await;

  let green = site.start(Slot::Green, "1.0.0").await;
  let mut follower = runtime.follow_log(&green.id, 10).await.unwrap();
  let mut lines = vec![];
  while lines.len() < 2 {
    lines.extend(follower.next().await.unwrap().lines);
  }
  assert!(lines[0].text.ends_with("hidden") && lines[0].at.is_some());
  assert_eq!(lines[1].text, "line");
  assert_eq!(runtime.log_tail(&green.id, 1).await.unwrap(), ["line"]);
}

#[tokio::test]
async fn a_command_inside_tells_its_exit_and_one_that_is_late_is_found_again() {
  let site = TestSite::new();
  let runtime = site.runtime();
  let blue = site.start(Slot::Blue, "1.0.0").await;
  let heard = Mutex::new(Vec::new());
  let command = ["/bin/sh", "-c", "echo out $WHO; echo err >&2; exit 3"].map(str::to_owned);
  let environment = BTreeMap::from([("WHO".to_owned(), "me".to_owned())]);
  let output = runtime
    .exec(
      &blue.id,
      &command,
      &environment,
      Duration::from_secs(20),
      &|line| {
        heard.lock().unwrap().push(line.to_owned());
      },
    )
    .await
    .unwrap();
  assert_eq!(output.exit_code, 3);
  assert!(output.output.contains("out me\n") && output.output.contains("err\n"));
  assert_eq!(heard.lock().unwrap().len(), 2);

  let late = runtime
    .exec(
      &blue.id,
      &words("/bin/sleep 900"),
      &BTreeMap::new(),
      Duration::from_millis(300),
      &|_| (),
    )
    .await
    .unwrap_err();
  assert_eq!(late.kind, PortErrorKind::Timeout);
  assert!(
    runtime
      .exec_running(&blue.id, "/bin/sleep 900")
      .await
      .unwrap()
  );
  assert!(
    !runtime
      .exec_running(&blue.id, "/bin/sleep 90")
      .await
      .unwrap()
  );
}

#[tokio::test]
async fn what_a_container_uses_grows_with_its_work_and_ends_with_it() {
  let site = TestSite::new();
  let runtime = site.runtime();
  let blue = site.start(Slot::Blue, "1.0.0").await;
  let wanted = [blue.id.clone()];
  let before = runtime.usage(&wanted).await.unwrap();
  let [(id, before)] = before.as_slice() else {
    panic!("{before:?}");
  };
  assert_eq!(*id, blue.id);
  assert!(before.memory > 0, "{before:?}");
  assert_eq!(before.memory_limit, None);

  let work = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
  let command = ["sh".to_owned(), "-c".to_owned(), work.to_owned()];
  let limit = Duration::from_mins(1);
  runtime
    .exec(&blue.id, &command, &BTreeMap::new(), limit, &|_| ())
    .await
    .unwrap();
  docker(&["update", "-m", "64m", "--memory-swap", "64m", &blue.id.0]);
  let after = runtime.usage(&wanted).await.unwrap()[0].1;
  assert!(after.cpu > before.cpu + Duration::from_millis(1));
  assert_eq!(after.memory_limit, Some(64 << 20));

  docker(&["restart", "-t", "0", &blue.id.0]);
  let anew = runtime.usage(&wanted).await.unwrap();
  assert_eq!(anew.len(), 1, "it has a new group after a restart");
  docker(&["kill", &blue.id.0]);
  assert!(runtime.usage(&wanted).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_happens_to_the_sites_containers_is_told_and_nothing_else() {
  let site = TestSite::new();
  let other = TestSite::new();
  let mut changes = site.runtime().changes().await.unwrap();
  other.start(Slot::Blue, "1.0.0").await;
  let blue = site.start(Slot::Blue, "1.0.0").await;
  docker(&["pause", &blue.id.0]);
  docker(&["unpause", &blue.id.0]);
  docker(&["kill", "-s", "KILL", &blue.id.0]);
  docker(&["rm", &blue.id.0]);
  let mut told = Vec::new();
  while told.last() != Some(&What::Destroyed) {
    let next = tokio::time::timeout(Duration::from_secs(30), changes.recv());
    let change = next.await.unwrap().unwrap();
    assert_eq!(change.slot, Some(Slot::Blue));
    assert_eq!(
      (change.service.as_str(), &change.container),
      ("api", &blue.id)
    );
    assert_eq!(change.name.as_str(), blue.name);
    told.push(change.what);
  }
  assert_eq!(
    told,
    [
      What::Created,
      What::Started,
      What::Paused,
      What::Unpaused,
      What::Died {
        exit_code: Some(137)
      },
      What::Destroyed
    ]
  );
}
