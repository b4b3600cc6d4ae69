//! Screens too small for panels: down to 20x5 they still say who is live and how to roll back.

use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr;

use super::{
  header,
  pen::Pen,
  theme::{Role, Theme},
};
use crate::{
  model::{
    Slot,
    health::{HealthReport, Pass},
    traffic::Live,
  },
  render::{health, status, words::badge},
  tui::{
    action::Action,
    state::{able::Standing, app::App},
  },
};

pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  let (role, text) = live(app, usize::from(area.width));
  Pen::row(buffer, area, 0, theme).put(role, &text);
  let (role, ready) = header::readiness(app);
  let mut pen = Pen::row(buffer, area, 1, theme);
  if !matches!(app.standing(Action::Rollback), Standing::Not(_)) {
    pen.put(Role::Key, "R y ");
  }
  pen.put(role, &ready);
  let mut row = 2;
  for (role, text) in header::alarms(app).iter().take(2) {
    Pen::row(buffer, area, row, theme).put(*role, text);
    row += 1;
  }
  if let Some(watched) = &app.operation
    && watched.is_running()
  {
    let (done, all) = watched.progress();
    let (role, text) = if watched.gate().is_some() {
      (Role::Warn, format!("{} WAITS: S", watched.id()))
    } else {
      let kind = watched.order.plan.kind;
      (
        Role::Strong,
        format!("{} {kind} {done}/{all}", watched.id()),
      )
    };
    Pen::row(buffer, area, row, theme).put(role, &text);
    row += 1;
  }
  for slot in Slot::BOTH {
    let Some(seen) = &app.seen else { break };
    let mut pen = Pen::row(buffer, area, row, theme);
    pen.put(Role::Slot(slot), &badge(slot)).put(Role::Text, " ");
    if let Some(version) = status::version(seen, slot) {
      pen.put(Role::Text, version.as_str()).put(Role::Text, " ");
    }
    let pass = app
      .eyes()
      .fresh(&seen.slots[slot].health)
      .map_or(Pass::Unknown, HealthReport::pass);
    let containers = app.eyes().fresh(&seen.slots[slot].containers);
    if containers.is_ok_and(Vec::is_empty) {
      pen.put(Role::Faint, "empty");
    } else {
      pen.put(super::pen::role(health::tone(pass)), health::word(pass));
    }
    row += 1;
  }
  if let Some(notice) = &app.notice {
    Pen::row(buffer, area, row.min(area.height.saturating_sub(1)), theme)
      .put(super::pen::role(notice.tone), notice.text.as_str());
  }
}

/// Who is live; where the words do not fit, the slot matters more than they do.
fn live(app: &App, width: usize) -> (Role, String) {
  let (role, text) = header::live(app);
  match app.live() {
    Live::Disputed { proven: Some(slot) } if text.width() > width => {
      (role, format!("DISPUTED {}", badge(slot)))
    }
    _ => (role, text),
  }
}
