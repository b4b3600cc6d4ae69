//! ```text
//! !! DOCTOR 2 red, ! shows all: H3 the proxy does not see nginx/active.conf ... and 1 more
//! ```
//! One row below the alarms, only while something is red.

use super::theme::Role;
use crate::{
  render::page::cut,
  tui::{action::Action, state::app::App},
};

pub(super) fn strip(app: &App, width: usize) -> Option<(Role, String)> {
  let key = app.keymap.key(Action::Doctor).map_or_else(
    || format!(":{}", Action::Doctor.row().id),
    |key| key.to_string(),
  );
  let text = app.site.secrets.mask(&app.doctor.strip(&key)?);
  Some((Role::Bad, cut(&format!("!! {text}"), width)))
}
