//! What every proxy and every runtime promises the engine, written once: run against the engine's
//! fakes, the proxy and the processes of this program, and nginx and Docker where they are.
#![allow(
  dead_code,
  reason = "each test crate uses its own part of this support"
)]

use std::{collections::BTreeMap, time::Duration};

use cutover::{
  engine::ports::{PortErrorKind, Router, Runtime},
  model::{
    Slot,
    container::{Container, ContainerId, ContainerState},
    evidence::Pins,
    operation::OperationId,
    router::{FileContent, NextFile, Sample},
  },
};

const LIMIT: Duration = Duration::from_secs(20);

/// Asks again until the condition holds.
pub(crate) async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
  let mut turns = tokio::time::interval(Duration::from_millis(20));
  let all = async {
    loop {
      turns.tick().await;
      if let Some(value) = condition().await {
        return value;
      }
    }
  };
  tokio::time::timeout(LIMIT, all)
    .await
    .unwrap_or_else(|_| panic!("never happened: {what}"))
}

/// Until fresh connections are answered by `wanted`; the generation that it names.
pub(crate) async fn answers(router: &dyn Router, wanted: Slot) -> Option<u64> {
  until(&format!("{wanted} answers"), async || {
    match router.sample().await.unwrap() {
      Sample::Answered { slot, generation } if slot == wanted => Some(generation),
      _ => None,
    }
  })
  .await
}

async fn green(router: &dyn Router) -> NextFile {
  router.next(Slot::Green, 2, OperationId(7)).await.unwrap()
}

/// BLUE answers. A switch to GREEN is seen, tested, loaded and proven by its generation; what was
/// saved comes back byte for byte.
pub(crate) async fn switches_and_comes_back(router: &dyn Router) {
  answers(router, Slot::Blue).await;
  let facts = router.facts().await.unwrap();
  let file = facts.file.unwrap();
  assert!(facts.proxy.running && file.is_seen());
  assert_eq!((file.names, facts.test), (Some(Slot::Blue), Ok(())));

  let saved = router.save().await.unwrap();
  let next = green(router).await;
  assert!(!router.diff(&next).await.unwrap().is_empty());
  assert_eq!(
    router.save().await.unwrap().hash,
    saved.hash,
    "looking changed it"
  );

  router.write(&next).await.unwrap();
  assert_eq!(router.seen_inside().await.unwrap(), next.hash);
  answers(router, Slot::Blue).await;
  let before = router.workers().await.unwrap().active;
  router.test().await.unwrap();
  router.reload().await.unwrap();
  assert_eq!(answers(router, Slot::Green).await, Some(2));
  until("what is loaded is new", async || {
    let now = router.workers().await.unwrap().active;
    let new = !now.is_empty() && now.iter().all(|one| !before.contains(one));
    new.then_some(())
  })
  .await;

  router.restore(&saved).await.unwrap();
  router.reload().await.unwrap();
  answers(router, Slot::Blue).await;
  assert_eq!(router.save().await.unwrap(), saved);
}

/// A file that cannot be loaded is refused by the test; whatever a reload then claims, BLUE stays.
pub(crate) async fn keeps_the_old_for_a_bad_file(router: &dyn Router, bad: &str) {
  answers(router, Slot::Blue).await;
  let saved = router.save().await.unwrap();
  let mut next = green(router).await;
  next.content = FileContent::Text(bad.to_owned());
  router.write(&next).await.unwrap();
  let refused = router.test().await.unwrap_err();
  assert_eq!(refused.kind, PortErrorKind::Refused, "{refused}");
  assert!(!refused.detail.is_empty());
  assert!(router.facts().await.unwrap().test.is_err());
  // nginx's command reports success for what its master refuses.
  drop(router.reload().await);
  for _ in 0..5 {
    let sample = router.sample().await.unwrap();
    assert!(
      matches!(
        sample,
        Sample::Answered {
          slot: Slot::Blue,
          ..
        }
      ),
      "{sample:?}"
    );
  }
  router.restore(&saved).await.unwrap();
  router.test().await.unwrap();
}

/// Its proxy is gone: that is a fact and never an answer, and the file can still be put back.
pub(crate) async fn says_that_it_is_gone(router: &dyn Router, gone: impl AsyncFnOnce()) {
  answers(router, Slot::Blue).await;
  let saved = router.save().await.unwrap();
  router.write(&green(router).await).await.unwrap();
  gone().await;
  let facts = router.facts().await.unwrap();
  assert!(!facts.proxy.running, "{facts:?}");
  let file = facts.file.unwrap();
  assert_eq!((file.names, file.inside), (Some(Slot::Green), None));
  for error in [
    router.test().await.unwrap_err(),
    router.reload().await.unwrap_err(),
  ] {
    assert_eq!(error.kind, PortErrorKind::Unreachable, "{error}");
  }
  let sample = router.sample().await.unwrap();
  assert!(matches!(sample, Sample::Lost { .. }), "{sample:?}");
  router.restore(&saved).await.unwrap();
  assert_eq!(router.save().await.unwrap(), saved);
}

