//! The only way text gets onto the screen: cut to its room, and cleaned like all text from outside.
//!
//! `ratatui` lets bidi overrides and zero-width characters through some of its widgets
//! (measured in 0.30.2), so nothing here trusts a widget to clean.

use std::borrow::Cow;

use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use super::theme::{Role, Theme};
use crate::{model::shown::Shown, render::Tone};

/// Writes along one row, from left to right.
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

  /// As much as there is room for; what is cut ends in a mark.
  pub(super) fn put(&mut self, role: Role, text: &str) -> &mut Self {
    let style = self.theme.style(role);
    self.styled(style, text)
  }

  pub(super) fn styled(&mut self, style: Style, text: &str) -> &mut Self {
    let text = clean(text);
    let room = self.room();
    if room > 0 && text.width() > room {
      let mark = self.theme.ellipsis();
      let end = self.end;
      self
        .buffer
        .set_stringn(self.x, self.y, text.as_ref(), room - 1, style);
      self.buffer.set_stringn(end - 1, self.y, mark, 1, style);
      self.x = end;
    } else if room > 0 {
      let (x, _) = self
        .buffer
        .set_stringn(self.x, self.y, text.as_ref(), room, style);
      self.x = x;
    }
    self
  }

  /// Exactly `width` columns: padded, or cut with a mark.
  pub(super) fn cell(&mut self, role: Role, text: &str, width: usize) -> &mut Self {
    let text = clean(text);
    let width = width.min(self.room());
    let style = self.theme.style(role);
    if text.width() > width && width > 0 {
      let end = self.x + u16::try_from(width).unwrap_or(0);
      let mark = self.theme.ellipsis();
      self
        .buffer
        .set_stringn(self.x, self.y, text.as_ref(), width - 1, style);
      self.buffer.set_stringn(end - 1, self.y, mark, 1, style);
      self.x = end;
      return self;
    }
    if width > 0 {
      self
        .buffer
        .set_stringn(self.x, self.y, text.as_ref(), width, style);
    }
    self.x += u16::try_from(width).unwrap_or(0);
    self
  }

  /// Writes at the right end; what does not fit beside what is there is left out.
  pub(super) fn right(&mut self, role: Role, text: &str) -> &mut Self {
    let text = clean(text);
    let width = u16::try_from(text.width()).unwrap_or(u16::MAX);
    if let Some(x) = self.end.checked_sub(width)
      && x >= self.x
    {
      let style = self.theme.style(role);
      self
        .buffer
        .set_stringn(x, self.y, text.as_ref(), usize::from(width), style);
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
