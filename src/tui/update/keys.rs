//! From a key to what it does: the topmost dialog has it first, then the panel, then everywhere.

use super::{act, modal};
use crate::tui::{effect::Effect, key::Key, state::app::App};

pub(super) fn key(app: &mut App, key: Key) -> Vec<Effect> {
  if !app.modals.is_empty() {
    return modal::key(app, key);
  }
  match app.keymap.action(app.panel, key) {
    Some(action) => act::act(app, action),
    None => Vec::new(),
  }
}
