//! The doctor names every defect of the setups in `tests/fixtures/doctor`, as `named.toml` there has
//! it, with file and line, and nothing red in one without any.

use std::{
  collections::{BTreeMap, BTreeSet},
  fs,
  path::PathBuf,
};

use cutover::{
  adapters::surroundings::{Containers, HostSurroundings},
  engine::{
    doctor::{self, Facts},
    ports::Surroundings,
  },
  model::{
    finding::{
      Diagnosis, Finding,
      Severity::{Amber, Red},
    },
    surroundings::{Machine, Terminal},
  },
};

use serde::Deserialize;

use crate::support::*;

fn folder(name: &str) -> PathBuf {
  PathBuf::from(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/doctor"
  ))
  .join(name)
}

/// Diagnosed as a folder without a configuration; `tracked` is what git keeps of it.
async fn diagnosed(name: &str, tracked: BTreeSet<String>) -> Diagnosis {
  let around = HostSurroundings::new(folder(name), None, Terminal::default(), Containers::Unused);
  let mut files = around.files().await.expect("the fixture can be read");
  files.tracked = Some(tracked);
  let diagnosis = doctor::examine(&Facts {
    now: base(),
    seen: None,
    files: &files,
    machine: &Machine::default(),
    known: Vec::new(),
    unseen: Vec::new(),
  });
  assert_eq!(diagnosis.not_looked_at, [], "{name}");
  diagnosis
}

/// What must be named in one setup, as `named.toml` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setup {
  #[serde(default)]
  tracked: BTreeSet<String>,
  /// Severity, hazard, words of it, file, and a piece of the line.
  named: Vec<[String; 5]>,
}

async fn names(name: &str) {
  let text = fs::read_to_string(folder("named.toml")).unwrap();
  let mut setups: BTreeMap<String, Setup> = toml::from_str(&text).unwrap();
  let Setup { tracked, named } = setups.remove(name).unwrap();
  assert!(!named.is_empty());
  let found = diagnosed(name, tracked).await;
  let missing: Vec<&[String; 5]> = named
    .iter()
    .filter(|wanted| {
      !found
        .findings
        .iter()
        .any(|finding| is_it(finding, name, wanted))
    })
    .collect();
  assert!(
    missing.is_empty(),
    "{name}: not named:\n{missing:#?}\n\nfound:\n{}",
    listed(&found)
  );
}

fn is_it(finding: &Finding, name: &str, wanted: &[String; 5]) -> bool {
  let [severity, id, words, file, piece] = wanted;
  // A link that dangles, and a state file that is only in git, have no text.
  let text = fs::read_to_string(folder(name).join(file)).unwrap_or_default();
  let on_line = finding.place.as_ref().is_some_and(|place| {
    let line = place.line.map(|line| text.lines().nth(line - 1));
    place.file.as_str() == file
      && match line {
        Some(line) => line.is_some_and(|line| line.contains(piece.as_str())),
        None => piece.is_empty(),
      }
  });
  finding.severity.word() == severity
    && finding.id.to_string() == *id
    && finding.fault.what.as_str().contains(words.as_str())
    && on_line
}

fn listed(found: &Diagnosis) -> String {
  let line = |finding: &Finding| {
    let place = finding.place.as_ref().map(ToString::to_string);
    format!(
      "{} {} {} @ {}",
      finding.severity.word(),
      finding.id,
      finding.fault.what,
      place.unwrap_or_default()
    )
  };
  found
    .findings
    .iter()
    .map(line)
    .collect::<Vec<_>>()
    .join("\n")
}

#[tokio::test]
async fn one_compose_file_with_a_switch_inside_the_proxy() {
  names("ala").await;
}

#[tokio::test]
async fn a_file_for_each_slot_and_a_proxy_on_the_host_or_in_a_container() {
  names("nocturna").await;
}

#[tokio::test]
async fn one_file_whose_proxy_names_both_slots() {
  names("cryoprotect").await;
}

#[tokio::test]
async fn a_cluster_watched_by_sleeping_and_patched_in_two_ways() {
  names("vcci").await;
}

#[tokio::test]
async fn an_address_that_a_person_moves() {
  names("mina").await;
}

#[tokio::test]
async fn what_other_setups_add() {
  names("more").await;
}

#[tokio::test]
async fn a_setup_without_defects_has_nothing_red() {
  let found = diagnosed("clean", BTreeSet::new()).await;
  assert_eq!(found.count(Red), 0, "{}", listed(&found));
  assert_eq!(found.count(Amber), 0, "{}", listed(&found));
}

#[tokio::test]
async fn no_value_of_a_secret_is_ever_said() {
  for name in ["ala", "more"] {
    let text = format!("{:?}", diagnosed(name, BTreeSet::new()).await);
    for secret in ["hunter2", "correct-horse", "changeme"] {
      assert!(!text.contains(secret), "{name}: {secret}");
    }
  }
}

#[tokio::test]
async fn every_finding_says_why_and_what_to_do() {
  let mut ids = BTreeSet::new();
  for name in ["ala", "nocturna", "cryoprotect", "vcci", "mina", "more"] {
    for finding in diagnosed(name, BTreeSet::new()).await.findings {
      assert!(!finding.why.as_str().is_empty(), "{finding:?}");
      assert!(!finding.fault.fix.as_str().is_empty(), "{finding:?}");
      assert!(finding.place.is_some(), "{finding:?}");
      ids.insert(finding.id.to_string());
    }
  }
  assert!(ids.len() >= 25, "{ids:?}");
}
