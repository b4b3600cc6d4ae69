//! Five levels of health, as one line and as a list.

use chrono::{DateTime, Utc};

use super::{
  Detail, Page, Tone, Typing,
  words::{ago, badge, count, millis},
};
use crate::model::health::{HealthReport, LevelReport, Pass};

pub fn word(pass: Pass) -> &'static str {
  match pass {
    Pass::Ok => "ok",
    Pass::Failing => "FAILING",
    Pass::Unknown => "UNKNOWN",
    Pass::Absent => "not set",
  }
}

pub fn tone(pass: Pass) -> Tone {
  match pass {
    Pass::Ok => Tone::Good,
    Pass::Failing => Tone::Bad,
    Pass::Unknown => Tone::Warn,
    Pass::Absent => Tone::Faint,
  }
}

/// `L1 ok  L2 ok  L3 FAILING  L4 UNKNOWN  L5 not set`.
pub fn strip(report: &HealthReport) -> (Tone, String) {
  if report.levels.is_empty() {
    return (Tone::Warn, "UNKNOWN: nothing could be checked".to_owned());
  }
  let levels: Vec<String> = report
    .levels
    .iter()
    .map(|level| format!("L{} {}", level.level.number(), word(level.pass)))
    .collect();
  (tone(report.pass()), levels.join("  "))
}

/// One line for each level, with what was seen.
pub fn levels(report: &HealthReport) -> Page {
  let mut page = Page::default();
  for level in &report.levels {
    page.wrapped(tone(level.pass), &line(level), 24);
  }
  page
}

fn line(level: &LevelReport) -> String {
  let took = match level.millis {
    Some(took)
      if matches!(level.pass, Pass::Ok | Pass::Failing)
        && !level.detail.as_str().contains(" ms") =>
    {
      format!(", {}", millis(took))
    }
    _ => String::new(),
  };
  let name = level.level.to_string();
  format!(
    "  {name:<13} {:<7} {}{took}",
    word(level.pass),
    level.detail
  )
}

/// `cutover health`.
pub fn page(report: &HealthReport, now: DateTime<Utc>, detail: Detail, typing: &Typing) -> Page {
  let mut page = Page::default();
  let pass = report.pass();
  let verdict = match pass {
    Pass::Ok => "healthy",
    Pass::Failing => "NOT HEALTHY",
    Pass::Unknown | Pass::Absent => "HEALTH UNKNOWN",
  };
  let title = format!(
    "{}  {verdict}  ({})",
    badge(report.slot),
    ago(report.at, now)
  );
  page.push(tone(pass), title);
  page.append(levels(report));
  if report.levels.is_empty() {
    page.push(Tone::Warn, "  nothing could be checked");
  }
  if detail == Detail::Verbose {
    for tested in &report.containers {
      let restarts = count(u64::from(tested.restarts), "restart");
      page.faint(format!(
        "  container {}, {restarts}",
        tested.container.short()
      ));
    }
  }
  if pass == Pass::Failing {
    let logs = typing.line(&format!("logs {}", report.slot));
    page.plain(format!("next  {logs}"));
  }
  page
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::{
    model::Slot,
    render::samples::{self, now},
  };

  #[test]
  fn a_healthy_slot_shows_what_each_level_saw() {
    insta::assert_snapshot!(page(
      &samples::health(Slot::Green),
      now(),
      Detail::Normal,
      &Typing::default()
    ));
  }

  #[test]
  fn a_failing_level_is_loud_and_leads_to_the_log() {
    let mut report = samples::health(Slot::Green);
    report.levels[2].pass = Pass::Failing;
    report.levels[2].detail =
      "api answered 503, expected 200: {\"status\":\"starting\",\"database\":\"not connected\"}"
        .into();
    report.levels[3].pass = Pass::Unknown;
    report.levels[3].detail = "api gave no answer to look at".into();
    report.levels[4].pass = Pass::Absent;
    report.levels[4].detail = "no frontend configured".into();
    insta::assert_snapshot!(page(&report, now(), Detail::Normal, &Typing::default()));
  }

  #[test]
  fn nothing_checked_is_unknown_and_never_ok() {
    let mut report = samples::health(Slot::Blue);
    report.levels.clear();
    assert!(
      page(&report, now(), Detail::Normal, &Typing::default())
        .to_string()
        .contains("HEALTH UNKNOWN")
    );
  }
}
