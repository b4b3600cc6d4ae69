//! A diagnosis as a page: worst first, each finding with why it matters, what to type and where.

use super::{Detail, Page, Tone, words::count};
use crate::model::{
  finding::{Diagnosis, Finding, Severity},
  shown::Shown,
};

pub fn tone(severity: Severity) -> Tone {
  match severity {
    Severity::Red => Tone::Bad,
    Severity::Amber => Tone::Warn,
    Severity::Note => Tone::Faint,
  }
}

/// What each group means, said once.
fn meaning(severity: Severity) -> &'static str {
  match severity {
    Severity::Red => "users can lose the site by it, or something says \"done\" that is not",
    Severity::Amber => "goes well until it does not",
    Severity::Note => "worth knowing",
  }
}

/// `2 red, 5 amber, 1 note; 1 thing could not be looked at`.
pub fn summary(diagnosis: &Diagnosis) -> (Tone, String) {
  let counts: Vec<String> = [
    (Severity::Red, "red"),
    (Severity::Amber, "amber"),
    (Severity::Note, "note"),
  ]
  .into_iter()
  .map(|(severity, word)| (diagnosis.count(severity), word))
  .filter(|(found, _)| *found > 0)
  .map(|(found, word)| {
    let plural = if word == "note" && found > 1 { "s" } else { "" };
    format!("{found} {word}{plural}")
  })
  .collect();
  let mut text = if counts.is_empty() {
    "nothing wrong was found".to_owned()
  } else {
    counts.join(", ")
  };
  let unseen = diagnosis.not_looked_at.len();
  if unseen > 0 {
    text.push_str("; ");
    text.push_str(&count(u64::try_from(unseen).unwrap_or(u64::MAX), "thing"));
    text.push_str(" could not be looked at");
  }
  let worst = Severity::ALL
    .into_iter()
    .find(|severity| diagnosis.count(*severity) > 0);
  let tone = match worst {
    Some(Severity::Red) => Tone::Bad,
    Some(Severity::Amber) => Tone::Warn,
    _ if unseen > 0 => Tone::Warn,
    Some(Severity::Note) | None => Tone::Good,
  };
  (tone, text)
}

/// `cutover doctor`. Quiet shows the red ones alone.
pub fn page(diagnosis: &Diagnosis, detail: Detail) -> Page {
  let mut page = Page::default();
  for severity in Severity::ALL {
    if diagnosis.count(severity) == 0 || detail == Detail::Quiet && severity != Severity::Red {
      continue;
    }
    page.gap();
    page.push(
      tone(severity),
      format!("{}  {}", severity.word(), meaning(severity)),
    );
    for found in diagnosis.of(severity) {
      page.append(finding(found));
    }
  }
  if !diagnosis.not_looked_at.is_empty() {
    page.gap();
    page.push(
      Tone::Warn,
      "NOT LOOKED AT  nothing is known about it, which is not the same as well",
    );
    for because in reasons(diagnosis) {
      let what: Vec<&str> = diagnosis
        .not_looked_at
        .iter()
        .filter(|unseen| unseen.because == *because)
        .map(|unseen| unseen.what.as_str())
        .collect();
      page.wrapped(Tone::Plain, &format!("  {}: {because}", what.join("; ")), 4);
    }
  }
  page.gap();
  let (tone, text) = summary(diagnosis);
  page.wrapped(tone, &text, 2);
  page
}

/// Why something could not be looked at, each reason once.
fn reasons(diagnosis: &Diagnosis) -> Vec<&Shown> {
  let mut found: Vec<&Shown> = Vec::new();
  for unseen in &diagnosis.not_looked_at {
    if !found.contains(&&unseen.because) {
      found.push(&unseen.because);
    }
  }
  found
}

/// One finding in four lines or less.
pub fn finding(found: &Finding) -> Page {
  let mut page = Page::default();
  page.wrapped(
    tone(found.severity),
    &format!("  {:<5} {}", found.id, found.fault.what),
    8,
  );
  page.wrapped(Tone::Plain, &format!("        why  {}", found.why), 13);
  // Never broken where a command may be copied from.
  if found.fault.fix.as_str().contains(' ') {
    page.wrapped(
      Tone::Plain,
      &format!("        fix  {}", found.fault.fix),
      13,
    );
  } else {
    page.plain(format!("        fix  {}", found.fault.fix));
  }
  if let Some(place) = &found.place {
    page.plain(format!("        at   {place}"));
  }
  page
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::model::finding::{Hazard, Place, Unseen};

  fn diagnosis() -> Diagnosis {
    let mut diagnosis = Diagnosis {
      findings: vec![
        Finding::red(
          Hazard::Hz(25),
          "api-blue and api-green both answer to 'api' on network ala-network",
          "while both slots run, requests to that name reach either: users meet the version that was not tested yet",
          "give each slot its own alias",
        )
        .at(Place::line("docker-compose.bluegreen.yml", 41)),
        Finding::note(Hazard::H(7), "worker_shutdown_timeout is not set", "an open web socket keeps a worker", "set it"),
      ],
      not_looked_at: vec![Unseen::new("the database", "it is not running")],
    };
    diagnosis.settle();
    diagnosis
  }

  #[test]
  fn a_diagnosis_says_what_why_fix_and_place_worst_first() {
    insta::assert_snapshot!(page(&diagnosis(), Detail::Normal));
  }

  #[test]
  fn quiet_shows_what_is_red_and_what_is_unknown() {
    let text = page(&diagnosis(), Detail::Quiet).to_string();
    assert!(text.contains("HZ25") && text.contains("NOT LOOKED AT") && !text.contains("H7 "));
  }

  #[test]
  fn nothing_found_and_nothing_unseen_is_the_only_good_news() {
    let mut found = Diagnosis::default();
    assert_eq!(
      summary(&found),
      (Tone::Good, "nothing wrong was found".to_owned())
    );
    found.not_looked_at.push(Unseen::new("a", "b"));
    assert_eq!(summary(&found).0, Tone::Warn);
  }
}
