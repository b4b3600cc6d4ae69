//! Every operation of the site, newest first; a reason stands below its line where there is room.

use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr;

use super::{
  frame::{self, Look},
  pen::{Pen, role},
  theme::{Role, Theme},
};
use crate::{
  render::{history, words::count},
  tui::state::{app::App, panel::Panel},
};

/// Width of each column but the fourth, which has the rest.
const WIDTHS: [usize; 6] = [5, 17, 9, 0, 13, 8];

pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  let history = &app.history;
  let rows = history.rows();
  let all = history.all().len();
  let total = if history.is_narrowed() {
    format!(" {} of {} ", rows.len(), count(all as u64, "operation"))
  } else {
    format!(" {} ", count(all as u64, "operation"))
  };
  let wanted = if history.is_narrowed() {
    format!(" /{} ", history.wanted())
  } else {
    String::new()
  };
  let inner = frame::draw(
    buffer,
    area,
    theme,
    Look::panel(false, app.panel == Panel::History),
    &[
      (Role::Key, "7"),
      (Role::Strong, " HISTORY "),
      (Role::Found, &wanted),
    ],
    &[(Role::Faint, &total)],
  );
  match &history.stories {
    None => {
      Pen::row(buffer, inner, 0, theme).put(Role::Faint, " reading ...");
      return;
    }
    Some(Err(why)) => {
      Pen::row(buffer, inner, 0, theme).put(Role::Bad, &format!(" {why}"));
      return;
    }
    Some(Ok(_)) => {}
  }
  if rows.is_empty() {
    let text = if history.is_narrowed() {
      " nothing matches; Esc shows everything"
    } else {
      " nothing was done here yet"
    };
    Pen::row(buffer, inner, 0, theme).put(Role::Faint, text);
    return;
  }
  let room = usize::from(inner.width).saturating_sub(2);
  let others: usize = WIDTHS.iter().sum::<usize>() + WIDTHS.len();
  let what = room.saturating_sub(others);
  let width = |column: usize| match WIDTHS[column] {
    0 => what,
    width => width,
  };
  let mut pen = Pen::row(buffer, inner, 0, theme);
  pen.put(Role::Text, "  ");
  for (column, title) in history::COLUMNS.iter().enumerate() {
    pen
      .cell(Role::Faint, title, width(column))
      .put(Role::Text, " ");
  }
  let height = usize::from(inner.height.saturating_sub(1));
  let first = (history.selected + 1).saturating_sub(height);
  for (at, story) in rows.iter().enumerate().skip(first).take(height) {
    let row = 1 + u16::try_from(at - first).unwrap_or(0);
    let mut pen = Pen::row(buffer, inner, row, theme);
    let selected = at == history.selected;
    let tone = role(history::tone(story));
    let shown = if selected { Role::Selected } else { tone };
    pen.put(shown, if selected { "> " } else { "  " });
    for (column, text) in history::row(story).iter().enumerate() {
      // The result keeps its color also where the cursor is.
      let role = if column == 4 { tone } else { shown };
      if column == 3 {
        pen.cell(role, &with_reason(text, story, what), what);
      } else {
        pen.cell(role, text, width(column));
      }
      pen.put(Role::Text, " ");
    }
  }
}

/// The reason beside what was done, where the column has room for it.
fn with_reason(what: &str, story: &crate::render::story::Story, room: usize) -> String {
  match &story.order.plan.reason {
    Some(reason) if what.width() + 12 < room => format!("{what}  ({reason})"),
    _ => what.to_owned(),
  }
}
