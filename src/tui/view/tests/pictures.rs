//! The pictures of the documents are the screens themselves; `tui::reference` keeps them true.

use ratatui::buffer::Buffer;

use super::{COLORED, LARGE, SMALL, afternoon, drawn, scenes, svg};
use crate::tui::{msg::Msg, scene::rollback, state::panel::Panel};

fn dashboard() -> Buffer {
  drawn(&afternoon::console().app, LARGE, COLORED)
}

fn question() -> Buffer {
  let mut console = afternoon::console();
  console.press("R");
  console.planned(rollback());
  console.tell(Msg::Painted);
  console.pass(600);
  console.tell(Msg::Tick);
  drawn(&console.app, SMALL, COLORED)
}

fn failure() -> Buffer {
  let mut console = scenes::failed();
  console.app.panel = Panel::Operation;
  console.app.zoomed = true;
  drawn(&console.app, (100, 32), COLORED)
}

/// Name of the file, what it shows, the picture.
pub(crate) fn all() -> [(&'static str, String); 3] {
  let picture = |name, buffer| svg::picture(&buffer, name);
  [
    (
      "dashboard",
      picture("The console: both environments side by side", dashboard()),
    ),
    (
      "rollback",
      picture("The question before a rollback", question()),
    ),
    (
      "failure",
      picture("A switch that failed and was put back", failure()),
    ),
  ]
}
