//! Where everything stands on a screen of this size. Drawing and scrolling ask the same.

use ratatui::layout::Rect;

use super::{environment, header, tour};
use crate::{
  model::Slot,
  tui::state::{app::App, logs::PaneId, panel::Panel},
};

/// Fewer columns or rows than this have no room for panels.
const LEAST: (u16, u16) = (60, 15);
/// Rows that alarms may take.
pub(super) const MOST_ALARMS: u16 = 4;

pub(super) struct Layout {
  pub(super) header: Rect,
  pub(super) alarms: Rect,
  pub(super) panels: Vec<(Panel, Rect)>,
  pub(super) shared: Option<Rect>,
  /// The logs as one stream.
  pub(super) merged: Option<Rect>,
  pub(super) tour: Rect,
  pub(super) footer: Rect,
}

/// `None` where there is no room for panels.
pub(super) fn layout(app: &App, area: Rect) -> Option<Layout> {
  if area.width < LEAST.0 || area.height < LEAST.1 {
    return None;
  }
  let mut rest = Rows(area);
  let header = rest.take(2);
  let alarms = header::alarm_rows(app, area.width).len();
  let alarms = u16::try_from(alarms).unwrap_or(MOST_ALARMS);
  let alarms = rest.take(alarms.min(MOST_ALARMS));
  let footer = rest.take_bottom(2);
  let tour = rest.take_bottom(tour::height(app));
  let mut layout = Layout {
    header,
    alarms,
    panels: Vec::new(),
    shared: None,
    merged: None,
    tour,
    footer,
  };
  if app.zoomed {
    layout.open(app, app.panel, rest.0);
    return Some(layout);
  }
  let environments = rest.take(environment_height(app, area.height));
  for (slot, half) in Slot::BOTH.into_iter().zip(halves(environments)) {
    layout.panels.push((Panel::Environment(slot), half));
  }
  let height = operation_height(app, area.height);
  let mut operation = rest.take(height);
  if area.width >= 120 {
    let right = 44.min(area.width / 3);
    operation.width -= right;
    layout.shared = Some(Rect {
      x: operation.right(),
      width: right,
      ..operation
    });
  }
  layout.panels.push((Panel::Operation, operation));
  if rest.0.height >= 3 {
    layout.lower(app, rest.0);
  }
  Some(layout)
}

impl Layout {
  /// The logs, or the panel that was opened over them.
  fn lower(&mut self, app: &App, area: Rect) {
    if !app.panel.is_on_dashboard() {
      self.panels.push((app.panel, area));
    } else if app.merged {
      self.merged = Some(area);
    } else if area.width >= 100 {
      for (slot, half) in Slot::BOTH.into_iter().zip(halves(area)) {
        self.panels.push((Panel::Log(slot), half));
      }
    } else {
      let slot = app.panel.slot().unwrap_or(Slot::Blue);
      self.panels.push((Panel::Log(slot), area));
    }
  }

  fn open(&mut self, app: &App, panel: Panel, area: Rect) {
    match panel {
      Panel::Log(_) if app.merged => self.merged = Some(area),
      // Both logs stay beside each other on a screen that has the room.
      Panel::Log(_) if area.width >= 100 => self.lower(app, area),
      _ => self.panels.push((panel, area)),
    }
  }

  /// Where a log is drawn, when it is.
  pub(super) fn log(&self, id: PaneId) -> Option<Rect> {
    match id {
      PaneId::Merged => self.merged,
      PaneId::Slot(slot) => self
        .panels
        .iter()
        .find(|(panel, _)| *panel == Panel::Log(slot))
        .map(|(_, area)| *area),
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
