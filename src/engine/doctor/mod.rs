//! What is wrong with a site, found without changing anything.
//!
//! `look` gathers through the ports, `examine` is pure: the same facts always give the same
//! diagnosis. One file for each family of checks; `shell`, `compose` and `nginx` read the texts.
//! A part that could not be looked at is said to be so, never taken for well.

mod backups;
mod compose;
mod facts;
mod ledger;
mod look;
mod machine;
mod mounts;
mod nginx;
mod proxy;
mod routes;
mod running;
mod scripts;
mod settings;
mod shell;
mod slots;
mod terminal;

pub use facts::{Facts, Seen};
pub use look::{look, look_around};
pub(in crate::engine) use proxy::findings as proxy;
pub(in crate::engine) use running::{docker, interrupted, live_unclear};

use crate::model::finding::{Diagnosis, Finding, Hazard};
use facts::Texts;

/// Everything the facts show.
pub fn examine(facts: &Facts<'_>) -> Diagnosis {
  let texts = Texts::read(facts);
  let mut findings = facts.known.clone();
  if let Some(seen) = facts.seen {
    // A proxy in a container is unknown as long as Docker is, and that is said once.
    if docker(seen.observation).is_none() || seen.observation.router.value().is_some() {
      findings.extend(proxy(seen.observation, seen.site));
    }
    findings.extend(running::findings(seen));
    findings.extend(settings::findings(seen, facts.files));
    findings.extend(ledger::findings(seen, facts.now));
    findings.extend(backups::findings(seen, facts.now));
  }
  findings.extend(mounts::findings(&texts));
  findings.extend(slots::findings(&texts));
  findings.extend(routes::findings(&texts, facts.seen));
  findings.extend(scripts::findings(&texts));
  findings.extend(machine::findings(facts.machine));
  findings.extend(terminal::findings(&facts.machine.terminal));
  let mut not_looked_at = facts.unseen.clone();
  not_looked_at.extend(facts.files.unseen.iter().cloned());
  not_looked_at.extend(facts.machine.unseen.iter().cloned());
  not_looked_at.extend(texts.unseen);
  only_with_its_place(&mut findings, Hazard::Hz(25));
  let mut diagnosis = Diagnosis {
    findings,
    not_looked_at,
  };
  diagnosis.settle();
  diagnosis
}

/// The same hazard was seen both by Compose and in the text: the text knows the line.
fn only_with_its_place(findings: &mut Vec<Finding>, id: Hazard) {
  let placed = findings
    .iter()
    .any(|finding| finding.id == id && finding.place.is_some());
  findings.retain(|finding| !placed || finding.id != id || finding.place.is_some());
}
