//! The guided tour: two lines above the keys, so that neither the header nor a question is covered.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
  pen::Pen,
  theme::{Role, Theme},
};
use crate::tui::{
  action::Action,
  state::{
    app::App,
    tour::{Shows, Stage, Tour},
  },
};

/// Rows that it takes where there is room for panels.
pub(super) fn height(app: &App) -> u16 {
  if shown(app).is_some() { 2 } else { 0 }
}

fn shown(app: &App) -> Option<&Tour> {
  app.tour.as_ref().filter(|tour| tour.shows == Shows::Yes)
}

pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  let Some(tour) = shown(app) else { return };
  let hint = tour.hint(app);
  let badge = format!(" TOUR {}/{} ", tour.stage.number(), Stage::ALL.len());
  let role = match tour.stage {
    Stage::Over if tour.served.lost > 0 => Role::Bad,
    Stage::Over => Role::Good,
    _ => Role::Strong,
  };
  let mut pen = Pen::row(buffer, area, 0, theme);
  pen.put(Role::Selected, &badge).put(Role::Text, " ");
  pen.put(role, &hint.is);
  let mut pen = Pen::row(buffer, area, 1, theme);
  if let Some(key) = app.keymap.key(Action::Tour) {
    pen.right(Role::Faint, &format!("  {key} hides this "));
  }
  pen.put(Role::Text, &" ".repeat(badge.len() + 1));
  pen.put(Role::Key, &hint.press);
}
