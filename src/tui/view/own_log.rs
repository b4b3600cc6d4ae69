//! The console's own log. The widget keeps and scrolls; the text is cleaned and colored here.

use ratatui::{
  buffer::Buffer,
  layout::Rect,
  text::{Line, Span},
  widgets::Widget,
};
use tui_logger::{ExtLogRecord, LogFormatter, TuiLoggerWidget};

use super::{
  frame::{self, Look},
  page,
  theme::{Role, Theme},
};
use crate::{
  model::shown::Shown,
  render::{Page, Tone},
  tui::state::{app::App, panel::Panel},
};

pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  let inner = frame::draw(
    buffer,
    area,
    theme,
    Look::panel(false, app.panel == Panel::OwnLog),
    &[(Role::Key, "8"), (Role::Strong, " OWN LOG ")],
    &[(Role::Faint, " CUTOVER_LOG=debug tells more ")],
  );
  TuiLoggerWidget::default()
    .style(theme.style(Role::Text))
    .state(app.own_log.widget_state())
    .formatter(Box::new(Formatter {
      theme,
      secrets: app.site.secrets.clone(),
    }))
    .render(inner.intersection(buffer.area), buffer);
}

struct Formatter {
  theme: Theme,
  secrets: crate::config::Secrets,
}

impl LogFormatter for Formatter {
  fn min_width(&self) -> u16 {
    1
  }

  fn format(&self, width: usize, record: &ExtLogRecord) -> Vec<Line<'_>> {
    let (tone, role) = match record.level.as_str() {
      "ERROR" => (Tone::Bad, Role::Bad),
      "WARN" => (Tone::Warn, Role::Warn),
      "INFO" => (Tone::Plain, Role::Text),
      _ => (Tone::Faint, Role::Faint),
    };
    let text = self.secrets.mask(record.msg());
    let at = record.timestamp.strftime("%H:%M:%S");
    let text = format!(
      "{at} {:<5} {}: {}",
      record.level.as_str(),
      record.target().trim_start_matches("cutover::"),
      text.trim()
    );
    let mut page = Page::default();
    page.wrapped(tone, Shown::line(&text).as_str(), 15);
    let style = self.theme.style(role);
    page::rows(&page, width)
      .into_iter()
      .map(|(_, row)| Line::from(Span::styled(row, style)))
      .collect()
  }
}
