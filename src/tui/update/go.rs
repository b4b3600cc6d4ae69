//! Getting about: from panel to panel, up and down in one, and out.

use std::time::Duration;

use super::history;
use crate::{
  model::Slot,
  tui::{
    effect::Effect,
    state::{app::App, panel::Panel},
  },
};

/// A second Ctrl-C within this quits at once.
const TWICE: Duration = Duration::from_secs(2);

pub(super) fn to(app: &mut App, panel: Panel) -> Vec<Effect> {
  if app.panel != panel {
    app.panel = panel;
    app.scroll = 0;
  }
  if panel == Panel::History {
    return history::shown();
  }
  Vec::new()
}

pub(super) fn step_panel(app: &mut App, by: usize) -> Vec<Effect> {
  let at = app.panel.number() - 1;
  to(app, Panel::ALL[(at + by) % Panel::ALL.len()])
}

pub(super) fn scroll(app: &mut App, by: isize) -> Vec<Effect> {
  if let Panel::Environment(slot) = app.panel {
    let count = app
      .seen
      .as_ref()
      .map_or(0, |seen| seen.slots[slot].containers().len());
    let selected = &mut app.selected[slot];
    *selected = selected
      .saturating_add_signed(by)
      .min(count.saturating_sub(1));
  } else if app.panel == Panel::History {
    app.history.step(by);
  } else if app.panel == Panel::OwnLog {
    app.own_log.step(by);
  } else {
    app.scroll = app
      .scroll
      .saturating_add_signed(-by.max(-isize::MAX))
      .min(10_000);
  }
  Vec::new()
}

pub(super) fn wheel(app: &mut App, lines: isize) -> Vec<Effect> {
  if app.modals.is_empty() {
    scroll(app, lines)
  } else {
    Vec::new()
  }
}

pub(super) fn close(app: &mut App) -> Vec<Effect> {
  if app.zoomed {
    app.zoomed = false;
    return Vec::new();
  }
  if app.panel == Panel::History && app.history.is_narrowed() {
    app.history.narrow("");
    return Vec::new();
  }
  if !app.panel.is_on_dashboard() {
    return to(app, Panel::Environment(Slot::Blue));
  }
  vec![Effect::Quit]
}

pub(super) fn interrupt(app: &mut App) -> Vec<Effect> {
  let now = app.now.since_start;
  let twice = app
    .interrupted_at
    .replace(now)
    .is_some_and(|before| now.saturating_sub(before) <= TWICE);
  if twice {
    return vec![Effect::Quit];
  }
  close(app)
}
