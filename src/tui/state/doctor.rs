//! What the doctor said last, and the one line of it that the first screen shows.

use crate::{
  model::finding::{Diagnosis, Severity},
  render::{self, Detail, Page},
};

#[derive(Debug, Default)]
pub struct Doctor(Option<Diagnosis>);

impl Doctor {
  pub fn said(&mut self, diagnosis: Diagnosis) {
    self.0 = Some(diagnosis);
  }

  /// The page of everything; words to wait by until it has looked.
  pub fn page(&self) -> Page {
    let Some(diagnosis) = &self.0 else {
      let mut page = Page::default();
      page.faint("looking at the site, its files and this machine ...");
      return page;
    };
    render::doctor::page(diagnosis, Detail::Normal)
  }

  /// How much is red, the key that shows it, and the worst of it; nothing when nothing is red.
  pub fn strip(&self, key: &str) -> Option<String> {
    let diagnosis = self.0.as_ref()?;
    let first = diagnosis.of(Severity::Red).next()?;
    let red = diagnosis.count(Severity::Red);
    let all = if red == 1 { "it" } else { "all" };
    Some(format!(
      "DOCTOR {red} red, {key} shows {all}: {} {}",
      first.id, first.fault.what
    ))
  }
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::model::finding::{Finding, Hazard};

  fn said(findings: Vec<Finding>) -> Doctor {
    let mut doctor = Doctor::default();
    doctor.said(Diagnosis {
      findings,
      ..Diagnosis::default()
    });
    doctor
  }

  #[test]
  fn only_what_is_red_takes_a_line_of_the_first_screen() {
    let amber = Finding::amber(Hazard::Hz(7), "a single file", "why", "fix");
    let red = Finding::red(Hazard::H(3), "the mount is stale", "why", "fix");
    assert_eq!(Doctor::default().strip("!"), None);
    assert_eq!(said(vec![amber.clone()]).strip("!"), None);
    assert_eq!(
      said(vec![red.clone(), amber]).strip("!").unwrap(),
      "DOCTOR 1 red, ! shows it: H3 the mount is stale"
    );
    assert_eq!(
      said(vec![red.clone(), red]).strip("!").unwrap(),
      "DOCTOR 2 red, ! shows all: H3 the mount is stale"
    );
  }
}
