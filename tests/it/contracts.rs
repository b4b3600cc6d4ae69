//! The engine's fakes keep the promises of what they stand for.

use std::sync::Arc;

use cutover::{
  engine::ports::Runtime,
  model::{Slot, evidence::Pins},
};

use crate::{
  contract,
  support::{FakeSite, SiteBuilder, ala},
};

/// Both slots run; the proxy answers with its marker.
fn marked() -> Arc<FakeSite> {
  let fake = FakeSite::new(SiteBuilder::new().marker().build());
  fake.state().create(Slot::Green, "1.1", chrono::Utc::now());
  fake
}

#[tokio::test(start_paused = true)]
async fn the_fake_proxy_keeps_the_contract() {
  contract::switches_and_comes_back(&*marked()).await;
  contract::keeps_the_old_for_a_bad_file(&*marked(), "server nobody;\n").await;
  let fake = marked();
  contract::says_that_it_is_gone(&*fake, async || fake.state().proxy.running = false).await;
}

#[tokio::test(start_paused = true)]
async fn the_fake_runtime_keeps_the_contract() {
  let fake = ala();
  let version = "1.1".parse().unwrap();
  let pins = Pins {
    slot: Slot::Green,
    images: fake.images(Slot::Green, &version).await.unwrap(),
    version,
    at: chrono::Utc::now(),
  };
  contract::stops_and_wakes_the_same(&*fake, &pins).await;
}
