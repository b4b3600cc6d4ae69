//! A page of lines. Each line has one tone, which color may carry but never alone.
//!
//! Nothing here is escaped or colored: `output` cleans every line before it paints it, so that no
//! render function can forget to.

use std::fmt;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The width every page is made for.
pub const WIDTH: usize = 80;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
  #[default]
  Plain,
  Strong,
  Faint,
  Good,
  Warn,
  Bad,
}

/// How much is told: `-q`, nothing, `-v`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
  Quiet,
  #[default]
  Normal,
  Verbose,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
  pub tone: Tone,
  pub text: String,
  /// Whether a terminal breaks it between words, and how far the rest is indented. Anything that
  /// may be copied, such as a command, is never broken.
  pub hang: Option<usize>,
}

impl Line {
  /// As shown on a terminal; a file or a pipe gets the text unbroken, to be searched.
  pub fn rows(&self) -> Vec<String> {
    self
      .hang
      .map_or_else(|| vec![self.text.clone()], |hang| wrap(&self.text, hang))
  }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page(pub Vec<Line>);

impl Page {
  pub fn push(&mut self, tone: Tone, text: impl Into<String>) {
    self.0.push(Line {
      tone,
      text: text.into(),
      hang: None,
    });
  }

  pub fn plain(&mut self, text: impl Into<String>) {
    self.push(Tone::Plain, text);
  }

  pub fn faint(&mut self, text: impl Into<String>) {
    self.push(Tone::Faint, text);
  }

  /// An empty line, unless the page is empty or ends with one.
  pub fn gap(&mut self) {
    if self.0.last().is_some_and(|line| !line.text.is_empty()) {
      self.plain("");
    }
  }

  /// A line that may be broken between words; later rows begin with `hang` spaces.
  pub fn wrapped(&mut self, tone: Tone, text: &str, hang: usize) {
    self.0.push(Line {
      tone,
      text: text.to_owned(),
      hang: Some(hang),
    });
  }

  /// A label and what there is to say of it, which goes on below itself when it is long.
  pub fn labelled(&mut self, tone: Tone, label: &str, text: &str) {
    self.wrapped(tone, &format!("  {label:<15}{text}"), 17);
  }

  /// Lines of one table.
  pub fn table(&mut self, tone: Tone, indent: usize, rows: &[Vec<String>]) {
    for line in table(indent, rows) {
      self.push(tone, line);
    }
  }

  pub fn append(&mut self, other: Page) {
    self.0.extend(other.0);
  }

  pub fn is_empty(&self) -> bool {
    self.0.is_empty()
  }
}

impl fmt::Display for Page {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for row in self.0.iter().flat_map(Line::rows) {
      writeln!(f, "{}", row.trim_end())?;
    }
    Ok(())
  }
}

/// Breaks at spaces and keeps them otherwise. A word wider than the page stays whole, so that a
/// command or a path can still be copied.
fn wrap(text: &str, hang: usize) -> Vec<String> {
  let mut lines = Vec::new();
  let mut rest = text.trim_end().to_owned();
  while rest.width() > WIDTH {
    let Some(at) = break_at(&rest) else {
      break;
    };
    let (line, next) = rest.split_at(at);
    lines.push(line.trim_end().to_owned());
    rest = format!("{}{}", " ".repeat(hang), next.trim_start());
  }
  lines.push(rest);
  lines
}

/// The last space within the page after the first word; else the first one beyond it.
fn break_at(text: &str) -> Option<usize> {
  let start = text.len() - text.trim_start().len();
  let mut used = 0;
  let mut best = None;
  for (index, c) in text.char_indices() {
    if c == ' ' && index > start {
      best = Some(index);
    }
    used += c.width().unwrap_or(0);
    if used > WIDTH && best.is_some() {
      return best;
    }
  }
  best
}

/// `text` in exactly `width` columns: padded, or cut with a visible mark.
pub fn fit(text: &str, width: usize) -> String {
  let mut out = cut(text, width);
  out.push_str(&" ".repeat(width.saturating_sub(out.width())));
  out
}

/// `text` in at most `width` columns; what is missing is marked by `...`.
pub fn cut(text: &str, width: usize) -> String {
  if text.width() <= width {
    return text.to_owned();
  }
  let room = width.saturating_sub(3);
  let mut out = String::new();
  let mut used = 0;
  for c in text.chars() {
    used += c.width().unwrap_or(0);
    if used > room {
      break;
    }
    out.push(c);
  }
  out.push_str("...".get(..width.min(3)).unwrap_or_default());
  out
}

/// `left` and `right` at the two ends of a line.
pub fn ends(left: &str, right: &str) -> String {
  let room = WIDTH.saturating_sub(right.width() + 2);
  format!("{}  {right}", fit(left, room))
}

/// Columns as wide as their widest cell; the last one is cut to what is left of the page.
pub fn table(indent: usize, rows: &[Vec<String>]) -> Vec<String> {
  let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
  let widths: Vec<usize> = (0..columns)
    .map(|column| {
      let cells = rows.iter().filter_map(|row| row.get(column));
      cells.map(|cell| cell.width()).max().unwrap_or(0).min(24)
    })
    .collect();
  rows
    .iter()
    .map(|row| {
      let mut line = " ".repeat(indent);
      for (column, cell) in row.iter().enumerate() {
        if column + 1 == row.len() {
          line.push_str(&cut(cell, WIDTH.saturating_sub(line.width())));
        } else {
          line.push_str(&fit(cell, widths.get(column).copied().unwrap_or(0)));
          line.push_str("  ");
        }
      }
      line.trim_end().to_owned()
    })
    .collect()
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn long_text_breaks_between_words_and_hangs() {
    let mut page = Page::default();
    page.wrapped(Tone::Plain, &format!("  !! {}", "word ".repeat(30)), 5);
    let text = page.to_string();
    assert!(text.lines().all(|line| line.width() <= WIDTH), "{text}");
    assert!(
      text
        .lines()
        .nth(1)
        .is_some_and(|line| line.starts_with("     word")),
      "{text}"
    );
  }

  #[test]
  fn a_word_wider_than_the_page_stays_whole_and_inner_spaces_stay() {
    let path = "p".repeat(100);
    assert_eq!(
      wrap(&format!("  a   b {path} c"), 4),
      [
        "  a   b".to_owned(),
        format!("    {path}"),
        "    c".to_owned()
      ]
    );
    assert_eq!(wrap("", 2), [""]);
  }

  #[test]
  fn wide_characters_are_counted_as_two_columns() {
    assert_eq!(fit("日本語", 5), "日...");
    assert_eq!(fit("日本", 6), "日本  ");
  }

  #[test]
  fn a_table_never_grows_past_the_page() {
    let rows = vec![
      vec!["a".into(), "x".repeat(200)],
      vec!["b".repeat(40), "y".into()],
    ];
    for line in table(2, &rows) {
      assert!(line.width() <= WIDTH, "{line}");
    }
  }
}
