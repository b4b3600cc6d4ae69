//! What users get, from the proxy's access log: requests, failures, times; each slot beside the
//! other, because a bare number cannot be judged at night.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
  frame::{self, Look},
  pen::Pen,
  theme::{Role, Theme},
};
use crate::{
  model::{Slot, requests::Window},
  render::words::{badge, millis},
  tui::state::{app::App, panel::Panel},
};

/// Above these the runbooks roll back or look closer: 3 % failing, 500 ms for 95 of 100.
const MOST_FAILING: f64 = 0.03;
const MOST_MILLIS: u32 = 500;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  let inner = frame::draw(
    buffer,
    area,
    theme,
    Look::panel(false, app.panel == Panel::Watch),
    &[(Role::Key, "6"), (Role::Strong, " WATCH  what users get ")],
    &[(Role::Faint, " last 5 min of the proxy's access log ")],
  );
  if let Some(why) = &app.requests_why_not {
    Pen::row(buffer, inner, 0, theme).put(Role::Warn, &format!(" {why}"));
    return;
  }
  let mut row = 0;
  for slot in Slot::BOTH {
    let mut pen = Pen::row(buffer, inner, row, theme);
    pen.put(Role::Text, " ").put(Role::Slot(slot), &badge(slot));
    row += 1;
    for line in [line(app, slot), spark(app, slot, theme)] {
      let mut pen = Pen::row(buffer, inner, row, theme);
      pen.put(Role::Text, " ");
      for (role, text) in &line {
        pen.put(*role, text);
      }
      row += 1;
    }
    row += 1;
  }
  Pen::row(buffer, inner, row, theme).put(
    Role::Faint,
    " R roll back   C stop the former slot   5xx above 3 % or p95 above 500 ms is marked",
  );
}

/// `41.0/s  err 0.2 %  p50 38 ms  p95 180 ms  p99 410 ms`; nothing where nothing came.
pub(super) fn line(app: &App, slot: Slot) -> Vec<(Role, String)> {
  let window: &Window = &app.requests[slot];
  let now = app.now.wall;
  let (count, _) = window.totals(now);
  if count == 0 {
    return vec![(Role::Faint, "none seen".to_owned())];
  }
  let rate = window.per_second(now);
  let failing = window.failing(now).unwrap_or(0.0);
  let mut parts = vec![
    (Role::Text, format!("{rate:.1}/s  ")),
    (
      if failing > MOST_FAILING {
        Role::Bad
      } else {
        Role::Text
      },
      format!("err {:.1} %  ", failing * 100.0),
    ),
  ];
  for percent in [50, 95, 99] {
    if let Some(time) = window.percentile(now, percent) {
      let role = if percent == 95 && time > MOST_MILLIS {
        Role::Warn
      } else {
        Role::Text
      };
      parts.push((role, format!("p{percent} {}  ", millis(u64::from(time)))));
    }
  }
  parts
}

fn spark(app: &App, slot: Slot, theme: Theme) -> Vec<(Role, String)> {
  let history = app.requests[slot].history(app.now.wall);
  let most = history.iter().copied().max().unwrap_or(0).max(1);
  let bars = theme.bars();
  let text: String = history
    .iter()
    .map(|count| {
      let height = (u64::from(*count) * 7).div_ceil(u64::from(most));
      bars[usize::try_from(height).unwrap_or(7).min(7)]
    })
    .collect();
  vec![(Role::Faint, text)]
}
