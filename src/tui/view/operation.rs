//! The running or newest operation: its steps with durations, what the present one says, the
//! question it waits on, the first cause when it failed. The same on every console that watches.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
  frame::{self, Look},
  page,
  pen::{Pen, role},
  theme::{Role, Theme},
};
use crate::{
  engine::run_state::{RestoreState, StepState},
  render::{
    self, Page, Tone,
    words::{age, coarse, millis},
  },
  tui::state::{app::App, operation::Watched, panel::Panel},
};

pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  let focused = app.panel == Panel::Operation;
  let (tone, state) = app
    .operation
    .as_ref()
    .map_or((Tone::Faint, String::new()), |it| state(it, app));
  let title = app.operation.as_ref().map_or_else(
    || " OPERATION ".to_owned(),
    |watched| {
      format!(
        " {} {} ",
        watched.id(),
        render::plan::sentence(&watched.order.plan)
      )
    },
  );
  let right = format!(" {state} ");
  let inner = frame::draw(
    buffer,
    area,
    theme,
    Look::panel(false, focused),
    &[(Role::Key, "3"), (Role::Strong, &title)],
    &if state.is_empty() {
      vec![]
    } else {
      vec![(role(tone), right.as_str())]
    },
  );
  let Some(watched) = &app.operation else {
    Pen::row(buffer, inner, 0, theme).put(
      Role::Faint,
      " none yet.  D deploys a version to the standby; nothing moves until you switch",
    );
    return;
  };
  if inner.height <= 3 {
    compact(buffer, inner, watched, app, theme);
    return;
  }
  let page = story(watched, app);
  let rows = page::rows(&page, usize::from(inner.width.saturating_sub(1)));
  let height = usize::from(inner.height);
  let end = rows.len().saturating_sub(height);
  let current = current_row(watched, &rows);
  let start = if watched.run.verdict.is_some() || app.scroll > 0 {
    end.saturating_sub(app.scroll)
  } else {
    // The present step stays in sight, with what it says below it.
    end.min(current.saturating_sub(height / 2))
  };
  let inner = Rect {
    x: inner.x + 1.min(inner.width),
    width: inner.width.saturating_sub(1),
    ..inner
  };
  for (at, (tone, text)) in rows.iter().skip(start).take(height).enumerate() {
    let row = u16::try_from(at).unwrap_or(u16::MAX);
    Pen::row(buffer, inner, row, theme).put(role(*tone), text);
  }
}

/// The row of the step under way.
fn current_row(watched: &Watched, rows: &[(Tone, String)]) -> usize {
  let marker = watched
    .run
    .current()
    .map(|index| format!("{:>2} [", index + 1))
    .unwrap_or_default();
  rows
    .iter()
    .position(|(_, text)| text.starts_with(&marker))
    .unwrap_or(0)
}

/// `step 6/17  02:41`, `waits for you: S`, `done 7.4 s`.
fn state(watched: &Watched, app: &App) -> (Tone, String) {
  let run = &watched.run;
  if let Some(verdict) = &run.verdict {
    let took = run.millis().map(millis).unwrap_or_default();
    return (
      render::verdict::tone(verdict.outcome),
      format!("{} {took}", verdict.outcome),
    );
  }
  if watched.interrupted {
    return (Tone::Bad, "INTERRUPTED".to_owned());
  }
  let since = run
    .begun
    .map(|at| coarse(age(at, app.now.wall)))
    .unwrap_or_default();
  if watched.gate().is_some() {
    return (Tone::Warn, format!("WAITS FOR YOU: S  {since}"));
  }
  let (done, all) = watched.progress();
  let tone = if run.first_failure().is_some() {
    Tone::Bad
  } else {
    Tone::Strong
  };
  (tone, format!("{done}/{all}  {since}"))
}

