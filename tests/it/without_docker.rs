//! The proxy and the processes of this program, for real: the contracts, and what only they promise.

use std::{fs, time::Duration};

use cutover::{
  adapters::router::embedded::EmbeddedRouter,
  engine::ports::{PortErrorKind, Router, Runtime},
  model::{Slot, operation::OperationId, router::Sample},
};

use crate::{
  contract::{self, router::answers, until},
  support::bare::{Bare, User, app, free_port},
};

async fn switch(router: &EmbeddedRouter, slot: Slot, generation: u64) {
  let next = router.next(slot, generation, OperationId(7)).await.unwrap();
  router.write(&next).await.unwrap();
  router.reload().await.unwrap();
}

#[tokio::test]
async fn the_proxy_keeps_the_contract() {
  let (_bare, router) = Bare::proxied(free_port(), free_port()).await;
  contract::router::switches_and_comes_back(&router).await;
  for bad in [
    "upstream = \"127.0.0.1\"\n",
    "not toml",
    "upstream = \"127.0.0.1:1\"\nslot = \"red\"\n",
  ] {
    contract::router::keeps_the_old_for_a_bad_file(&router, bad).await;
  }
  let asked = chrono::Utc::now() - chrono::TimeDelta::seconds(60);
  let errors = router.errors_since(asked).await.unwrap();
  assert!(
    errors.iter().any(|line| line.contains("[emerg]")),
    "{errors:?}"
  );
}

#[tokio::test]
async fn a_proxy_that_is_gone_or_hangs_is_never_taken_for_an_answer() {
  let (mut bare, router) = Bare::proxied(free_port(), free_port()).await;
  let mut proxy = bare.proxy.take().unwrap();
  contract::router::says_that_it_is_gone(&router, async || {
    proxy.kill().unwrap();
    proxy.wait().unwrap();
  })
  .await;

  let (bare, router) = Bare::proxied(free_port(), free_port()).await;
  bare.hold();
  let (facts, test, sample) = tokio::join!(router.facts(), router.test(), router.sample());
  assert!(!facts.unwrap().proxy.running);
  assert_eq!(test.unwrap_err().kind, PortErrorKind::Unreachable);
  assert!(matches!(sample.unwrap(), Sample::Lost { .. }));
  bare.let_go();
  answers(&router, Slot::Blue).await;
}

#[tokio::test]
async fn what_is_in_flight_and_what_is_kept_open_survives_every_reload() {
  let ((blue, go), (green, _)) = (app("blue").await, app("green").await);
  let (bare, router) = Bare::proxied(blue, green).await;
  let (mut slow, mut kept) = (User::to(&bare.address).await, User::to(&bare.address).await);
  slow.ask("/slow").await;
  kept.ask("/").await;
  assert_eq!(kept.answer().await, "blue");
  let none = router.workers().await.unwrap();
  assert_eq!(none.shutting_down, [0; 0]);

  switch(&router, Slot::Green, 2).await;
  kept.ask("/").await;
  assert_eq!(
    kept.answer().await,
    "green",
    "an open connection follows the switch"
  );
  let draining = router.workers().await.unwrap();
  assert_eq!(
    draining.shutting_down, none.active,
    "BLUE still answers one"
  );
  switch(&router, Slot::Blue, 3).await;
  switch(&router, Slot::Green, 4).await;
  go.notify_one();
  assert_eq!(slow.answer().await, "blue", "where it began");
  until("nothing drains", async || {
    let now = router.workers().await.unwrap();
    now.shutting_down.is_empty().then_some(())
  })
  .await;
  slow.ask("/").await;
  assert_eq!(slow.answer().await, "green");
  let sample = router.sample().await.unwrap();
  assert_eq!(
    sample,
    Sample::Answered {
      slot: Slot::Green,
      generation: Some(4)
    }
  );
}

#[tokio::test]
async fn processes_keep_the_contract() {
  let bare = Bare::new(free_port(), free_port());
  let runtime = bare.runtime();
  let talks = "echo one; echo two >&2; echo three; exec sleep 1000\n";
  let pins = bare.release("1.0.0", talks).await;
  contract::runtime::starts_only_what_does_not_run(&runtime, &pins).await;
  contract::runtime::follows_a_log_to_its_end(&runtime, &pins, &["one", "three", "two"]).await;
  let pins = bare.release("1.1.0", talks).await;
  contract::runtime::stops_and_wakes_the_same(&runtime, &pins).await;
  contract::runtime::tells_how_a_command_ended(&runtime, &pins).await;
}

#[tokio::test]
async fn a_process_that_ends_by_itself_is_counted() {
  let bare = Bare::new(free_port(), free_port());
  let pins = bare.release("1.0.0", "exit 3\n").await;
  contract::runtime::counts_restarts(&bare.runtime(), &pins, 3).await;
}

#[tokio::test]
async fn a_process_outlives_whoever_started_it_and_a_release_that_changed_is_refused() {
  let bare = Bare::new(free_port(), free_port());
  let pins = bare.release("1.0.0", "exec sleep 1000\n").await;
  bare.runtime().start(&pins, &|_| ()).await.unwrap();
  let before = bare.runtime().containers(Slot::Green).await.unwrap();
  let after = bare.runtime().containers(Slot::Green).await.unwrap();
  assert!(after[0].is_running() && after[0].id == before[0].id);
  bare
    .runtime()
    .stop(std::slice::from_ref(&after[0].id), Duration::from_secs(1))
    .await
    .unwrap();

  fs::write(bare.path().join("releases/1.0.0/run"), "exit 0\n").unwrap();
  let refused = bare.runtime().start(&pins, &|_| ()).await.unwrap_err();
  assert!(
    refused.detail.contains("deploy the version again"),
    "{refused}"
  );
}
