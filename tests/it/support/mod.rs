//! The fake world. `site` builds the configuration, `fake` is the state, `faults` and `foreign` what
//! can go wrong with it, `rules` what may never be done to it. Each port has its own file:
//! `runtime` and `probe` over `containers`, `router` over `proxy`, `ledger`, `database`, `commands`,
//! `front`. `drive` runs operations, `checker` judges the outcome without asking the engine.
//! `bare` is no fake: it runs this program.

pub mod bare;
pub mod checker;
pub mod commands;
pub mod containers;
pub mod database;
pub mod drive;
pub mod fake;
pub mod faults;
pub mod foreign;
pub mod front;
pub mod ledger;
pub mod probe;
pub mod proxy;
pub mod router;
pub mod rules;
pub mod runtime;
pub mod site;

use std::sync::Arc;

pub use checker::*;
pub use drive::*;
pub use fake::*;
pub use faults::*;
pub use foreign::*;
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
