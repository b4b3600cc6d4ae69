//! What lies over the dashboard: questions, pages to read, a line to write, a list to choose from.
//!
//! A question shows its plan above and the one line that answers it below; the frame has the
//! color of the risk, the title says it in words.

use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr;

use super::{
  deploy,
  frame::{self, Look},
  page,
  pen::{Pen, role},
  theme::{Role, Theme},
};
use crate::{
  engine::confirm::{Ask, Hint},
  render::Page,
  tui::state::{
    app::App,
    ask::Asking,
    modal::{Choosing, Modal, Reading, Searchable, Writing},
  },
};

const WIDTH: u16 = 78;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  for modal in &app.modals {
    match modal {
      Modal::Planning { what, .. } => {
        let text = format!("checking whether it can {what} ...");
        let mut lines = Page::default();
        lines.plain(text);
        reading(
          buffer,
          area,
          &Reading {
            title: "ONE MOMENT".to_owned(),
            page: lines,
            ..Reading::default()
          },
          theme,
        );
      }
      Modal::Ask(it) => asking(buffer, area, it, app, theme),
      Modal::Read(it) => reading(buffer, area, it, theme),
      Modal::Deploy(it) => deploy::draw(buffer, area, it, app, theme),
      Modal::Write(it) => writing(buffer, area, it, theme),
      Modal::Choose(it) => choosing(buffer, area, it, theme),
    }
  }
}

pub(super) fn opened(
  buffer: &mut Buffer,
  area: Rect,
  height: usize,
  theme: Theme,
  frame_role: Role,
  title: &str,
  right: &str,
) -> Rect {
  let height = u16::try_from(height).unwrap_or(u16::MAX).saturating_add(2);
  let width = WIDTH.max(area.width * 6 / 10).min(110);
  let spot = frame::dialog(area, width.min(area.width), height.min(area.height));
  frame::clear(buffer, spot);
  let look = Look {
    live: false,
    role: frame_role,
  };
  let inner = frame::draw(
    buffer,
    spot,
    theme,
    look,
    &[(frame_role, &format!(" {title} "))],
    &[(Role::Faint, &format!(" {right} "))],
  );
  Rect {
    x: inner.x + 1.min(inner.width),
    width: inner.width.saturating_sub(2),
    ..inner
  }
}

fn text_width(area: Rect) -> usize {
  usize::from(
    WIDTH
      .max(area.width * 6 / 10)
      .min(110)
      .min(area.width)
      .saturating_sub(4),
  )
}

fn asking(buffer: &mut Buffer, area: Rect, asking: &Asking, app: &App, theme: Theme) {
  let rows = page::rows(&asking.page, text_width(area));
  let production = if app.site.production {
    "PRODUCTION  "
  } else {
    ""
  };
  let right = format!("{production}{} @ {}", app.site.name, app.me.host);
  let inner = opened(
    buffer,
    area,
    rows.len() + 2,
    theme,
    role(asking.tone),
    &asking.title,
    &right,
  );
  let body = Rect {
    height: inner.height.saturating_sub(2),
    ..inner
  };
  page::draw(buffer, body, theme, &rows, asking.scroll);
  answer(buffer, inner, asking, theme);
}

/// The line that answers; it says when keys do not count yet.
fn answer(buffer: &mut Buffer, area: Rect, asking: &Asking, theme: Theme) {
  let mut pen = Pen::row(buffer, area, area.height.saturating_sub(2), theme);
  match asking.hint {
    Some(Hint::TooSoon) => {
      pen.put(Role::Warn, "That was too quick to count: press it again.");
    }
    Some(Hint::NotTheWord) => {
      pen.put(Role::Warn, "That was not the word; nothing was done.");
    }
    None if !asking.armed => {
      pen.put(Role::Faint, "keys count in a moment ...");
    }
    None => {}
  }
  let mut pen = Pen::row(buffer, area, area.height.saturating_sub(1), theme);
  match asking.ask() {
    Ask::Key(key) => {
      let shown = if asking.armed { Role::Key } else { Role::Off };
      pen.put(shown, &key.to_string()).put(Role::Text, " go on");
      pen.put(
        Role::Faint,
        "      Esc, q, n or Enter: leave everything as it is",
      );
    }
    Ask::Word(word) | Ask::Phrase(word) => {
      let shown = if asking.armed { Role::Text } else { Role::Off };
      pen.put(shown, "Type  ").put(Role::Strong, word);
      pen.put(shown, "  then Enter:  ");
      pen.put(Role::Strong, &asking.typed).put(Role::Text, "_");
      pen.right(Role::Faint, "Esc: leave as it is");
    }
  }
}

