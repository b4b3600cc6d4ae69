//! Smoke test results; a failed one with the whole exchange.

use super::{
  Page, Tone, exchange,
  page::ends,
  words::{badge, count, millis},
};
use crate::model::{
  Slot,
  check::{CheckReport, SmokeResult},
};

/// One line as a test ends; a failed one with what was sent and what came back.
pub fn one(name: &str, report: &CheckReport) -> Page {
  let mut page = Page::default();
  let (tone, line) = line(name, report.passed, report.detail.as_str(), report.millis);
  page.push(tone, line);
  if let Some(seen) = report.exchange.as_ref().filter(|_| !report.passed) {
    page.append(exchange::lines(seen, 10));
  }
  page
}

/// All results of a run.
pub fn list(slot: Slot, results: &[SmokeResult]) -> Page {
  let mut page = Page::default();
  let passed = results.iter().filter(|result| result.passed).count();
  let all = count(results.len() as u64, "smoke test");
  let tone = if passed == results.len() && passed > 0 {
    Tone::Good
  } else {
    Tone::Bad
  };
  page.push(tone, format!("{}  {passed} of {all} passed", badge(slot)));
  for result in results {
    let (tone, line) = line(
      result.name.as_str(),
      result.passed,
      result.detail.as_str(),
      result.millis,
    );
    page.push(tone, line);
  }
  page
}

fn line(name: &str, passed: bool, detail: &str, took: u64) -> (Tone, String) {
  let (tone, word) = if passed {
    (Tone::Plain, "ok")
  } else {
    (Tone::Bad, "FAILED")
  };
  let text = format!("  {word:<6}  {name}: {detail}");
  (tone, ends(&text, &millis(took)))
}

#[cfg(test)]
mod tests {
  use std::collections::BTreeMap;

  use super::*;
  use crate::{model::check::Exchange, render::samples};

  #[test]
  fn a_failed_smoke_test_shows_the_whole_exchange() {
    let report = CheckReport {
      passed: false,
      detail: "expected status 200, got 401".into(),
      millis: 64,
      exchange: Some(Exchange {
        request: vec![
          "POST /api/auth/verify".into(),
          "content-type: application/json".into(),
          "{\"code\":\"********\"}".into(),
        ],
        response: vec![
          "401 Unauthorized".into(),
          "{\"error\":\"invalid code\"}".into(),
        ],
      }),
      captured: BTreeMap::new(),
    };
    let mut page = list(Slot::Green, &samples::smoke());
    page.append(one("login flow", &report));
    insta::assert_snapshot!(page);
  }

  #[test]
  fn no_results_are_not_a_success() {
    assert_eq!(list(Slot::Blue, &[]).0[0].tone, Tone::Bad);
  }
}
