//! What the panel that has the keys shows now, as text to take along: without frames and colors.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{layout::layout, panel, theme::Theme};
use crate::tui::state::app::App;

pub fn text(app: &App, area: Rect, theme: Theme) -> String {
  let spot = layout(app, area)
    .and_then(|layout| {
      let mut panels = layout.panels.into_iter();
      panels.find_map(|(it, area)| (it == app.panel).then_some(area))
    })
    .unwrap_or(area);
  let mut buffer = Buffer::empty(area);
  panel(&mut buffer, spot, app, app.panel, theme);
  let title = row(&buffer, spot, spot.y);
  // What is left of the frame between the words.
  let title: Vec<&str> = title
    .split(|c: char| c.is_whitespace() || c == '═' || c == '─')
    .filter(|word| word.chars().any(char::is_alphanumeric))
    .collect();
  let title = title.join(" ");
  let mut out = format!("{}  {title}\n", app.site.name);
  for y in spot.y + 1..spot.bottom().saturating_sub(1) {
    let inner = Rect {
      x: spot.x + 1,
      width: spot.width.saturating_sub(2),
      ..spot
    };
    out.push_str(row(&buffer, inner, y).trim_end());
    out.push('\n');
  }
  out
}

fn row(buffer: &Buffer, area: Rect, y: u16) -> String {
  let mut out = String::new();
  let mut x = area.x;
  while x < area.right() {
    let symbol = buffer[(x, y)].symbol();
    out.push_str(symbol);
    // The cell behind a wide character is empty and no space.
    let width = unicode_width::UnicodeWidthStr::width(symbol).max(1);
    x = x.saturating_add(u16::try_from(width).unwrap_or(1));
  }
  out
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::tui::scene::Console;

  #[test]
  fn a_panel_is_copied_without_its_frame_and_says_whose_it_is() {
    let mut console = Console::quiet();
    console.key("2");
    let text = text(&console.app, Rect::new(0, 0, 120, 40), Theme::default());
    let mut lines = text.lines();
    let title = lines.next().unwrap();
    assert!(title.contains("[G] GREEN"), "{title}");
    assert!(text.contains("api"), "{text}");
    assert!(
      !text.contains('║') && !text.contains('│') && !text.contains('═'),
      "{text}"
    );
  }
}
