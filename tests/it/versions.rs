//! What could be deployed without a registry: merged, newest first, with what each lacks.

use cutover::{
  engine::{intent::WhenReady, versions},
  model::{
    Slot,
    offer::{Origin, SourceTag, Standing},
  },
};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn images_pins_and_tags_of_one_version_are_one_offer_and_the_newest_is_first() {
  let site = tested(SiteBuilder::new().builds().build()).await;
  {
    let mut state = site.state();
    state.tags = ["1.1", "3.0"]
      .map(|version| SourceTag {
        version: version.parse().unwrap(),
        at: Some(base() + chrono::Duration::days(1)),
      })
      .into();
    // Its images are gone; what was pinned is still recorded.
    state.versions.remove("1.0");
  }
  let offered = versions::offered(&site.world()).await;
  let names: Vec<&str> = offered.iter().map(|one| one.version.as_str()).collect();
  assert_eq!(names, ["3.0", "2.0", "1.2", "1.1"]);
  assert_eq!(offered[0].origins, [Origin::Source]);
  assert_eq!(offered[0].lacking, ["api", "web"]);
  let standby = &offered[3];
  assert_eq!(
    standby.origins,
    [Origin::Images, Origin::Source, Origin::Pins]
  );
  assert!(standby.lacking.is_empty());
  assert_eq!(standby.standing, [Standing::Standby(Slot::Green)]);
}

#[tokio::test(start_paused = true)]
async fn a_pinned_version_whose_images_are_gone_says_what_it_lacks() {
  let site = ala();
  site.operate(&deploy("1.1", WhenReady::Switch)).await;
  site.state().versions.remove("1.1");
  let offered = versions::offered(&site.world()).await;
  let gone = offered
    .iter()
    .find(|one| one.version.as_str() == "1.1")
    .unwrap();
  assert_eq!(gone.origins, [Origin::Pins]);
  assert_eq!(gone.lacking, ["api", "web"]);
  assert_eq!(gone.standing, [Standing::Live(Slot::Green)]);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_cannot_be_asked_adds_nothing() {
  let site = ala();
  for port in ["local_versions", "source_tags", "sample", "ledger.pinned"] {
    site.state().trouble.insert(port, Trouble::Fails);
  }
  assert!(versions::offered(&site.world()).await.is_empty());
}