fn compact(buffer: &mut Buffer, area: Rect, watched: &Watched, app: &App, theme: Theme) {
  let run = &watched.run;
  if let Some(verdict) = &run.verdict {
    let mut page = Page::default();
    let tone = render::verdict::tone(verdict.outcome);
    page.wrapped(tone, &format!(" {}", verdict.summary), 1);
    if let Some(next) = verdict.next.first() {
      page.faint(format!(" next: {next}"));
    }
    let rows = page::rows(&page, usize::from(area.width));
    for (row, (tone, text)) in (0..area.height).zip(rows) {
      Pen::row(buffer, area, row, theme).put(role(tone), &text);
    }
    return;
  }
  let mut pen = Pen::row(buffer, area, 0, theme);
  pen.put(Role::Text, " ");
  if let Some((index, failure)) = run.first_failure() {
    pen.put(
      Role::Bad,
      &format!("step {} failed: {}", index + 1, failure.what),
    );
  } else if let Some((gate, _)) = watched.gate() {
    pen.put(Role::Warn, gate.question.as_str());
    pen.put(Role::Key, "  S").put(Role::Text, " yes, typed   ");
    pen.put(Role::Key, "A").put(Role::Text, " stop here");
  } else if let Some((step, state)) = run.current().and_then(|index| run.steps.get(index)) {
    let (tone, mark, took) = mark(state, app);
    pen.put(role(tone), &format!("{mark} {}", step.title()));
    pen.put(Role::Faint, &format!("  {took}"));
    if let Some(note) = watched.latest_note() {
      pen.put(Role::Faint, &format!("  {note}"));
    }
  }
  gauge(buffer, area, 1, watched, theme);
}

fn gauge(buffer: &mut Buffer, area: Rect, row: u16, watched: &Watched, theme: Theme) {
  let (done, all) = watched.progress();
  let mut pen = Pen::row(buffer, area, row, theme);
  let width = pen.room().saturating_sub(8).min(60);
  let full = width * done / all.max(1);
  let (on, off) = theme.gauge();
  pen.put(Role::Text, " ").put(Role::Good, &on.repeat(full));
  pen.put(Role::Faint, &off.repeat(width - full));
  pen.put(Role::Text, &format!(" {done}/{all}"));
}

fn mark(state: &StepState, app: &App) -> (Tone, &'static str, String) {
  match state {
    StepState::Waiting => (Tone::Faint, "[  ]", String::new()),
    StepState::Running { since } => (Tone::Strong, "[..]", coarse(age(*since, app.now.wall))),
    StepState::Done { millis: took, .. } => (Tone::Good, "[ok]", millis(*took)),
    StepState::Failed { millis: took, .. } => (Tone::Bad, "[XX]", millis(*took)),
  }
}

/// Every step, what the present one says, and how it ended.
pub(super) fn story(watched: &Watched, app: &App) -> Page {
  let run = &watched.run;
  let mut page = Page::default();
  let by = format!("by {}", watched.order.actor);
  page.faint(by);
  for (index, (step, state)) in run.steps.iter().enumerate() {
    let (tone, mark, took) = mark(state, app);
    page.push(
      tone,
      format!("{:>2} {mark} {}  {took}", index + 1, step.title()),
    );
    if let StepState::Failed { failure, .. } = state {
      page.append(render::failure::card(failure));
    }
    if matches!(state, StepState::Running { .. }) {
      let said = watched.notes.iter().filter(|(at, _)| *at == index);
      let said: Vec<_> = said.collect();
      for (_, text) in said.iter().skip(said.len().saturating_sub(3)) {
        page.faint(format!("        {text}"));
      }
      if let Some((_, open)) = watched.gate().filter(|(_, open)| open.index == index) {
        page.push(Tone::Warn, "        S: yes, typed   A: stop here");
        for line in &open.evidence {
          page.wrapped(Tone::Plain, &format!("        {line}"), 10);
        }
      }
    }
  }
  ending(&mut page, watched);
  page
}

fn ending(page: &mut Page, watched: &Watched) {
  let run = &watched.run;
  match &run.restore {
    RestoreState::NotNeeded => {}
    RestoreState::Running { why } => {
      page.wrapped(Tone::Warn, &format!("putting users back: {why}"), 4);
    }
    RestoreState::Finished { proven, .. } => {
      let (tone, users) = render::verdict::users(*proven);
      page.push(tone, format!("put back; users {users}"));
    }
    RestoreState::Failed { failure } => page.append(render::failure::card(failure)),
  }
  for (at, actor, text) in &run.notes {
    page.wrapped(
      Tone::Strong,
      &format!("note {} {}: {text}", render::words::clock(*at), actor.user),
      4,
    );
  }
  if let Some(by) = &run.abort {
    page.push(Tone::Warn, format!("{by} asked it to stop"));
  }
  if watched.interrupted {
    page.push(
      Tone::Bad,
      "INTERRUPTED: nobody runs it any more.  :resume goes on   R puts users back",
    );
  }
  if let Some(verdict) = &run.verdict {
    page.append(render::verdict::block(
      verdict,
      &render::verdict::Measured::of(run),
    ));
  }
}
