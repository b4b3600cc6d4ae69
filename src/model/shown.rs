//! The one door between bytes from outside and the operator's terminal.
//!
//! Log lines, names, labels, HTTP bodies, compose output and error texts become `Shown` before
//! they can be printed: no control character, no bidi override, bounded length and accents.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use unicode_width::UnicodeWidthChar;

const MOST_BYTES: usize = 8 * 1024;
const MOST_ACCENTS: usize = 2;
/// Stands where an escape sequence was cut out.
pub const MARK: char = '␛';

/// Text that is safe to print: one line, no escape sequence, nothing that re-orders or hides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Shown(String);

impl Shown {
  /// Cleans one line. Tabs and line ends become spaces, what hides or re-orders text and what
  /// only colors it becomes nothing. A sequence that would steer the terminal becomes `MARK`; of
  /// one that has no end only its beginning does, and what follows it stays.
  pub fn line(raw: &str) -> Self {
    // Most lines are plain, and a screen full of them is cleaned thirty times a second.
    if raw.len() < MOST_BYTES && raw.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
      return Self(raw.to_owned());
    }
    let mut out = String::with_capacity(raw.len().min(MOST_BYTES));
    let mut accents = 0;
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
      rest = &rest[c.len_utf8()..];
      if out.len() >= MOST_BYTES {
        out.push_str(" [cut]");
        break;
      }
      match c {
        '\t' => out.push_str("    "),
        '\n' | '\u{2028}' | '\u{2029}' => out.push(' '),
        '\u{1b}' => match sequence(rest) {
          Escape::Look(length) => rest = &rest[length..],
          Escape::Command(length) => {
            out.push(MARK);
            rest = &rest[length..];
          }
          Escape::Broken => out.push(MARK),
        },
        '\u{80}'..='\u{9f}' => out.push(MARK),
        _ if is_hidden(c) => {}
        _ if c.width() == Some(0) => {
          accents += 1;
          if accents <= MOST_ACCENTS && !out.is_empty() {
            out.push(c);
          }
        }
        _ => {
          accents = 0;
          out.push(c);
        }
      }
    }
    Self(out)
  }

  /// Cleans several lines, each on its own.
  pub fn lines(raw: &str) -> Vec<Self> {
    raw.lines().map(Self::line).collect()
  }

  pub fn bytes(raw: &[u8]) -> Self {
    Self::line(&String::from_utf8_lossy(raw))
  }

  pub fn as_str(&self) -> &str {
    &self.0
  }
}

/// What stands behind an escape character.
enum Escape {
  /// Colors and character sets, of so many bytes: nobody reads them.
  Look(usize),
  /// A whole sequence that would do something, of so many bytes.
  Command(usize),
  /// Only the beginning of a sequence, or none: what follows is the text of somebody.
  Broken,
}

/// CSI ends with its final byte; a string (OSC, DCS, APC, PM, SOS) with BEL or ST on its line.
fn sequence(rest: &str) -> Escape {
  let Some(kind) = rest.chars().next() else {
    return Escape::Broken;
  };
  let body = &rest[kind.len_utf8()..];
  match kind {
    '[' => match body.find(|c: char| !('\u{20}'..='\u{3f}').contains(&c)) {
      Some(at) if body[at..].starts_with('m') => Escape::Look(at + 2),
      Some(at) if ('\u{40}'..='\u{7e}').contains(&char::from(body.as_bytes()[at])) => {
        Escape::Command(at + 2)
      }
      _ => Escape::Broken,
    },
    ']' | 'P' | '_' | '^' | 'X' => match body.find(['\u{7}', '\u{9c}', '\u{1b}', '\n', '\r']) {
      Some(at) if body[at..].starts_with('\u{7}') => Escape::Command(at + 2),
      Some(at) if body[at..].starts_with("\u{9c}") || body[at..].starts_with("\u{1b}\\") => {
        Escape::Command(at + 3)
      }
      _ => Escape::Broken,
    },
    '(' | ')' | '*' | '+' if body.starts_with(|c: char| c.is_ascii_alphanumeric()) => {
      Escape::Look(2)
    }
    _ => Escape::Broken,
  }
}

/// C0, DEL, C1, and the format characters that re-order, join or hide text (Cf), tags included.
fn is_hidden(c: char) -> bool {
  c.is_control()
    || matches!(c,
      '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
      | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl fmt::Display for Shown {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(&self.0)
  }
}

impl From<&str> for Shown {
  fn from(raw: &str) -> Self {
    Self::line(raw)
  }
}

impl From<String> for Shown {
  fn from(raw: String) -> Self {
    Self::line(&raw)
  }
}

impl<'de> Deserialize<'de> for Shown {
  fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
    String::deserialize(from).map(Self::from)
  }
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  #[test]
  fn an_escape_sequence_leaves_nothing_that_a_terminal_obeys() {
    for (raw, clean) in [
      ("a\u{1b}[31mRED\u{1b}[0mb", "aREDb"),
      ("\u{1b}(Ba\u{1b}[38;5;1mb", "ab"),
      ("\u{1b}]52;c;cm0gLXJm\u{7}after", "␛after"),
      ("\u{1b}]0;title\u{1b}\\after", "␛after"),
      ("\u{1b}]0;title\u{9c}after", "␛after"),
      ("\u{1b}[2Jafter\u{1b}[Hand", "␛after␛and"),
      ("a\tb", "a    b"),
      ("x\u{202e}evil", "xevil"),
      ("\u{9b}31m", "␛31m"),
    ] {
      assert_eq!(Shown::line(raw).as_str(), clean, "{raw:?}");
    }
  }

  #[test]
  fn what_follows_a_sequence_without_an_end_is_not_lost() {
    for (raw, clean) in [
      ("a\u{1b}]0;no end", "a␛]0;no end"),
      ("\u{1b}]0;two\nlines\u{7}", "␛]0;two lines"),
      ("\u{1b}P1;ORDER 42\u{1b}[31m paid", "␛P1;ORDER 42 paid"),
      ("\u{1b}]a\u{1b}]b\u{7}c", "␛]a␛c"),
      ("\u{1b}[12", "␛[12"),
      ("\u{1b}[12é", "␛[12é"),
      ("\u{1b}Hello", "␛Hello"),
      ("end\u{1b}", "end␛"),
    ] {
      assert_eq!(Shown::line(raw).as_str(), clean, "{raw:?}");
    }
  }

  proptest! {
    #[test]
    fn any_text_becomes_printable_and_stays_the_same_when_cleaned_again(raw in "\\PC*|(.|\n|\u{1b}|\u{9b})*") {
      let once = Shown::line(&raw);
      prop_assert!(!once.as_str().chars().any(|c| c.is_control() || is_hidden(c)));
      let again = Shown::line(once.as_str());
      prop_assert_eq!(again, once);
    }
  }
}
