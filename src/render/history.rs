//! `cutover history` as a list, as a Markdown deployment log, and `cutover show N`.

mod markdown;
#[cfg(test)]
mod tests;

pub use markdown::markdown;

use serde::Serialize;

use super::{
  Page, Tone, Typing, failure, page, plan,
  story::{End, StepResult, Story},
  verdict,
  words::{clock, millis, moment, span},
};
use crate::{
  engine::ports::Torn,
  model::event::{Event, Record},
};

/// `cutover show N --json`. `history --json` is one `Story` a line.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Telling<'a> {
  pub schema: u32,
  pub operation: &'a Story,
  pub records: &'a [Record],
}

pub const COLUMNS: [&str; 6] = ["#", "WHEN (UTC)", "WHO", "WHAT", "RESULT", "TOOK"];

/// Newest first, one line each; a reason or a note on a line of its own.
pub fn list(stories: &[Story]) -> Page {
  let mut page = Page::default();
  if stories.is_empty() {
    page.plain("nothing was done here yet");
    return page;
  }
  let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
  rows.extend(stories.iter().map(row));
  let mut lines = page::table(0, &rows).into_iter();
  page.faint(lines.next().unwrap_or_default());
  for (story, line) in stories.iter().zip(lines) {
    page.push(tone(story), line);
    if let Some(reason) = &story.order.plan.reason {
      page.wrapped(Tone::Plain, &format!("      reason: {reason}"), 8);
    }
    for note in &story.notes {
      page.wrapped(
        Tone::Plain,
        &format!("      {}: {}", note.who, note.text),
        8,
      );
    }
  }
  page
}

/// The columns of one operation, as in [`COLUMNS`].
pub fn row(story: &Story) -> Vec<String> {
  vec![
    story.order.id.0.to_string(),
    story.order.at.format("%Y-%m-%d %H:%M").to_string(),
    page::cut(story.order.actor.user.as_str(), 10),
    what(story),
    story.end.word().to_owned(),
    story.took().map_or_else(|| "-".to_owned(), span),
  ]
}

/// `deploy 2.0.0 > GREEN`, `rollback GREEN > BLUE`.
fn what(story: &Story) -> String {
  let plan = &story.order.plan;
  let moves = plan.steps.iter().any(|step| step.step.moves_traffic());
  let from = match (plan.from.filter(|_| moves), &plan.version) {
    (Some(from), _) if plan.kind != crate::model::operation::Kind::Deploy => {
      from.shout().to_owned()
    }
    (_, Some(version)) => version.to_string(),
    _ => String::new(),
  };
  let to = plan
    .target
    .map_or_else(String::new, |slot| format!("> {}", slot.shout()));
  format!("{} {from} {to}", plan.kind)
    .split_whitespace()
    .collect::<Vec<_>>()
    .join(" ")
}

pub fn tone(story: &Story) -> Tone {
  match &story.end {
    End::Running => Tone::Strong,
    End::Interrupted => Tone::Bad,
    End::Ended { verdict } => match verdict::tone(verdict.outcome) {
      Tone::Good => Tone::Plain,
      tone => tone,
    },
  }
}

/// `cutover show N`: who, from, to, every step, notes, the verdict; then each failure in full.
pub fn show(story: &Story, records: &[Record], torn: &Torn, typing: &Typing) -> Page {
  let mut page = Page::default();
  let order = &story.order;
  page.push(
    Tone::Strong,
    format!("{} {}", order.id, plan::sentence(&order.plan)),
  );
  page.plain(format!(
    "  asked    {} by {} on {}",
    moment(order.at),
    order.actor,
    order.actor.host
  ));
  if let (Some(from), Some(version)) = (order.plan.from, &order.plan.from_version) {
    page.plain(format!(
      "  from     {}",
      super::words::slot_at(from, Some(version))
    ));
  }
  if let Some(target) = order.plan.target {
    page.plain(format!(
      "  to       {}",
      super::words::slot_at(target, order.plan.version.as_ref())
    ));
  }
  if let Some(reason) = &order.plan.reason {
    page.wrapped(Tone::Plain, &format!("  reason   {reason}"), 11);
  }
  for warning in &order.plan.warnings {
    page.wrapped(Tone::Warn, &format!("  !!       {warning}"), 11);
  }
  if let Some(took) = story.took() {
    page.plain(format!("  took     {}", span(took)));
  }
  page.gap();
  steps(&mut page, story);
  spoken(&mut page, records);
  page.gap();
  ending(&mut page, story, typing);
  if let Torn::At(line, why) = torn {
    let text = format!(
      "!! the journal is damaged from line {line} on ({why}); only what is before it is shown"
    );
    page.wrapped(Tone::Bad, &text, 3);
  }
  page
}

fn steps(page: &mut Page, story: &Story) {
  page.push(Tone::Strong, "Steps");
  for step in &story.steps {
    let (tone, word) = match step.result {
      StepResult::NotReached => (Tone::Faint, "-"),
      StepResult::Begun => (Tone::Warn, "begun"),
      StepResult::Done => (Tone::Plain, "ok"),
      StepResult::Failed => (Tone::Bad, "FAILED"),
    };
    let text = format!("  {:>2}  {word:<6}  {}", step.index + 1, step.title);
    let took = step.millis.map_or_else(String::new, millis);
    page.push(tone, page::ends(&text, &took));
  }
}

/// What people said and did while it ran, and each failure with its card.
fn spoken(page: &mut Page, records: &[Record]) {
  let mut said = Page::default();
  for record in records {
    let at = clock(record.at);
    match &record.event {
      Event::Noted { actor, text } => {
        said.wrapped(Tone::Plain, &format!("  {at}  {}: {text}", actor.user), 13);
      }
      Event::Answered { gate, yes, actor } => {
        let word = match yes {
          crate::model::event::Answer::Yes => "yes",
          crate::model::event::Answer::No => "no",
        };
        said.plain(format!("  {at}  {actor} said {word} to {gate}"));
      }
      Event::AbortAsked { actor } => said.plain(format!("  {at}  {actor} asked to abort")),
      Event::Resumed { actor, .. } => said.plain(format!("  {at}  {actor} took over")),
      Event::StepFailed { failure, .. } | Event::RestoreFailed { failure } => {
        said.push(Tone::Bad, format!("  {at}  failure"));
        said.append(failure::card(failure));
      }
      _ => {}
    }
  }
  if !said.is_empty() {
    page.gap();
    page.push(Tone::Strong, "Meanwhile");
    page.append(said);
  }
}

fn ending(page: &mut Page, story: &Story, typing: &Typing) {
  let id = story.order.id.0;
  match &story.end {
    End::Ended { verdict } => page.append(verdict::block(verdict, &story.measured)),
    End::Running => {
      page.push(Tone::Strong, "RUNNING");
      page.plain(format!("next    {}", typing.line(&format!("attach {id}"))));
    }
    End::Interrupted => {
      page.push(Tone::Bad, "INTERRUPTED  nobody runs it");
      let resume = typing.line(&format!("resume {id}"));
      page.plain(format!("go on            {resume}"));
      page.plain(format!("put users back   {}", typing.line("rollback")));
    }
  }
}
