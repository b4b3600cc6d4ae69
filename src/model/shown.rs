//! The one door between bytes from outside and the operator's terminal.
//!
//! Log lines, names, labels, HTTP bodies, compose output and error texts become `Shown` before
//! they can be printed: no control character, no bidi override, bounded length and accents.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use unicode_width::UnicodeWidthChar;

const MOST_BYTES: usize = 8 * 1024;
const MOST_ACCENTS: usize = 2;

/// Text that is safe to print: one line, no escape sequence, nothing that re-orders or hides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Shown(String);

impl Shown {
  /// Cleans one line. Tabs become spaces, line ends become spaces, everything that steers a
  /// terminal or hides text becomes nothing, and a removed escape leaves a visible mark.
  pub fn line(raw: &str) -> Self {
    // Most lines are plain, and a screen full of them is cleaned thirty times a second.
    if raw.len() < MOST_BYTES && raw.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
      return Self(raw.to_owned());
    }
    let mut out = String::with_capacity(raw.len().min(MOST_BYTES));
    let mut accents = 0;
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
      if out.len() >= MOST_BYTES {
        out.push_str(" [cut]");
        break;
      }
      match c {
        '\t' => out.push_str("    "),
        '\n' | '\u{2028}' | '\u{2029}' => out.push(' '),
        '\u{1b}' => {
          skip_sequence(&mut chars);
        }
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

/// Drops the rest of one escape sequence: CSI to its final byte, a string (OSC, DCS, APC, PM, SOS)
/// to its end, anything else one character.
fn skip_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
  match chars.peek() {
    Some('[') => {
      chars.next();
      while let Some(&c) = chars.peek() {
        if !('\u{20}'..='\u{7e}').contains(&c) {
          return;
        }
        chars.next();
        if ('\u{40}'..='\u{7e}').contains(&c) {
          return;
        }
      }
    }
    Some(']' | 'P' | '_' | '^' | 'X') => {
      chars.next();
      while let Some(c) = chars.next() {
        if c == '\u{7}' || c == '\u{9c}' {
          return;
        }
        if c == '\u{1b}' {
          if chars.peek() == Some(&'\\') {
            chars.next();
          }
          return;
        }
      }
    }
    Some(c) if ('\u{30}'..='\u{7e}').contains(c) => {
      chars.next();
    }
    _ => {}
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
      ("\u{1b}]52;c;cm0gLXJm\u{7}after", "after"),
      ("\u{1b}]0;title\u{1b}\\after", "after"),
      ("a\tb", "a    b"),
      ("x\u{202e}evil", "xevil"),
      ("\u{9b}31m", "31m"),
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