fn reading(buffer: &mut Buffer, area: Rect, reading: &Reading, theme: Theme) {
  let mut rows = page::rows(&reading.page, text_width(area));
  if reading.ticket.is_some() {
    rows.push((crate::render::Tone::Faint, "looking ...".to_owned()));
  }
  let inner = opened(
    buffer,
    area,
    rows.len(),
    theme,
    Role::Focus,
    &reading.title,
    "q close",
  );
  page::draw(buffer, inner, theme, &rows, reading.scroll);
}

fn writing(buffer: &mut Buffer, area: Rect, writing: &Writing, theme: Theme) {
  let inner = opened(
    buffer,
    area,
    3,
    theme,
    Role::Focus,
    &writing.title,
    "Enter: done   Esc: leave",
  );
  Pen::row(buffer, inner, 0, theme).put(Role::Faint, &writing.label);
  field(buffer, inner, 1, &writing.input, theme);
}

/// One line of text with its cursor, scrolled so that the cursor is seen.
pub(super) fn field(
  buffer: &mut Buffer,
  area: Rect,
  row: u16,
  input: &tui_input::Input,
  theme: Theme,
) {
  let width = usize::from(area.width).saturating_sub(1);
  let skip = input.visual_scroll(width);
  let (before, after): (String, String) = {
    let cursor = input.cursor();
    let value: Vec<char> = input.value().chars().collect();
    (
      value[..cursor.min(value.len())].iter().collect(),
      value[cursor.min(value.len())..].iter().collect(),
    )
  };
  let before: String = {
    let mut hidden = 0;
    before
      .chars()
      .skip_while(|c| {
        let skipping = hidden < skip;
        hidden += unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
        skipping
      })
      .collect()
  };
  let mut pen = Pen::row(buffer, area, row, theme);
  pen.put(Role::Strong, &before);
  let mut rest = after.chars();
  let under = rest.next().map_or_else(|| " ".to_owned(), String::from);
  pen.put(Role::Selected, &under);
  pen.put(Role::Strong, rest.as_str());
}

fn choosing(buffer: &mut Buffer, area: Rect, choosing: &Choosing, theme: Theme) {
  let rows = choosing.rows();
  let searchable = choosing.searchable == Searchable::Yes;
  let top = u16::from(searchable);
  let inner = opened(
    buffer,
    area,
    choosing.all.len() + usize::from(top),
    theme,
    Role::Focus,
    &choosing.title,
    if searchable {
      "type to search, Enter, Esc"
    } else {
      "j k Enter q"
    },
  );
  if searchable {
    field(buffer, inner, 0, &choosing.input, theme);
  }
  let list = Rect {
    y: inner.y + top.min(inner.height),
    height: inner.height.saturating_sub(top),
    ..inner
  };
  let height = usize::from(list.height);
  let first = (choosing.selected + 1).saturating_sub(height);
  let name = rows.iter().map(|row| row.name.width()).max().unwrap_or(0);
  for (at, choice) in rows.iter().enumerate().skip(first).take(height) {
    let row = u16::try_from(at - first).unwrap_or(u16::MAX);
    let mut pen = Pen::row(buffer, list, row, theme);
    let selected = at == choosing.selected;
    let shown = match (&choice.why_not, selected) {
      (_, true) => Role::Selected,
      (Some(_), false) => Role::Off,
      (None, false) => Role::Text,
    };
    pen.put(shown, if selected { "> " } else { "  " });
    pen.cell(Role::Key, choice.key.as_deref().unwrap_or(""), 10);
    pen.cell(shown, &choice.name, name.min(30) + 2);
    match &choice.why_not {
      Some(why) => pen.cell(Role::Warn, &format!("not now: {why}"), pen.room()),
      None => pen.cell(Role::Faint, &choice.help, pen.room()),
    };
  }
  if rows.is_empty() {
    Pen::row(buffer, list, 0, theme).put(Role::Faint, "nothing matches");
  }
}
