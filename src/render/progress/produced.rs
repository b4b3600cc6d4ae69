//! What a finished step says behind its `ok`.

use crate::{
  model::{event::Produced, evidence::Pins, shown::Shown},
  render::{
    Tone,
    verdict::{self, Measured},
    words::{bytes, count, number},
  },
};

pub(super) fn line(produced: &Produced) -> (Tone, Option<String>) {
  let text = match produced {
    Produced::Nothing | Produced::Evidence { .. } => None,
    Produced::Said { text } => Some(text.to_string()),
    Produced::BackedUp { backup } => {
      let file = Shown::line(&backup.file);
      let entries = number(backup.entries);
      Some(format!(
        "{file}, {}, {entries} entries read back",
        bytes(backup.bytes)
      ))
    }
    Produced::Pinned { pins } => Some(images(pins)),
    Produced::Started { containers } => Some(count(containers.len() as u64, "container")),
    Produced::Migrated { before, after } => Some(schema(before.as_deref(), after.as_deref())),
    Produced::Healthy { report } => Some(report.summary()),
    Produced::Smoked { results } => {
      let passed = results.iter().filter(|result| result.passed).count();
      let all = count(results.len() as u64, "smoke test");
      Some(format!("{passed} of {all} passed"))
    }
    Produced::SmokeSkipped { reason } => {
      return (Tone::Warn, Some(format!("SKIPPED, {reason}")));
    }
    Produced::Saved { next, .. } => Some(format!("next generation {}", next.generation)),
    Produced::Written { hash } => Some(format!("sha256 {}", hash.short())),
    Produced::Reloaded { old_workers } => Some(format!(
      "{} to finish",
      count(old_workers.len() as u64, "former worker")
    )),
    Produced::Proved { ledger } => verdict::ledger(&Measured {
      ledger: Some(ledger.clone()),
      drained: None,
    }),
    Produced::Drained { still: 0, .. } => Some("nobody left on the former slot".to_owned()),
    Produced::Drained { still, .. } => {
      let busy = count(*still as u64, "former worker");
      return (
        Tone::Warn,
        Some(format!("{busy} still busy, nothing was cut off")),
      );
    }
  };
  (Tone::Plain, text)
}

fn images(pins: &Pins) -> String {
  let images: Vec<String> = pins
    .images
    .iter()
    .map(|image| format!("{} {}", Shown::line(&image.service), image.id.short()))
    .collect();
  images.join(", ")
}

fn schema(before: Option<&str>, after: Option<&str>) -> String {
  let word = |head: Option<&str>| {
    head.map_or_else(
      || "unknown".to_owned(),
      |head| Shown::line(head).to_string(),
    )
  };
  if before == after && before.is_some() {
    format!("schema {}, nothing to do", word(before))
  } else {
    format!("schema {} -> {}", word(before), word(after))
  }
}
