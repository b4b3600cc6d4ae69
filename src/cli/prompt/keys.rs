//! From terminal bytes to keys. Only ASCII can be part of an answer; everything else is a key
//! that means nothing, but still one that was pressed.

use std::time::Duration;

use crate::engine::confirm::Input;

/// A lone Esc is one that nothing follows for this long.
const LONE_ESCAPE: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
enum State {
  #[default]
  Ground,
  Escape {
    at: Duration,
  },
  /// Inside `ESC [ …`, with the parameters so far.
  Csi(String),
  /// After `ESC O`: one more character.
  Single,
}

#[derive(Debug, Default)]
pub(super) struct Keys {
  state: State,
}

impl Keys {
  pub(super) fn bytes(&mut self, bytes: &[u8], at: Duration) -> Vec<Input> {
    bytes
      .iter()
      .filter_map(|byte| self.byte(*byte, at))
      .collect()
  }

  /// When to call `silence`, so that a lone Esc is noticed.
  pub(super) fn wake_at(&self) -> Option<Duration> {
    match self.state {
      State::Escape { at } => Some(at + LONE_ESCAPE),
      State::Ground | State::Csi(_) | State::Single => None,
    }
  }

  pub(super) fn silence(&mut self, at: Duration) -> Option<Input> {
    if self.wake_at().is_some_and(|wake| at >= wake) {
      self.state = State::Ground;
      return Some(Input::Escape);
    }
    None
  }

  fn byte(&mut self, byte: u8, at: Duration) -> Option<Input> {
    match &mut self.state {
      State::Ground => self.ground(byte, at),
      State::Escape { .. } => match byte {
        b'[' => {
          self.state = State::Csi(String::new());
          None
        }
        b'O' => {
          self.state = State::Single;
          None
        }
        // Esc pressed again, or Esc and a key so fast that it reads as Alt: leaving is safe.
        _ => {
          self.state = State::Ground;
          Some(Input::Escape)
        }
      },
      State::Csi(parameters) => {
        if (0x40..=0x7e).contains(&byte) {
          let paste = byte == b'~' && parameters.starts_with("20");
          self.state = State::Ground;
          return Some(if paste { Input::Paste } else { Input::Other });
        }
        if parameters.len() < 16 {
          parameters.push(char::from(byte));
        }
        None
      }
      State::Single => {
        self.state = State::Ground;
        Some(Input::Other)
      }
    }
  }

  fn ground(&mut self, byte: u8, at: Duration) -> Option<Input> {
    Some(match byte {
      0x1b => {
        self.state = State::Escape { at };
        return None;
      }
      b'\r' | b'\n' => Input::Enter,
      0x08 | 0x7f => Input::Backspace,
      // Ctrl-C, Ctrl-D and Ctrl-\: everything that means "out of here".
      0x03 | 0x04 | 0x1c => Input::Interrupt,
      b' '..=b'~' => Input::Key(char::from(byte)),
      // The later bytes of one UTF-8 character are no keys of their own.
      0x80..=0xbf => return None,
      _ => Input::Other,
    })
  }
}
