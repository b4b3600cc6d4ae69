//! What every runtime promises, whether it runs containers or processes.

use std::{collections::BTreeMap, time::Duration};

use cutover::{
  engine::ports::Runtime,
  model::{
    Slot,
    container::{Container, ContainerId, ContainerState},
    evidence::Pins,
  },
};

use super::{LIMIT, until};

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
