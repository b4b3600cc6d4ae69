//! For the pty tests only: ends in a panic at the key that `CUTOVER_PANIC_AT` names.

use crate::tui::{input::Heard, key::Key};

pub(super) fn at(heard: &Heard) {
  let named =
    |key: &Key| std::env::var("CUTOVER_PANIC_AT").is_ok_and(|name| name == key.to_string());
  #[expect(clippy::panic, reason = "what a panic leaves behind is what is tested")]
  if matches!(heard, Heard::Key(key) if named(key)) {
    panic!("asked for by CUTOVER_PANIC_AT");
  }
}
