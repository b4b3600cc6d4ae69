//! Draws `state` into a buffer. Draws only: nothing here decides, keeps or asks anything.
//!
//! ```text
//! header: who is live, how to get back      always
//! alarms                                    only when something is wrong
//! [B] BLUE        [G] GREEN                 side by side, in this order
//! operation                shared
//! log BLUE        log GREEN                 or the panel that was opened
//! the guided tour                           only in a demo
//! what just happened, keys
//! ```

mod deploy;
mod environment;
mod findings;
mod footer;
mod frame;
mod header;
mod history;
mod layout;
pub mod logs;
mod modal;
mod operation;
mod own_log;
mod page;
mod pen;
mod shared;
mod small;
#[cfg(test)]
pub(super) mod tests;
mod text;
pub mod theme;
mod tour;
mod watch;

use ratatui::{buffer::Buffer, layout::Rect};

pub use self::text::text;
use self::{layout::layout, logs::LogFrame, theme::Theme};
use super::state::{
  app::{App, Rooms},
  logs::PaneId,
  panel::Panel,
};
use crate::model::{Slot, traffic::Live};

pub fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  let mut dialogs = area;
  match layout(app, area) {
    None => small::draw(buffer, area, app, theme),
    Some(layout) => {
      header::draw(buffer, layout.header, app, theme);
      for (row, (role, text)) in (0..layout.alarms.height).zip(header::alarm_rows(app, area.width))
      {
        let mut pen = pen::Pen::row(buffer, layout.alarms, row, theme);
        pen.put(role, &format!(" {text} "));
      }
      for (it, area) in &layout.panels {
        panel(buffer, *area, app, *it, theme);
      }
      if let Some(area) = layout.shared {
        shared::draw(buffer, area, app, theme);
      }
      if let Some(area) = layout.merged {
        log(buffer, area, app, PaneId::Merged, theme);
      }
      tour::draw(buffer, layout.tour, app, theme);
      footer::draw(buffer, layout.footer, app, theme);
      if layout.tour.height > 0 {
        dialogs.height = layout.tour.y - area.y;
      }
    }
  }
  modal::draw(buffer, dialogs, app, theme);
}

/// How much room each log has on such a screen, for scrolling by pages.
pub fn rooms(app: &App, area: Rect) -> Rooms {
  let layout = layout(app, area);
  let room = |id| {
    let area = layout.as_ref().and_then(|layout| layout.log(id));
    area.map_or((76, 10), |area| {
      let view = logs::viewport(area, app.now.wall);
      (view.width, view.height)
    })
  };
  Rooms {
    blue: room(PaneId::Slot(Slot::Blue)),
    green: room(PaneId::Slot(Slot::Green)),
    merged: room(PaneId::Merged),
  }
}

/// The terminal's own title: `cutover ala LIVE [B] BLUE 1.9.3`.
pub fn title(app: &App) -> String {
  let (_, live) = header::live(app);
  crate::model::shown::Shown::line(&format!("cutover {} {live}", app.site.name)).to_string()
}

fn panel(buffer: &mut Buffer, area: Rect, app: &App, panel: Panel, theme: Theme) {
  match panel {
    Panel::Environment(slot) => environment::draw(buffer, area, app, slot, theme),
    Panel::Operation => operation::draw(buffer, area, app, theme),
    Panel::Log(slot) => log(buffer, area, app, PaneId::Slot(slot), theme),
    Panel::Watch => watch::draw(buffer, area, app, theme),
    Panel::History => history::draw(buffer, area, app, theme),
    Panel::OwnLog => own_log::draw(buffer, area, app, theme),
  }
}

fn log(buffer: &mut Buffer, area: Rect, app: &App, id: PaneId, theme: Theme) {
  let (digit, focused, live) = match id {
    PaneId::Slot(slot) => {
      let panel = Panel::Log(slot);
      let digit = char::from_digit(u32::try_from(panel.number()).unwrap_or(0), 10);
      (digit, app.panel == panel, is_live(&app.live(), slot))
    }
    PaneId::Merged => (None, matches!(app.panel, Panel::Log(_)), false),
  };
  let frame = LogFrame {
    theme,
    now: app.now.wall,
    digit,
    focused,
    live,
  };
  logs::draw(&app.logs, id, frame, area, buffer);
}

/// Users are on this slot, as far as is known.
fn is_live(live: &Live, slot: Slot) -> bool {
  match live {
    Live::Proven { slot: live } | Live::Claimed { slot: live } => *live == slot,
    Live::Disputed { proven } => *proven == Some(slot),
    Live::Unknown => false,
  }
}
