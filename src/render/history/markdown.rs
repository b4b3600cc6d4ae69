//! The deployment log as Markdown, to be pasted into a wiki or an incident.

use crate::{
  model::shown::Shown,
  render::{Page, story::Story, verdict, words::span},
};

pub fn markdown(site: &str, stories: &[Story]) -> Page {
  let mut page = Page::default();
  page.plain(format!("# Deployment log of {}", cell(site)));
  page.plain("");
  page.plain("| # | when (UTC) | who | what | from | to | result | took |");
  page.plain("|--:|---|---|---|---|---|---|--:|");
  for story in stories {
    page.plain(row(story));
  }
  for story in stories {
    remarks(&mut page, story);
  }
  page
}

fn row(story: &Story) -> String {
  let plan = &story.order.plan;
  let at = |slot: Option<crate::model::Slot>, version: Option<&crate::model::VersionName>| {
    let slot = slot.map_or("", |slot| slot.shout());
    let version = version.map_or_else(String::new, |version| format!(" {version}"));
    format!("{slot}{version}").trim().to_owned()
  };
  format!(
    "| {} | {} | {} | {} | {} | {} | {} | {} |",
    story.order.id.0,
    story.order.at.format("%Y-%m-%d %H:%M:%S"),
    cell(story.order.actor.user.as_str()),
    plan.kind,
    at(plan.from, plan.from_version.as_ref()),
    at(plan.target, plan.version.as_ref()),
    story.end.word(),
    story.took().map_or_else(String::new, span),
  )
}

fn remarks(page: &mut Page, story: &Story) {
  let mut lines = Vec::new();
  if let Some(reason) = &story.order.plan.reason {
    lines.push(format!("- reason: {}", cell(reason.as_str())));
  }
  if let Some(ledger) = verdict::ledger(&story.measured) {
    lines.push(format!("- probes: {ledger}"));
  }
  for note in &story.notes {
    let at = note.at.format("%H:%M:%S");
    lines.push(format!(
      "- {at} {}: {}",
      cell(note.who.as_str()),
      cell(note.text.as_str())
    ));
  }
  if lines.is_empty() {
    return;
  }
  page.plain("");
  page.plain(format!("## {}", story.order.id));
  page.plain("");
  for line in lines {
    page.plain(line);
  }
}

/// Text from outside must end neither the cell nor the line, nor become a link or a tag.
fn cell(text: &str) -> String {
  let mut out = String::new();
  for c in Shown::line(text).as_str().chars() {
    if matches!(c, '|' | '\\' | '`' | '[' | ']' | '<' | '>' | '*' | '_') {
      out.push('\\');
    }
    out.push(c);
  }
  out
}
