//! Draws a `render::Page` into an area: broken to its width, scrolled, nothing lost silently.

use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{
  pen::{Pen, role},
  theme::{Role, Theme},
};
use crate::{
  model::shown::Shown,
  render::{Line, Page, Tone},
};

/// The page in rows of at most `width` columns. A line that may not be broken between words is
/// broken anywhere: on a screen a cut command is worse than a broken one.
pub(super) fn rows(page: &Page, width: usize) -> Vec<(Tone, String)> {
  page
    .0
    .iter()
    .flat_map(|line| broken(line, width).into_iter().map(|row| (line.tone, row)))
    .collect()
}

fn broken(line: &Line, width: usize) -> Vec<String> {
  let text = Shown::line(&line.text).to_string();
  let text = text.trim_end();
  if text.width() <= width || width == 0 {
    return vec![text.to_owned()];
  }
  let own = text.len() - text.trim_start().len();
  let hang = line.hang.unwrap_or(own + 2).min(width / 2);
  let mut rows = Vec::new();
  let mut row = String::new();
  let mut used = 0;
  for word in text.split_inclusive(' ') {
    let wide = word.trim_end().width();
    if used + wide > width && used > hang.max(own) {
      rows.push(std::mem::take(&mut row));
      row.push_str(&" ".repeat(hang));
      used = hang;
    }
    for c in word.chars() {
      let wide = c.width().unwrap_or(0);
      if used + wide > width {
        if c == ' ' {
          continue;
        }
        rows.push(std::mem::take(&mut row));
        row.push_str(&" ".repeat(hang));
        used = hang;
      }
      row.push(c);
      used += wide;
    }
  }
  rows.push(row);
  rows
}

/// How far a page of `count` rows can be scrolled in `height`.
pub(super) fn clamp(scroll: usize, count: usize, height: usize) -> usize {
  scroll.min(count.saturating_sub(height))
}

/// Draws from row `scroll`; the last row says how many more there are.
pub(super) fn draw(
  buffer: &mut Buffer,
  area: Rect,
  theme: Theme,
  rows: &[(Tone, String)],
  scroll: usize,
) {
  let height = usize::from(area.height);
  let scroll = clamp(scroll, rows.len(), height);
  let below = rows.len().saturating_sub(scroll + height);
  for (at, (tone, text)) in rows.iter().skip(scroll).take(height).enumerate() {
    let row = u16::try_from(at).unwrap_or(u16::MAX);
    let mut pen = Pen::row(buffer, area, row, theme);
    // Of a single row the text itself is worth more.
    if below > 0 && at + 1 == height && height > 1 {
      pen.put(
        Role::Faint,
        &format!("-- {} more lines: Down or PgDn --", below + 1),
      );
    } else {
      pen.put(role(*tone), text);
    }
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn every_row_fits_and_no_character_is_lost() {
    let mut page = Page::default();
    page.wrapped(Tone::Plain, &format!("  !! {}", "word ".repeat(30)), 5);
    page.plain(format!(
      "  fix: cutover --config {} rollback",
      "p".repeat(90)
    ));
    page.plain("日本語".repeat(20));
    for width in [20, 38, 76] {
      let rows = rows(&page, width);
      assert!(rows.iter().all(|(_, row)| row.width() <= width), "{rows:?}");
      let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
      let drawn: usize = rows.iter().map(|(_, row)| letters(row)).sum();
      let given: usize = page.0.iter().map(|line| letters(&line.text)).sum();
      assert_eq!(drawn, given);
    }
  }
}
