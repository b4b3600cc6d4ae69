//! What is wrong with a configuration: where, why, and what to write instead.
//!
//! Faults are collected, never thrown one by one; `ConfigFaults` prints them all for a person.
//! Nothing read from outside is printed without passing through `Shown`.

use std::{
  fmt,
  path::{Path, PathBuf},
};

use super::{Secrets, secret, source::Position};
use crate::model::{operation::Outcome, shown::Shown};

/// One fault. Read from outside: print it through `ConfigFaults`, or sanitize it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
  /// Dotted path of the key, such as `router.switch.to`; empty when it is about the whole file.
  pub key: String,
  pub message: String,
  /// What to write instead.
  pub hint: Option<String>,
  /// The file, or the environment variable or flag, that it was found in.
  pub file: PathBuf,
  pub at: Option<Position>,
}

impl ConfigFault {
  pub fn line(&self) -> Option<usize> {
    self.at.as_ref().map(|at| at.line)
  }

  pub fn column(&self) -> Option<usize> {
    self.at.as_ref().map(|at| at.column)
  }
}

/// Every fault of one configuration. Its `Display` is what the operator reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFaults {
  pub file: PathBuf,
  pub faults: Vec<ConfigFault>,
}

/// More than this many are counted, not printed.
const MOST_SHOWN: usize = 40;
/// A longer source line is cut to a window around the fault.
const WIDEST_LINE: usize = 120;

impl ConfigFaults {
  /// A single fault that has no position.
  pub fn one(file: &Path, message: impl Into<String>, hint: impl Into<String>) -> Self {
    Self {
      file: file.to_owned(),
      faults: vec![ConfigFault {
        key: String::new(),
        message: message.into(),
        hint: Some(hint.into()),
        file: file.to_owned(),
        at: None,
      }],
    }
  }

  /// Stars secrets out of what is said.
  pub(super) fn mask(&mut self, secrets: &Secrets) {
    for fault in &mut self.faults {
      fault.message = secrets.mask(&fault.message);
      fault.hint = fault.hint.as_ref().map(|hint| secrets.mask(hint));
    }
  }

  pub fn outcome(&self) -> Outcome {
    Outcome::Misconfigured
  }
}

impl fmt::Display for ConfigFaults {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for fault in self.faults.iter().take(MOST_SHOWN) {
      writeln!(f, "{fault}\n")?;
    }
    let count = self.faults.len();
    if count > MOST_SHOWN {
      writeln!(f, "and {} more\n", count - MOST_SHOWN)?;
    }
    let plural = if count == 1 { "fault" } else { "faults" };
    write!(
      f,
      "{}: {count} {plural}. Nothing was done. Correct this, then type: cutover config check",
      shown(&self.file)
    )
  }
}

impl std::error::Error for ConfigFaults {}

impl fmt::Display for ConfigFault {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}", shown(&self.file))?;
    if let Some(at) = &self.at {
      write!(f, ":{}:{}", at.line, at.column)?;
    }
    f.write_str(": ")?;
    if !self.key.is_empty() {
      write!(f, "{}: ", Shown::line(&self.key))?;
    }
    write!(f, "{}", Shown::line(&self.message))?;
    let Some(at) = &self.at else {
      return match &self.hint {
        Some(hint) => write!(f, "\n  {}", Shown::line(hint)),
        None => Ok(()),
      };
    };
    let (before, marked, after) = excerpt(at);
    let number = at.line.to_string();
    let margin = " ".repeat(number.len());
    let indent = " ".repeat(before.as_str().chars().count());
    let carets = "^".repeat(marked.as_str().chars().count().max(1));
    write!(
      f,
      "\n {number} | {before}{marked}{after}\n {margin} | {indent}{carets}"
    )?;
    match &self.hint {
      Some(hint) => write!(f, " {}", Shown::line(hint)),
      None => Ok(()),
    }
  }
}

fn shown(path: &Path) -> Shown {
  Shown::line(&path.to_string_lossy())
}

/// The source line in three parts, the middle one being at fault; cut to a readable window, with
/// quoted values starred out where the line speaks of a secret.
fn excerpt(at: &Position) -> (Shown, Shown, Shown) {
  let line: Vec<char> = secret::star_out(&at.source).chars().collect();
  let start = at.column.saturating_sub(1).min(line.len());
  let end = start.saturating_add(at.length).min(line.len());
  let from = if line.len() > WIDEST_LINE {
    start.saturating_sub(WIDEST_LINE / 3)
  } else {
    0
  };
  let to = line.len().min(from + WIDEST_LINE).max(start);
  let end = end.min(to);
  let part = |range: &[char]| Shown::line(&range.iter().collect::<String>());
  (
    part(line.get(from..start).unwrap_or_default()),
    part(line.get(start..end).unwrap_or_default()),
    part(line.get(end..to).unwrap_or_default()),
  )
}

/// `did you mean 'services'?`, when one of `known` is close to `word`.
pub(super) fn did_you_mean<'k>(
  word: &str,
  known: impl IntoIterator<Item = &'k str>,
) -> Option<String> {
  if word.len() > 64 {
    return None;
  }
  let lower = word.to_lowercase();
  let likeness = |candidate: &str| {
    let regardless = strsim::jaro_winkler(&lower, &candidate.to_lowercase());
    (regardless, strsim::jaro_winkler(word, candidate))
  };
  known
    .into_iter()
    .map(|candidate| (likeness(candidate), candidate))
    .filter(|((regardless, _), _)| *regardless >= 0.78)
    .max_by(|(a, _), (b, _)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)))
    .map(|(_, candidate)| format!("did you mean '{candidate}'?"))
}
