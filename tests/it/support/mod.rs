//! The fake world. `site` builds the configuration, `fake` is the state and the injections,
//! `containers`, `proxy` and `memory` are its ports, `drive` runs operations, `checker` judges
//! the outcome without asking the engine. `bare` is no fake: it runs this program.

pub mod bare;
pub mod checker;
pub mod containers;
pub mod drive;
pub mod fake;
pub mod front;
pub mod memory;
pub mod proxy;
pub mod site;

use std::sync::Arc;

pub use checker::*;
pub use drive::*;
pub use fake::*;
pub use front::*;
pub use proxy::Refuses;
pub use site::SiteBuilder;

/// A fresh site: blue live at 1.0, green empty.
pub fn ala() -> Arc<FakeSite> {
  FakeSite::new(SiteBuilder::new().build())
}

/// A site that was switched once: blue 1.0 before, green 1.1 live, blue warm and running.
pub async fn switched(site: cutover::config::Site) -> Arc<FakeSite> {
  let fake = FakeSite::new(site);
  fake
    .operate(&deploy("1.1", cutover::engine::intent::WhenReady::Switch))
    .await;
  tokio::time::sleep(std::time::Duration::from_mins(1)).await;
  fake
}

/// A standby that was deployed and tested, with users still on blue.
pub async fn tested(site: cutover::config::Site) -> Arc<FakeSite> {
  let fake = FakeSite::new(site);
  fake
    .operate(&deploy("1.1", cutover::engine::intent::WhenReady::Stop))
    .await;
  fake
}

/// A site with everything: marker proof, backup and migration, hooks.
pub fn full() -> SiteBuilder {
  SiteBuilder::new()
    .marker()
    .database(cutover::model::plan::MigrateWhen::AfterStart)
    .hook(
      cutover::config::Hook::BeforeDeploy,
      &["hooks/before", "--key=hunter2hunter2"],
    )
    .hook(cutover::config::Hook::BeforeSwitch, &["hooks/check"])
    .hook(cutover::config::Hook::AfterSwitch, &["hooks/tell"])
    .hook(cutover::config::Hook::OnFailure, &["hooks/page"])
}