async fn seen(runtime: &dyn Runtime, slot: Slot) -> Vec<Container> {
  let mut found = runtime.containers(slot).await.unwrap();
  found.sort_by(|one, other| one.service.cmp(&other.service));
  found
}

fn ids(containers: &[Container]) -> Vec<ContainerId> {
  containers.iter().map(|one| one.id.clone()).collect()
}

/// The pinned images run, stop, keep their exit, and are woken as the very same containers.
pub(crate) async fn stops_and_wakes_the_same(runtime: &dyn Runtime, pins: &Pins) {
  runtime.start(pins, &|_| ()).await.unwrap();
  let first = seen(runtime, pins.slot).await;
  assert_eq!(first.len(), pins.images.len());
  for container in &first {
    let image = pins
      .images
      .iter()
      .find(|image| image.service == container.service);
    assert_eq!(image.unwrap().id, container.image_id);
    assert_eq!(container.version.as_ref(), Some(&pins.version));
    assert_eq!(
      (container.state, container.restarts),
      (ContainerState::Running, 0)
    );
  }
  let ids = ids(&first);
  runtime.restart_policy(&ids, "no").await.unwrap();
  for _ in 0..2 {
    runtime.stop(&ids, Duration::from_secs(1)).await.unwrap();
  }
  for container in seen(runtime, pins.slot).await {
    assert_eq!(container.state, ContainerState::Exited);
    assert_eq!(container.restart_policy, "no");
    assert!(container.exit_code.is_some() && ids.contains(&container.id));
  }
  runtime.wake(&ids).await.unwrap();
  let woken = seen(runtime, pins.slot).await;
  assert!(woken.iter().all(Container::is_running), "{woken:?}");
  assert_eq!(self::ids(&woken), ids);
}

/// What runs from its pins already stays as it is, and is to stay up again.
pub(crate) async fn starts_only_what_does_not_run(runtime: &dyn Runtime, pins: &Pins) {
  runtime.start(pins, &|_| ()).await.unwrap();
  let before = seen(runtime, pins.slot).await;
  runtime.restart_policy(&ids(&before), "no").await.unwrap();
  runtime.start(pins, &|_| ()).await.unwrap();
  let after = seen(runtime, pins.slot).await;
  assert_eq!(ids(&after), ids(&before));
  assert_eq!(after[0].started_at, before[0].started_at);
  assert_eq!(after[0].restart_policy, "unless-stopped");
}

/// A log is followed from its tail to the end of what wrote it. `lines` are all it says, in any order.
pub(crate) async fn follows_a_log_to_its_end(runtime: &dyn Runtime, pins: &Pins, lines: &[&str]) {
  runtime.start(pins, &|_| ()).await.unwrap();
  let id = seen(runtime, pins.slot).await.remove(0).id;
  let mut follower = runtime.follow_log(&id, 10).await.unwrap();
  let mut said = Vec::new();
  while said.len() < lines.len() {
    let batch = follower.next().await.unwrap().lines;
    assert!(batch.iter().all(|line| line.at.is_some()), "{batch:?}");
    said.extend(batch.into_iter().map(|line| line.text));
  }
  said.sort();
  assert_eq!(said, lines);
  assert_eq!(runtime.log_tail(&id, 2).await.unwrap().len(), 2);
  runtime.stop(&[id], Duration::from_secs(1)).await.unwrap();
  let end = tokio::time::timeout(LIMIT, follower.next()).await;
  assert_eq!(end.expect("the log ends with what wrote it"), None);
}

/// A command inside tells its exit and what it said.
pub(crate) async fn tells_how_a_command_ended(runtime: &dyn Runtime, pins: &Pins) {
  runtime.start(pins, &|_| ()).await.unwrap();
  let id = seen(runtime, pins.slot).await.remove(0).id;
  let command = ["/bin/sh", "-c", "echo out $WHO; echo err >&2; exit 3"].map(str::to_owned);
  let environment = BTreeMap::from([("WHO".to_owned(), "me".to_owned())]);
  let ran = runtime
    .exec(&id, &command, &environment, LIMIT, &|_| ())
    .await
    .unwrap();
  assert_eq!(ran.exit_code, 3);
  assert!(
    ran.output.contains("out me\n") && ran.output.contains("err\n"),
    "{ran:?}"
  );
}

/// What ends by itself is started again and counted, and its last exit is known.
pub(crate) async fn counts_restarts(runtime: &dyn Runtime, pins: &Pins, code: i64) {
  runtime.start(pins, &|_| ()).await.unwrap();
  let id = until("it was started again twice", async || {
    let one = seen(runtime, pins.slot).await.remove(0);
    (one.restarts >= 2).then_some(one.id)
  })
  .await;
  let last = runtime.last_exit(&id).await.unwrap();
  assert_eq!(last.map(|last| last.code), Some(code));
  runtime
    .restart_policy(std::slice::from_ref(&id), "no")
    .await
    .unwrap();
  runtime.stop(&[id], Duration::from_secs(1)).await.unwrap();
}
