//! Gathers what a diagnosis is made from, everything at once; what does not answer is named.

use super::{Diagnosis, Facts, Seen, examine};
use crate::{
  config::NotFound,
  engine::{
    observe::settled,
    ports::{Clock, PortError, Surroundings},
    world::World,
  },
  model::{
    Slot, VersionName,
    finding::{Finding, Hazard, Place, Unseen},
    observation::Observation,
    plan::ImageSource,
  },
};

/// Diagnoses a site. Changes nothing.
pub async fn look(world: &World) -> Diagnosis {
  let (observation, files, machine, proxy) = tokio::join!(
    settled(world),
    world.surroundings.files(),
    world.surroundings.machine(),
    world.router.configuration(),
  );
  let mut unseen = Vec::new();
  let files = kept(files, "the site's folder", &mut unseen);
  let machine = kept(machine, "this machine", &mut unseen);
  let proxy = proxy.map_err(|error| unseen.push(because(world, "what the proxy has read", &error)));
  let mut known = world.ledger.preflight();
  match world.ledger.verify() {
    Ok(found) => known.extend(found),
    Err(error) => unseen.push(because(world, "the journals of earlier operations", &error)),
  }
  match slots(world, &observation).await {
    Some(Ok(found)) => known.extend(found),
    Some(Err(error)) => unseen.push(because(world, "ports, images and disk of Docker", &error)),
    None => unseen.push(Unseen::new(
      "what a deploy would meet: ports, images, disk of Docker",
      "no version is known to run here",
    )),
  }
  let mut backups = None;
  if let Some(database) = &world.database {
    match database.preflight().await {
      // Without Docker it cannot be reached, and that is said once.
      Ok(_) if observation.runtime.value().is_none() => {
        unseen.push(Unseen::new("the database", "Docker does not answer"));
      }
      Ok(found) => known.extend(found),
      Err(error) => unseen.push(because(world, "the database", &error)),
    }
    if saves(world) {
      match database.backups().await {
        Ok(found) => backups = Some(found),
        Err(error) => unseen.push(because(world, "earlier backups", &error)),
      }
    }
  }
  unseen.extend(unknown(&observation));
  examine(&Facts {
    now: world.clock.now(),
    seen: Some(Seen {
      site: &world.site,
      observation: &observation,
      proxy: proxy.as_ref().ok(),
      backups: backups.as_deref(),
    }),
    files: &files,
    machine: &machine,
    known,
    unseen,
  })
}

/// Diagnoses a folder whose configuration is missing or has faults.
pub async fn look_around(
  surroundings: &dyn Surroundings,
  clock: &dyn Clock,
  why: &NotFound,
) -> Diagnosis {
  let (files, machine) = tokio::join!(surroundings.files(), surroundings.machine());
  let mut unseen = vec![Unseen::new(
    "containers, proxy, database and earlier operations",
    "without a configuration nobody knows which ones belong to the site",
  )];
  let files = kept(files, "this folder", &mut unseen);
  let machine = kept(machine, "this machine", &mut unseen);
  examine(&Facts {
    now: clock.now(),
    seen: None,
    files: &files,
    machine: &machine,
    known: no_site(why),
    unseen,
  })
}

fn saves(world: &World) -> bool {
  let database = world.site.database.as_ref();
  database.is_some_and(|database| database.backup.is_some())
}

/// What a deploy to the standby would meet, with the images that are there.
async fn slots(world: &World, seen: &Observation) -> Option<Result<Vec<Finding>, PortError>> {
  let slot = seen.standby().unwrap_or(Slot::Green);
  let version = version(seen, slot).or_else(|| version(seen, slot.other()))?;
  Some(
    world
      .runtime
      .preflight(slot, &version, ImageSource::Recorded)
      .await,
  )
}

fn version(seen: &Observation, slot: Slot) -> Option<VersionName> {
  let state = &seen.slots[slot];
  let pinned = state.pins.as_ref().map(|pins| pins.version.clone());
  state.version.clone().or(pinned)
}

fn no_site(why: &NotFound) -> Vec<Finding> {
  let faults = match why {
    NotFound::Faults(faults) => faults,
    NotFound::Nowhere(nowhere) => {
      return vec![Finding::red(
        Hazard::Setup,
        format!(
          "there is no cutover.toml in {} or above it",
          nowhere.folder.display()
        ),
        "without a configuration nothing can be deployed, switched or watched",
        "cutover init, which makes one from what runs here; or go to the site's folder, or use --config FILE",
      )];
    }
  };
  faults
    .faults
    .iter()
    .map(|fault| {
      let what = if fault.key.is_empty() {
        fault.message.clone()
      } else {
        format!("{}: {}", fault.key, fault.message)
      };
      let finding = Finding::red(
        Hazard::Setup,
        what,
        "nothing is done for a site whose configuration is not understood to the end",
        fault.hint.as_deref().unwrap_or("correct the configuration"),
      );
      let file = fault.file.display().to_string();
      match fault.line() {
        Some(line) => finding.at(Place::line(file, line)),
        None if !fault.key.is_empty() => finding.at(Place::file(file)),
        None => finding,
      }
    })
    .collect()
}

/// Parts of the observation that are not known.
fn unknown(seen: &Observation) -> Vec<Unseen> {
  let mut found = Vec::new();
  let mut look = |what: &str, why: Option<&str>| {
    found.extend(why.map(|why| Unseen::new(what, why)));
  };
  look("Docker and Compose", seen.runtime.why_not());
  look("the shared services", seen.shared.why_not());
  for slot in Slot::BOTH {
    let state = &seen.slots[slot];
    let what = format!("the containers of {}", slot.shout());
    look(&what, state.containers.why_not());
  }
  found
}

fn kept<T: Default>(looked: Result<T, PortError>, what: &str, unseen: &mut Vec<Unseen>) -> T {
  looked.unwrap_or_else(|error| {
    unseen.push(Unseen::new(what, error.to_string()));
    T::default()
  })
}

fn because(world: &World, what: &str, error: &PortError) -> Unseen {
  Unseen::new(what, world.shown(&error.to_string()).as_str())
}
