//! One key as the operator names it: `R`, `ctrl-d`, `pgdn`, `space`. Pure; `input` makes these
//! from what the terminal sends, the key table and the operator's `[keys]` write them.

use std::{fmt, str::FromStr};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
  Char(char),
  Enter,
  Esc,
  Tab,
  BackTab,
  Backspace,
  Delete,
  Insert,
  Up,
  Down,
  Left,
  Right,
  Home,
  End,
  PageUp,
  PageDown,
  F(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
  pub code: Code,
  pub ctrl: bool,
  pub alt: bool,
}

impl Key {
  pub const fn plain(code: Code) -> Self {
    Self {
      code,
      ctrl: false,
      alt: false,
    }
  }

  pub const fn char(c: char) -> Self {
    Self::plain(Code::Char(c))
  }

  pub const fn ctrl(c: char) -> Self {
    Self {
      code: Code::Char(c),
      ctrl: true,
      alt: false,
    }
  }

  /// The character this key types into a text, if it types one.
  pub fn typed(self) -> Option<char> {
    match self.code {
      Code::Char(c) if !self.ctrl && !self.alt => Some(c),
      _ => None,
    }
  }
}

const NAMES: [(&str, Code); 18] = [
  ("enter", Code::Enter),
  ("esc", Code::Esc),
  ("tab", Code::Tab),
  ("shift-tab", Code::BackTab),
  ("backspace", Code::Backspace),
  ("delete", Code::Delete),
  ("insert", Code::Insert),
  ("up", Code::Up),
  ("down", Code::Down),
  ("left", Code::Left),
  ("right", Code::Right),
  ("home", Code::Home),
  ("end", Code::End),
  ("pgup", Code::PageUp),
  ("pgdn", Code::PageDown),
  ("space", Code::Char(' ')),
  ("page-up", Code::PageUp),
  ("page-down", Code::PageDown),
];

impl fmt::Display for Key {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if self.ctrl {
      f.write_str("ctrl-")?;
    }
    if self.alt {
      f.write_str("alt-")?;
    }
    if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code) {
      return f.write_str(name);
    }
    match self.code {
      Code::Char(c) => write!(f, "{c}"),
      Code::F(number) => write!(f, "f{number}"),
      _ => Ok(()),
    }
  }
}

/// A text that names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a key: write one like R, ctrl-d, f1, space, pgdn or shift-tab")]
pub struct NotAKey(pub String);

impl FromStr for Key {
  type Err = NotAKey;

  fn from_str(text: &str) -> Result<Self, Self::Err> {
    let bad = || NotAKey(text.chars().take(40).collect());
    let mut rest = text;
    let mut key = Self::char(' ');
    loop {
      if let Some(after) = rest.strip_prefix("ctrl-").filter(|after| !after.is_empty()) {
        key.ctrl = true;
        rest = after;
      } else if let Some(after) = rest.strip_prefix("alt-").filter(|after| !after.is_empty()) {
        key.alt = true;
        rest = after;
      } else {
        break;
      }
    }
    let mut chars = rest.chars();
    key.code = match (chars.next(), chars.next()) {
      (Some(c), None) if !c.is_control() => Code::Char(c),
      _ => NAMES
        .iter()
        .find(|(name, _)| *name == rest.to_ascii_lowercase())
        .map(|(_, code)| *code)
        .or_else(|| {
          let number: u8 = rest.strip_prefix(['f', 'F'])?.parse().ok()?;
          (1..=12).contains(&number).then_some(Code::F(number))
        })
        .ok_or_else(bad)?,
    };
    Ok(key)
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_key_is_read_as_it_is_shown() {
    for text in [
      "R",
      "y",
      "?",
      ":",
      "ctrl-d",
      "alt-x",
      "f1",
      "space",
      "pgdn",
      "shift-tab",
      "-",
      "ctrl--",
      "esc",
      "=",
    ] {
      let key: Key = text.parse().unwrap();
      assert_eq!(key.to_string(), text);
    }
    assert_eq!("PgDn".parse::<Key>(), Ok(Key::plain(Code::PageDown)));
  }

  #[test]
  fn what_is_no_key_is_refused() {
    for text in ["", "ctrl-", "hyper-x", "f13", "RR", "\u{1b}"] {
      assert!(text.parse::<Key>().is_err(), "{text:?}");
    }
  }
}
