//! Frames of panels and dialogs, with a title at the left and facts at the right.
//!
//! Double lines are the slot users are on, whatever the colors are.

use ratatui::{
  buffer::Buffer,
  layout::Rect,
  widgets::{Block, Clear, Widget},
};
use unicode_width::UnicodeWidthStr;

use super::{
  pen::Pen,
  theme::{Role, Theme},
};

/// How a frame looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
  /// Users are on what is inside.
  pub(super) live: bool,
  pub(super) role: Role,
}

impl Look {
  pub(super) fn panel(live: bool, focused: bool) -> Self {
    Self {
      live,
      role: if focused { Role::Focus } else { Role::Frame },
    }
  }
}

/// One piece of a title.
pub(super) type Piece<'a> = (Role, &'a str);

/// Draws the frame and returns what is inside of it.
pub(super) fn draw(
  buffer: &mut Buffer,
  area: Rect,
  theme: Theme,
  look: Look,
  left: &[Piece<'_>],
  right: &[Piece<'_>],
) -> Rect {
  let block = Block::bordered()
    .border_set(theme.border(look.live))
    .border_style(theme.style(look.role));
  let inner = block.inner(area);
  block.render(area, buffer);
  let title = Rect {
    x: area.x.saturating_add(1),
    width: area.width.saturating_sub(2),
    height: 1.min(area.height),
    ..area
  };
  let taken: usize = left.iter().map(|(_, text)| text.width()).sum();
  let room = usize::from(title.width).saturating_sub(taken + 2);
  // A piece that says nothing would only be a gap in the frame.
  let right: Vec<_> = right
    .iter()
    .filter(|(_, text)| !text.trim().is_empty())
    .collect();
  let mut pen = Pen::row(buffer, title, 0, theme);
  let mut width = 0;
  let fits = right
    .iter()
    .rev()
    .take_while(|(_, text)| {
      width += text.width();
      width <= room
    })
    .count();
  for (role, text) in right.iter().rev().take(fits) {
    pen.right(*role, text);
  }
  for (role, text) in left {
    pen.put(*role, text);
  }
  inner
}

/// A dialog in the middle of the screen, over whatever is there.
pub(super) fn dialog(area: Rect, width: u16, height: u16) -> Rect {
  let width = width.min(area.width);
  let height = height.min(area.height);
  Rect {
    x: area.x + (area.width - width) / 2,
    y: area.y + (area.height - height) / 2,
    width,
    height,
  }
}

pub(super) fn clear(buffer: &mut Buffer, area: Rect) {
  Clear.render(area.intersection(buffer.area), buffer);
}
