//! The only way text gets onto the screen: cut to its room, and cleaned like all text from outside.
//!
//! `ratatui` lets bidi overrides and zero-width characters through some of its widgets
//! (measured in 0.30.2), so nothing here trusts a widget to clean. Widths are those of
//! `state::logs::cells`, so that what was counted is what is drawn.

use std::borrow::Cow;

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::theme::{Role, Theme};
use crate::{
  model::shown::{self, Shown},
  render::Tone,
  tui::state::logs::{cells, width},
};

/// Writes along one row, from left to right, and never past its end.
pub(super) struct Pen<'a> {
  buffer: &'a mut Buffer,
  theme: Theme,
  x: u16,
  y: u16,
  end: u16,
}

impl<'a> Pen<'a> {
  /// Row `row` of `area`; a row outside of it takes nothing.
  pub(super) fn row(buffer: &'a mut Buffer, area: Rect, row: u16, theme: Theme) -> Self {
    let area = area.intersection(buffer.area);
    let end = if row < area.height {
      area.right()
    } else {
      area.x
    };
    Self {
      buffer,
      theme,
      x: area.x,
      y: area.y.saturating_add(row),
      end,
    }
  }

  pub(super) fn room(&self) -> usize {
    usize::from(self.end.saturating_sub(self.x))
  }

  /// Leaves so many columns as they are.
  pub(super) fn skip(&mut self, columns: u16) -> &mut Self {
    self.x = self.x.saturating_add(columns).min(self.end);
    self
  }

  /// As much as there is room for; what is cut ends in a mark.
  pub(super) fn put(&mut self, role: Role, text: &str) -> &mut Self {
    let text = clean(text);
    let style = self.theme.style(role);
    let room = self.room();
    let is_cut = room > 0 && width(&text) > room;
    self.end -= u16::from(is_cut);
    self.symbols(style, &text);
    if is_cut {
      self.end += 1;
      self.cut(style);
    }
    self
  }

  /// Text that is clean, all in one look, as much as there is room for.
  pub(super) fn symbols(&mut self, style: Style, clean: &str) {
    if clean.is_ascii() {
      return self.ascii(style, clean);
    }
    for cell in cells(clean) {
      self.symbol(style, cell.text, cell.width);
    }
  }

  /// Nearly all text there is: one place for each byte, found without measuring.
  fn ascii(&mut self, style: Style, clean: &str) {
    let count = clean.len().min(self.room());
    if count > 0 {
      let from = self.buffer.index_of(self.x, self.y);
      let places = self.buffer.content.iter_mut().skip(from);
      for (place, byte) in places.zip(clean.bytes().take(count)) {
        place.set_char(char::from(byte)).set_style(style);
      }
    }
    self.x += u16::try_from(count).unwrap_or(u16::MAX);
  }

  /// One place on the screen, from text that is clean.
  fn symbol(&mut self, style: Style, symbol: &str, width: usize) {
    let next = self
      .x
      .saturating_add(u16::try_from(width).unwrap_or(u16::MAX));
    if next > self.end {
      self.x = self.end;
      return;
    }
    let (symbol, style) = if symbol.starts_with(shown::MARK) {
      (
        self.theme.mark(),
        style.patch(self.theme.style(Role::Faint)),
      )
    } else {
      (symbol, style)
    };
    self.buffer[(self.x, self.y)]
      .set_symbol(symbol)
      .set_style(style);
    // The second half of a wide character belongs to the first.
    for x in self.x + 1..next {
      self.buffer[(x, self.y)].reset();
    }
    self.x = next;
  }

  /// The mark of what had no room, in the last place of the row.
  pub(super) fn cut(&mut self, style: Style) {
    self.x = self.end.saturating_sub(1).max(self.x);
    self.symbol(style, self.theme.ellipsis(), 1);
  }

  /// Exactly `width` columns: what is short leaves the rest as it is, what is long is cut with a
  /// mark.
  pub(super) fn cell(&mut self, role: Role, text: &str, width: usize) -> &mut Self {
    self.within(width, |pen| {
      pen.put(role, text);
    })
  }

  /// The same without a mark, for what also says something when it is short, such as a time.
  pub(super) fn clip(&mut self, role: Role, text: &str, width: usize) -> &mut Self {
    let style = self.theme.style(role);
    self.within(width, |pen| pen.symbols(style, &clean(text)))
  }

  fn within(&mut self, width: usize, write: impl FnOnce(&mut Self)) -> &mut Self {
    let end = self.end;
    self.end = self.x + u16::try_from(width.min(self.room())).unwrap_or(0);
    write(self);
    self.x = self.end;
    self.end = end;
    self
  }

  /// Writes at the right end; what does not fit beside what is there is left out.
  pub(super) fn right(&mut self, role: Role, text: &str) -> &mut Self {
    let text = clean(text);
    let width = u16::try_from(width(&text)).unwrap_or(u16::MAX);
    if let Some(x) = self.end.checked_sub(width)
      && x >= self.x
    {
      let from = std::mem::replace(&mut self.x, x);
      self.put(role, &text);
      self.x = from;
      self.end = x;
    }
    self
  }
}

/// ASCII without control characters is what nearly all text is, and needs no copy.
fn clean(text: &str) -> Cow<'_, str> {
  if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
    Cow::Borrowed(text)
  } else {
    Cow::Owned(Shown::line(text).to_string())
  }
}

/// What a toned line of `render` looks like here.
pub(super) fn role(tone: Tone) -> Role {
  match tone {
    Tone::Plain => Role::Text,
    Tone::Strong => Role::Strong,
    Tone::Faint => Role::Faint,
    Tone::Good => Role::Good,
    Tone::Warn => Role::Warn,
    Tone::Bad => Role::Bad,
  }
}
