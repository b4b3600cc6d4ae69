//! A message changes the state; what it asks for is done here or handed to `tasks`.

use std::io;

use super::{Console, Stage};
use crate::{
  render::Tone,
  tui::{copy, effect::Effect, msg::Msg, state::app::Now, update, view},
};

const BELL: &[u8] = b"\x07";

impl Console {
  pub(super) fn update(&mut self, msg: Msg) -> io::Result<()> {
    let now = Now {
      since_start: self.start.elapsed(),
      wall: self.world.clock.now(),
    };
    for effect in update(&mut self.app, msg, now) {
      match effect {
        Effect::Quit => self.stage = Stage::Over,
        Effect::Ring if self.bell => self.screen.send(BELL.to_vec())?,
        Effect::Ring => {}
        Effect::Redraw => self.screen.repaint(),
        Effect::Mouse => self.screen.toggle_mouse()?,
        Effect::Suspend => self.stage = Stage::Leaving,
        Effect::Shell { id, name } => self.shell = Some((id, name)),
        Effect::Copy { text } => self.copy(&text)?,
        Effect::CopyPanel => {
          let text = view::text(&self.app, self.screen.area(), self.theme);
          self.copy(&text)?;
        }
        Effect::Save { file, text } => self.save(&file, &text, ""),
        other => self.tasks.start(other, self.app.still_seen()),
      }
    }
    // Whatever lies open now, it is not the question that the newest frame holds.
    self.asks &= self.unpainted();
    Ok(())
  }

  /// To the clipboard, which may not take it, and to a file, which says where it is.
  fn copy(&mut self, text: &str) -> io::Result<()> {
    let tmux = std::env::var_os("TMUX").is_some();
    self.screen.send(copy::clipboard(text, tmux)?)?;
    self.save(&copy::name(), text, "copied; also in ");
    Ok(())
  }

  fn save(&mut self, name: &str, text: &str, done: &str) {
    match copy::save(&std::env::temp_dir(), name, text) {
      Ok(path) => {
        let done = if done.is_empty() { "saved as " } else { done };
        self
          .app
          .say(Tone::Good, format!("{done}{}", path.display()));
      }
      Err(error) => {
        tracing::warn!(%error, name, "a file could not be written");
        self
          .app
          .say(Tone::Bad, format!("{name} could not be written: {error}"));
      }
    }
  }
}
