//! The two lowest lines: what just happened, and the keys that matter here. A key that does
//! nothing now stands in parentheses, one that was possible on facts that are too old has a question
//! mark; `p` says why.

use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr;

use super::{
  pen::{Pen, role},
  theme::{Role, Theme},
};
use crate::tui::{
  action::Action,
  state::{able::Standing, app::App},
};

const ACTS: [(Action, &str); 5] = [
  (Action::Rollback, "roll back"),
  (Action::Switch, "switch"),
  (Action::Deploy, "deploy"),
  (Action::Smoke, "smoke"),
  (Action::Abort, "abort"),
];

const LOOKS: [(Action, &str); 9] = [
  (Action::Help, "help"),
  (Action::Close, "quit"),
  (Action::Palette, "commands"),
  (Action::NextPanel, "panel"),
  (Action::OtherSide, "other side"),
  (Action::Zoom, "zoom"),
  (Action::Search, "search"),
  (Action::Follow, "follow"),
  (Action::Preflight, "why not"),
];

pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  if area.height >= 2
    && let Some(notice) = &app.notice
  {
    let mut pen = Pen::row(buffer, area, 0, theme);
    pen.put(Role::Text, " ");
    pen.put(role(notice.tone), notice.text.as_str());
  }
  keys(buffer, area, area.height.saturating_sub(1), app, theme);
}

fn keys(buffer: &mut Buffer, area: Rect, row: u16, app: &App, theme: Theme) {
  let mut pen = Pen::row(buffer, area, row, theme);
  pen.put(Role::Text, " ");
  for (action, word) in ACTS {
    let Some(key) = app.keymap.key(action).map(|key| key.to_string()) else {
      continue;
    };
    match app.standing(action) {
      Standing::Possible => pen
        .put(Role::Key, &key)
        .put(Role::Text, &format!(" {word}  ")),
      Standing::Unsure(_) => pen.put(Role::Warn, &format!("{key} {word}?  ")),
      Standing::Not(_) => pen.put(Role::Off, &format!("({key} {word})  ")),
    };
  }
  pen.put(Role::Frame, "| ");
  for (action, word) in LOOKS {
    let here = action.row().place.has(app.panel);
    let Some(key) = app.keymap.key(action).filter(|_| here) else {
      continue;
    };
    // Esc may lag in a multiplexer: the footer names its twin.
    let key = if action == Action::Close {
      "q".to_owned()
    } else {
      key.to_string()
    };
    if pen.room() < key.width() + word.width() + 2 {
      continue;
    }
    pen
      .put(Role::Key, &key)
      .put(Role::Text, &format!(" {word}  "));
  }
}
