//! Draws `state` into a buffer. Draws only: nothing here decides, keeps or asks anything.
//!
//! ```text
//! header: who is live, how to get back      always
//! alarms                                    only when something is wrong
//! [B] BLUE        [G] GREEN                 side by side, in this order
//! operation                shared
//! log BLUE        log GREEN                 or the panel that was opened
//! what just happened, keys
//! ```

mod environment;
mod footer;
mod frame;
mod header;
pub mod logs;
mod modal;
mod operation;
mod page;
mod pen;
mod shared;
mod small;
pub mod theme;

use ratatui::{buffer::Buffer, layout::Rect};

use self::theme::{Role, Theme};
use super::state::{app::App, panel::Panel};
use crate::model::Slot;

/// Fewer columns or rows than this have no room for panels.
const LEAST: (u16, u16) = (60, 15);
const MOST_ALARMS: usize = 3;

pub fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  if area.width < LEAST.0 || area.height < LEAST.1 {
    small::draw(buffer, area, app, theme);
  } else {
    dashboard(buffer, area, app, theme);
  }
  modal::draw(buffer, area, app, theme);
}

/// The terminal's own title: `cutover ala LIVE [B] BLUE 1.9.3`.
pub fn title(app: &App) -> String {
  let (_, live) = header::live(app);
  crate::model::shown::Shown::line(&format!("cutover {} {live}", app.site.name)).to_string()
}

fn dashboard(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  let mut rest = Rows(area);
  header::draw(buffer, rest.take(2), app, theme);
  let alarms = header::alarms(app);
  for (role, text) in alarms.iter().take(MOST_ALARMS) {
    let mut pen = pen::Pen::row(buffer, rest.take(1), 0, theme);
    pen.put(*role, &format!(" !! {text} "));
  }
  let footer = rest.take_bottom(2);
  footer::draw(buffer, footer, app, theme);
  if app.zoomed {
    panel(buffer, rest.0, app, app.panel, theme);
    return;
  }
  let environments = rest.take(environment_height(app, area.height));
  for (slot, half) in Slot::BOTH.into_iter().zip(halves(environments)) {
    environment::draw(buffer, half, app, slot, theme);
  }
  let height = operation_height(app, area.height);
  let middle = rest.take(height.min(rest.0.height));
  if area.width >= 120 {
    let right = 44.min(area.width / 3);
    let left = Rect {
      width: middle.width - right,
      ..middle
    };
    operation::draw(buffer, left, app, theme);
    let right = Rect {
      x: left.right(),
      width: right,
      ..middle
    };
    shared::draw(buffer, right, app, theme);
  } else {
    operation::draw(buffer, middle, app, theme);
  }
  lower(buffer, rest.0, app, theme);
}

/// The logs, or the panel that was opened over them.
fn lower(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  if area.height < 3 {
    return;
  }
  if !app.panel.is_on_dashboard() {
    panel(buffer, area, app, app.panel, theme);
    return;
  }
  if area.width >= 100 {
    for (slot, half) in Slot::BOTH.into_iter().zip(halves(area)) {
      panel(buffer, half, app, Panel::Log(slot), theme);
    }
  } else {
    let slot = app.panel.slot().unwrap_or(Slot::Blue);
    panel(buffer, area, app, Panel::Log(slot), theme);
  }
}

fn panel(buffer: &mut Buffer, area: Rect, app: &App, panel: Panel, theme: Theme) {
  match panel {
    Panel::Environment(slot) => environment::draw(buffer, area, app, slot, theme),
    Panel::Operation => operation::draw(buffer, area, app, theme),
    Panel::Log(_) | Panel::Watch | Panel::History | Panel::OwnLog => {
      let focused = app.panel == panel;
      frame::draw(
        buffer,
        area,
        theme,
        frame::Look::panel(false, focused),
        &[(Role::Key, &panel.number().to_string())],
        &[],
      );
    }
  }
}

/// Two halves side by side: BLUE left, GREEN right, always.
fn halves(area: Rect) -> [Rect; 2] {
  let left = area.width / 2;
  [
    Rect {
      width: left,
      ..area
    },
    Rect {
      x: area.x + left,
      width: area.width - left,
      ..area
    },
  ]
}

/// As many rows as the larger slot has containers, within what the screen can spare.
fn environment_height(app: &App, height: u16) -> u16 {
  let most = app.seen.as_ref().map_or(0, |seen| {
    Slot::BOTH
      .into_iter()
      .map(|slot| seen.slots[slot].containers().len())
      .max()
      .unwrap_or(0)
  });
  let services = most.max(app.site.services.len());
  let wanted = u16::try_from(services).unwrap_or(u16::MAX);
  wanted
    .saturating_add(environment::ABOVE + 2)
    .clamp(6, (height * 2 / 5).max(6))
}

fn operation_height(app: &App, height: u16) -> u16 {
  let busy = app
    .operation
    .as_ref()
    .is_some_and(|watched| watched.is_running() || watched.interrupted);
  match (height, busy || app.panel == Panel::Operation) {
    (..=29, true) => 6,
    (..=29, false) => 4,
    (30.., true) => (height / 3).min(14),
    (30.., false) => 8,
  }
}

/// What is left of an area as rows are taken from it.
struct Rows(Rect);

impl Rows {
  fn take(&mut self, height: u16) -> Rect {
    let height = height.min(self.0.height);
    let taken = Rect { height, ..self.0 };
    self.0.y += height;
    self.0.height -= height;
    taken
  }

  fn take_bottom(&mut self, height: u16) -> Rect {
    let height = height.min(self.0.height);
    self.0.height -= height;
    Rect {
      y: self.0.bottom(),
      height,
      ..self.0
    }
  }
}
