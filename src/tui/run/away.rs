//! The terminal is lent: to a shell in a container, or to the shell that started the console.

use std::io::{self, Write};

use nix::{sys::signal::kill, unistd::Pid};

use super::{Console, Stage};
use crate::{
  model::{container::ContainerId, shown::Shown},
  render::Tone,
  tui::{msg::Msg, signals::a_shell_waits},
};

impl Console {
  /// Leaves the terminal to a shell in a container until that ends.
  pub(super) async fn visit(&mut self, id: &ContainerId, name: &str) -> io::Result<()> {
    self.input.close().await;
    self.screen.leave().await;
    let hello = format!(
      "cutover: a shell in {}; exit comes back\r\n",
      Shown::line(name)
    );
    io::stdout().write_all(hello.as_bytes())?;
    let ended = self.world.runtime.shell(id).await;
    self.come_back().await?;
    match ended {
      Ok(()) => self
        .app
        .say(Tone::Faint, format!("the shell in {name} ended")),
      Err(error) => {
        tracing::warn!(%error, name, "the shell could not be opened");
        let text = self.world.shown(&error.to_string());
        self.app.say(Tone::Bad, text.as_str());
      }
    }
    self.update(Msg::Tick)
  }

  /// Back to the shell until it continues us.
  pub(super) async fn suspend(&mut self) -> io::Result<()> {
    if !a_shell_waits() {
      self.stage = Stage::Ours;
      let text = "there is no shell to go back to; q quits".into();
      let tone = Tone::Warn;
      return self.update(Msg::Said { tone, text });
    }
    self.input.close().await;
    self.screen.leave().await;
    self.stage = Stage::Away;
    // The whole job, as the terminal would: a script that started us must stop too. Not SIGTSTP,
    // which this process listens to: a signal that is listened to does not stop it.
    kill(Pid::from_raw(0), nix::sys::signal::Signal::SIGSTOP)?;
    Ok(())
  }

  /// After a stop of any kind: whoever had the terminal may have changed it.
  pub(super) async fn come_back(&mut self) -> io::Result<()> {
    self.stage = Stage::Ours;
    self.screen.come_back()?;
    self.input.reopen().await;
    Ok(())
  }
}
