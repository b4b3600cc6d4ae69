//! The versions a deploy could use without a registry, merged from what is on this machine, what
//! earlier operations recorded and what the source tree has a tag for. Looks; downloads nothing.

use std::collections::BTreeMap;

use super::{proof, world::World};
use crate::model::{
  Slot, VersionName,
  evidence::Pins,
  offer::{LocalVersions, Offered, Origin, SourceTag, Standing},
};

/// Recorded deploys that are looked through.
const MOST_PINS: usize = 50;

/// Newest first. A source that cannot be read adds nothing.
pub async fn offered(world: &World) -> Vec<Offered> {
  let (local, tags, live, blue, green) = tokio::join!(
    world.runtime.local_versions(),
    world.commands.source_tags(),
    proof::glance(world),
    world.runtime.containers(Slot::Blue),
    world.runtime.containers(Slot::Green),
  );
  let pins = world.ledger.pinned(MOST_PINS).unwrap_or_default();
  let mut merged = merge(
    world,
    &local.unwrap_or_default(),
    &pins,
    tags.unwrap_or_default(),
  );
  for (slot, containers) in [(Slot::Blue, blue), (Slot::Green, green)] {
    let version = containers
      .unwrap_or_default()
      .into_iter()
      .find_map(|container| container.version);
    let standing = match &live {
      Ok(live) if *live == slot => Standing::Live(slot),
      Ok(_) => Standing::Standby(slot),
      Err(_) => Standing::Unsure(slot),
    };
    if let Some(found) = merged
      .iter_mut()
      .find(|offered| Some(&offered.version) == version.as_ref())
    {
      found.standing.push(standing);
    }
  }
  merged
}

fn merge(
  world: &World,
  local: &LocalVersions,
  pins: &[Pins],
  tags: Vec<SourceTag>,
) -> Vec<Offered> {
  let services = || -> Vec<String> {
    let all = world.site.services.iter();
    all.map(|service| service.key.clone()).collect()
  };
  let mut found: BTreeMap<VersionName, Offered> = BTreeMap::new();
  let mut add = |version: &VersionName, origin, at, lacking: Vec<String>| {
    let offered = found.entry(version.clone()).or_insert_with(|| Offered {
      version: version.clone(),
      origins: Vec::new(),
      at: None,
      lacking: lacking.clone(),
      standing: Vec::new(),
    });
    if !offered.origins.contains(&origin) {
      offered.origins.push(origin);
    }
    offered.at = offered.at.or(at);
    // Each source may have what the other lacks, but only one of them is used.
    if lacking.len() < offered.lacking.len() {
      offered.lacking = lacking;
    }
  };
  for one in &local.versions {
    add(
      &one.version,
      Origin::Images,
      one.created,
      one.lacking.clone(),
    );
  }
  for tag in tags {
    add(&tag.version, Origin::Source, tag.at, services());
  }
  for one in pins {
    let here = |service: &String| {
      let mut images = one.images.iter().filter(|image| image.service == *service);
      images.any(|image| local.images.contains(&image.id))
    };
    let lacking = services().into_iter().filter(|key| !here(key)).collect();
    add(&one.version, Origin::Pins, Some(one.at), lacking);
  }
  let mut all: Vec<Offered> = found.into_values().collect();
  all.sort_by(|one, other| (other.at, &other.version).cmp(&(one.at, &one.version)));
  all
}
