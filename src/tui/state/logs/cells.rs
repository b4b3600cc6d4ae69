//! How wide text is on the screen, and where it is cut. The same pieces are measured here and
//! drawn by the view, so that what was counted is what is drawn.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

/// What takes one place on the screen: a character with its accents, one or two columns wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
  pub text: &'a str,
  pub start: usize,
  pub width: usize,
}

/// The cells of clean text. What changes the width of its neighbor depending on the terminal
/// (variation selectors, skin tones) is left out.
pub fn cells(text: &str) -> impl Iterator<Item = Cell<'_>> {
  let mut rest = text.char_indices().peekable();
  std::iter::from_fn(move || {
    loop {
      let (start, c) = rest.next()?;
      let width = c.width().unwrap_or(0);
      if width == 0 || is_modifier(c) {
        continue;
      }
      let mut end = start + c.len_utf8();
      while let Some((at, accent)) = rest.next_if(|(_, c)| c.width() == Some(0) && !is_modifier(*c))
      {
        end = at + accent.len_utf8();
      }
      return Some(Cell {
        text: &text[start..end],
        start,
        width,
      });
    }
  })
}

/// Where the cell ends that `at` is in, when that is among the accents of a character.
pub fn past_accents(text: &str, at: usize) -> usize {
  let rest = text.get(at..).unwrap_or_default();
  let next = rest.char_indices().find(|(_, c)| c.width() != Some(0));
  at + next.map_or(rest.len(), |(end, _)| end)
}

fn is_modifier(c: char) -> bool {
  matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0100}'..='\u{e01ef}')
}

pub fn width(text: &str) -> usize {
  if text.is_ascii() {
    return text.len();
  }
  cells(text).map(|cell| cell.width).sum()
}

/// A part of a text, and whether more stands behind it that has no room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
  pub bytes: Range<usize>,
  pub cut: bool,
}

/// The text in lines of at most `room` columns. At least one line, also for no text.
pub(super) fn wrap(text: &str, room: usize, parts: &mut Vec<Part>) {
  let mut start = 0;
  if text.is_ascii() {
    let room = room.max(1);
    while text.len() - start > room {
      parts.push(whole(start..start + room));
      start += room;
    }
  } else {
    let mut used = 0;
    for cell in cells(text) {
      if used + cell.width > room && used > 0 {
        parts.push(whole(start..cell.start));
        start = cell.start;
        used = 0;
      }
      used += cell.width;
    }
  }
  parts.push(whole(start..text.len()));
}

/// How many lines `wrap` makes.
pub(super) fn lines(text: &str, room: usize) -> usize {
  if text.is_ascii() {
    return text.len().div_ceil(room.max(1)).max(1);
  }
  let (mut lines, mut used) = (1, 0);
  for cell in cells(text) {
    if used + cell.width > room && used > 0 {
      lines += 1;
      used = 0;
    }
    used += cell.width;
  }
  lines
}

/// What can be seen of a text that was moved `left` columns sideways.
pub(super) fn window(text: &str, left: usize, room: usize) -> Part {
  let (mut at, mut start, mut used) = (0, text.len(), 0);
  let mut before_last = text.len();
  for cell in cells(text) {
    if at < left {
      at += cell.width;
      continue;
    }
    if used == 0 {
      start = cell.start;
    }
    if used + cell.width > room {
      let end = if used < room { cell.start } else { before_last };
      return Part {
        bytes: start..end.max(start),
        cut: true,
      };
    }
    before_last = cell.start;
    used += cell.width;
  }
  whole(start..text.len())
}

fn whole(bytes: Range<usize>) -> Part {
  Part { bytes, cut: false }
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  #[test]
  fn a_window_shows_what_fits_and_says_when_more_follows() {
    for (text, left, room, shown, cut) in [
      ("abcdef", 0, 6, "abcdef", false),
      ("abcdef", 0, 4, "abc", true),
      ("abcdef", 3, 4, "def", false),
      ("abcdef", 9, 4, "", false),
      ("日本語", 0, 5, "日本", true),
      ("日本語", 1, 4, "本語", false),
      ("日本語", 0, 4, "日", true),
    ] {
      let part = window(text, left, room);
      assert_eq!(
        (&text[part.bytes], part.cut),
        (shown, cut),
        "{text} {left} {room}"
      );
    }
  }

  #[test]
  fn a_look_that_ends_behind_a_letter_takes_its_accents_along() {
    let text = "ne\u{301}e";
    assert_eq!(past_accents(text, 1), 1);
    assert_eq!(
      past_accents(text, 2),
      4,
      "between the letter and its accent"
    );
    assert_eq!(past_accents(text, text.len()), text.len());
  }

  proptest! {
    #[test]
    fn wrapped_lines_hold_all_cells_and_none_is_too_wide(text in "\\PC{0,80}|[a-z ]{0,80}", room in 2_usize..30) {
      let mut parts = Vec::new();
      wrap(&text, room, &mut parts);
      prop_assert_eq!(parts.len(), lines(&text, room));
      let mut joined = String::new();
      for part in &parts {
        prop_assert!(width(&text[part.bytes.clone()]) <= room);
        joined.push_str(&text[part.bytes.clone()]);
      }
      prop_assert_eq!(joined, text);
    }

    #[test]
    fn a_window_is_never_wider_than_its_room(text in "\\PC{0,80}", left in 0_usize..40, room in 1_usize..30) {
      let part = window(&text, left, room);
      let wide = width(&text[part.bytes]) + usize::from(part.cut);
      prop_assert!(wide <= room, "{wide} > {room}");
    }
  }
}
