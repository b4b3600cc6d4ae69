//! What is wrong or unwise about a site, found without changing anything.
//!
//! A finding carries the very `Fault` that a refused plan shows: preflight and doctor are one set
//! of checks, and a red finding of preflight is what stops an operation. What could not be looked
//! at is said as such and never counts as fine.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{plan::Fault, shown::Shown};

/// Worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
  /// Users can lose the site by it, or something says "done" that is not.
  Red,
  /// It goes well until it does not.
  Amber,
  /// Worth knowing.
  Note,
}

impl Severity {
  pub const ALL: [Self; 3] = [Self::Red, Self::Amber, Self::Note];

  pub fn word(self) -> &'static str {
    match self {
      Self::Red => "RED",
      Self::Amber => "AMBER",
      Self::Note => "NOTE",
    }
  }
}

/// Which known hazard it is, by the numbers of `docs/hazards.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hazard {
  /// Of operating a switch at all: `H1` to `H36`.
  H(u8),
  /// Of how sites are laid out and scripted: `HZ1` to `HZ28`.
  Hz(u8),
  /// Of this machine, terminal or configuration.
  Setup,
}

impl fmt::Display for Hazard {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match self {
      Self::H(number) => f.pad(&format!("H{number}")),
      Self::Hz(number) => f.pad(&format!("HZ{number}")),
      Self::Setup => f.pad("SETUP"),
    }
  }
}

impl Serialize for Hazard {
  fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(self)
  }
}

/// Where it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
  pub file: Shown,
  pub line: Option<usize>,
}

impl Place {
  pub fn file(path: impl AsRef<str>) -> Self {
    Self {
      file: Shown::line(path.as_ref()),
      line: None,
    }
  }

  pub fn line(path: impl AsRef<str>, line: usize) -> Self {
    Self {
      line: Some(line),
      ..Self::file(path)
    }
  }
}

impl fmt::Display for Place {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match self.line {
      Some(line) => write!(f, "{}:{line}", self.file),
      None => write!(f, "{}", self.file),
    }
  }
}

/// One thing that is wrong: what, why it matters, what to type or write about it, where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
  pub severity: Severity,
  pub id: Hazard,
  #[serde(flatten)]
  pub fault: Fault,
  pub why: Shown,
  pub place: Option<Place>,
}

impl Finding {
  pub fn new(
    severity: Severity,
    id: Hazard,
    what: impl AsRef<str>,
    why: impl AsRef<str>,
    fix: impl AsRef<str>,
  ) -> Self {
    Self {
      severity,
      id,
      fault: Fault::new(what, fix),
      why: Shown::line(why.as_ref()),
      place: None,
    }
  }

  pub fn red(
    id: Hazard,
    what: impl AsRef<str>,
    why: impl AsRef<str>,
    fix: impl AsRef<str>,
  ) -> Self {
    Self::new(Severity::Red, id, what, why, fix)
  }

  pub fn amber(
    id: Hazard,
    what: impl AsRef<str>,
    why: impl AsRef<str>,
    fix: impl AsRef<str>,
  ) -> Self {
    Self::new(Severity::Amber, id, what, why, fix)
  }

  pub fn note(
    id: Hazard,
    what: impl AsRef<str>,
    why: impl AsRef<str>,
    fix: impl AsRef<str>,
  ) -> Self {
    Self::new(Severity::Note, id, what, why, fix)
  }

  #[must_use]
  pub fn at(mut self, place: Place) -> Self {
    self.place = Some(place);
    self
  }

  /// What of these stops an operation: the red ones, as a plan shows them.
  pub fn stopping(findings: impl IntoIterator<Item = Self>) -> Vec<Fault> {
    findings
      .into_iter()
      .filter(|finding| finding.severity == Severity::Red)
      .map(|finding| finding.fault)
      .collect()
  }
}

/// Something nobody could look at, so that nothing is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unseen {
  pub what: Shown,
  pub because: Shown,
}

impl Unseen {
  pub fn new(what: impl AsRef<str>, because: impl AsRef<str>) -> Self {
    Self {
      what: Shown::line(what.as_ref()),
      because: Shown::line(because.as_ref()),
    }
  }
}

/// Everything the doctor has to say, worst first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
  pub findings: Vec<Finding>,
  pub not_looked_at: Vec<Unseen>,
}

impl Diagnosis {
  pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
    self
      .findings
      .iter()
      .filter(move |finding| finding.severity == severity)
  }

  pub fn count(&self, severity: Severity) -> usize {
    self.of(severity).count()
  }

  pub fn is_red(&self) -> bool {
    self.count(Severity::Red) > 0
  }

  /// Worst first, and what two checks said alike only once.
  pub fn settle(&mut self) {
    self
      .findings
      .sort_by_key(|finding| (finding.severity, finding.id));
    let mut kept: Vec<Finding> = Vec::new();
    for finding in std::mem::take(&mut self.findings) {
      let same = |other: &Finding| other.fault == finding.fault && other.place == finding.place;
      if !kept.iter().any(same) {
        kept.push(finding);
      }
    }
    self.findings = kept;
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  fn diagnosis() -> Diagnosis {
    let mut diagnosis = Diagnosis {
      findings: vec![
        Finding::note(Hazard::H(5), "a", "b", "c"),
        Finding::red(Hazard::Hz(7), "stale", "why", "fix").at(Place::line("a.conf", 3)),
        Finding::red(Hazard::Hz(7), "stale", "other words", "fix").at(Place::line("a.conf", 3)),
        Finding::amber(Hazard::Setup, "d", "e", "f"),
      ],
      not_looked_at: Vec::new(),
    };
    diagnosis.settle();
    diagnosis
  }

  #[test]
  fn the_worst_comes_first_and_nothing_is_said_twice() {
    let found = diagnosis();
    let words: Vec<_> = found
      .findings
      .iter()
      .map(|finding| (finding.severity.word(), finding.id.to_string()))
      .collect();
    assert_eq!(
      words,
      [
        ("RED", "HZ7".to_owned()),
        ("AMBER", "SETUP".to_owned()),
        ("NOTE", "H5".to_owned())
      ]
    );
    assert!(found.is_red());
  }

  #[test]
  fn only_what_is_red_stops_an_operation_and_in_the_same_words() {
    let found = diagnosis();
    let red = found.findings[0].fault.clone();
    assert_eq!(Finding::stopping(found.findings), [red]);
  }

  #[test]
  fn as_json_a_finding_is_one_flat_object() {
    let text = serde_json::to_value(&diagnosis().findings[0]).unwrap();
    assert_eq!(
      text,
      serde_json::json!({"severity": "red", "id": "HZ7", "what": "stale", "fix": "fix",
        "why": "why", "place": {"file": "a.conf", "line": 3}})
    );
  }
}
