//! The same service in both slots.

use std::collections::BTreeSet;

use super::super::{
  compose::{ComposeFile, Part, Service, twin, without_slot},
  facts::Texts,
};
use crate::model::{
  Slot,
  finding::{Finding, Hazard},
};

type Found<'a> = (&'a ComposeFile, &'a Service);

pub(super) fn findings(texts: &Texts<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  for blue in texts.of_slot(Slot::Blue) {
    let green = texts
      .of_slot(Slot::Green)
      .filter(|green| is_pair(blue, *green))
      .max_by_key(|(file, _)| (file.path == blue.0.path, file.path == twin(&blue.0.path)));
    if let Some(green) = green {
      found.extend(one_image(blue, green));
      found.extend(one_name(blue, green));
      found.extend(restarts(blue.1, green.1));
      found.extend(differences(blue.1, green.1));
    }
  }
  found
}

fn is_pair((file, blue): Found<'_>, (other, green): Found<'_>) -> bool {
  without_slot(&blue.name) == without_slot(&green.name)
    && (file.path == other.path || without_slot(&file.path) == without_slot(&other.path))
}

/// Both slots mean the same image by name.
fn one_image((_, blue): Found<'_>, (_, green): Found<'_>) -> Option<Finding> {
  let image = blue.image.as_ref()?;
  (green.image.as_ref() == Some(image) && !image.contains("@sha256:")).then(|| {
    Finding::amber(
      Hazard::Hz(3),
      format!("{} and {} both run {image}", blue.name, green.name),
      "building or pulling for one slot changes what the other means: 'up' on the old slot starts new code, and may recreate what is live",
      "give each slot its own tag, such as ${BLUE_VERSION} and ${GREEN_VERSION}; cutover itself starts pinned images only",
    )
    .at(green.at(Part::Image))
  })
}

/// One alias on one network: whoever asks for it gets either slot.
fn one_name(blue: Found<'_>, green: Found<'_>) -> Option<Finding> {
  let aliases = |(file, service): Found<'_>| -> BTreeSet<(String, String)> {
    let keys = service.networks.iter();
    keys
      .zip(file.networks_of(service))
      .flat_map(|((_, aliases), network)| {
        aliases
          .iter()
          .map(move |alias| (network.clone(), alias.clone()))
      })
      .collect()
  };
  let (ours, theirs) = (aliases(blue), aliases(green));
  let (network, alias) = ours.intersection(&theirs).next()?;
  Some(
    Finding::red(
      Hazard::Hz(25),
      format!(
        "{} and {} both answer to '{alias}' on network {network}",
        blue.1.name, green.1.name
      ),
      "while both slots run, requests to that name reach either: users meet the version that was not tested yet",
      format!("give each slot its own alias, such as {alias}-blue and {alias}-green, and let each slot ask its own"),
    )
    .at(blue.1.listing(alias)),
  )
}

fn restarts(blue: &Service, green: &Service) -> Option<Finding> {
  let policy = |service: &Service| service.restart.clone().unwrap_or_else(|| "no".to_owned());
  let (ours, theirs) = (policy(blue), policy(green));
  if ours != theirs {
    let worse = if theirs == "no" { green } else { blue };
    return Some(
      Finding::amber(
        Hazard::Hz(15),
        format!(
          "{} restarts '{ours}' and {} '{theirs}'",
          blue.name, green.name
        ),
        "after a reboot the same slot comes back, whichever was live",
        "give both the same policy (unless-stopped); cutover sets it by who is live",
      )
      .at(worse.at(Part::Restart)),
    );
  }
  (ours == "always").then(|| {
    Finding::amber(
      Hazard::H(15),
      format!("{} and {} both restart 'always'", blue.name, green.name),
      "a slot that was stopped comes back with the next restart of Docker, with its jobs and its old code",
      "use restart: unless-stopped",
    )
    .at(green.at(Part::Restart))
  })
}

/// What should be the same in both and is not.
fn differences(blue: &Service, green: &Service) -> Option<Finding> {
  let mut words = Vec::new();
  if blue.healthcheck.is_some() != green.healthcheck.is_some() {
    words.push("healthcheck".to_owned());
  }
  if blue.publishes.len() != green.publishes.len() {
    words.push("published ports".to_owned());
  }
  let keys = |service: &Service| -> BTreeSet<String> {
    service
      .environment
      .keys()
      .map(|key| without_slot(key))
      .collect()
  };
  let (ours, theirs) = (keys(blue), keys(green));
  words.extend(ours.symmetric_difference(&theirs).take(4).cloned());
  let targets = |service: &Service| -> BTreeSet<String> {
    service
      .mounts
      .iter()
      .map(|mount| mount.target.clone())
      .collect()
  };
  if targets(blue) != targets(green) {
    words.push("mounts".to_owned());
  }
  (!words.is_empty()).then(|| {
    Finding::amber(
      Hazard::Hz(21),
      format!(
        "{} and {} differ in: {}",
        blue.name,
        green.name,
        words.join(", ")
      ),
      "what was tested in one slot is not what runs in the other",
      "describe both slots alike, but for their name, port and version",
    )
    .at(green.at(Part::Whole))
  })
}
