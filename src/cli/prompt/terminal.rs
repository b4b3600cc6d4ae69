//! The terminal in raw mode, for as long as this value lives.

use std::{
  io,
  os::fd::{AsFd, OwnedFd},
  time::Duration,
};

use nix::{
  errno::Errno,
  poll::{PollFd, PollFlags, PollTimeout, poll},
  sys::termios::{
    FlushArg, InputFlags, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcflush, tcgetattr,
    tcsetattr,
  },
  unistd::{read, write},
};

const PASTE_ON: &str = "\u{1b}[?2004h";
const PASTE_OFF: &str = "\u{1b}[?2004l";

pub(super) enum Heard {
  Bytes(Vec<u8>),
  Nothing,
  /// End of file or hang-up.
  Gone,
}

pub(super) struct Terminal {
  tty: OwnedFd,
  before: Termios,
  bracketed: bool,
}

impl Terminal {
  /// Raw input without echo and signals; whatever was typed before is thrown away.
  pub(super) fn open(tty: OwnedFd, term: &str) -> io::Result<Self> {
    let before = tcgetattr(&tty)?;
    let mut raw = before.clone();
    raw
      .local_flags
      .remove(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG | LocalFlags::IEXTEN);
    raw.input_flags.remove(InputFlags::IXON);
    raw.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
    raw.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
    tcsetattr(&tty, SetArg::TCSANOW, &raw)?;
    let mut terminal = Self {
      tty,
      before,
      bracketed: false,
    };
    // A dumb terminal would print the sequence; there the burst rule of `engine::confirm` stands.
    if !matches!(term, "" | "dumb") {
      terminal.bracketed = true;
      terminal.write(PASTE_ON)?;
    }
    tcflush(&terminal.tty, FlushArg::TCIFLUSH)?;
    Ok(terminal)
  }

  /// Waits for bytes, at most `wait`; without it, until something happens.
  pub(super) fn listen(&self, wait: Option<Duration>) -> io::Result<Heard> {
    let mut watched = [PollFd::new(self.tty.as_fd(), PollFlags::POLLIN)];
    match poll(&mut watched, timeout(wait)) {
      Ok(0) | Err(Errno::EINTR) => return Ok(Heard::Nothing),
      Ok(_) => {}
      Err(error) => return Err(error.into()),
    }
    let seen = watched[0].revents().unwrap_or(PollFlags::POLLERR);
    if !seen.contains(PollFlags::POLLIN) {
      return Ok(Heard::Gone);
    }
    let mut bytes = [0; 256];
    match read(&self.tty, &mut bytes) {
      Ok(0) | Err(Errno::EIO | Errno::ENXIO) => Ok(Heard::Gone),
      Ok(length) => Ok(Heard::Bytes(
        bytes.get(..length).unwrap_or_default().to_vec(),
      )),
      Err(Errno::EINTR | Errno::EAGAIN) => Ok(Heard::Nothing),
      Err(error) => Err(error.into()),
    }
  }

  pub(super) fn write(&self, text: &str) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
      match write(&self.tty, rest) {
        Ok(written) => rest = rest.get(written..).unwrap_or_default(),
        Err(Errno::EINTR) => {}
        Err(error) => return Err(error.into()),
      }
    }
    Ok(())
  }
}

/// Whole milliseconds, rounded up so that waking is never too early.
fn timeout(wait: Option<Duration>) -> PollTimeout {
  wait.map_or(PollTimeout::NONE, |wait| {
    let millis = wait.as_micros().div_ceil(1_000);
    PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
  })
}

impl Drop for Terminal {
  fn drop(&mut self) {
    if self.bracketed {
      let _ = self.write(PASTE_OFF);
    }
    let _ = self.write("\n");
    // What was typed after the answer belongs to nobody's next question.
    let _ = tcsetattr(&self.tty, SetArg::TCSAFLUSH, &self.before);
  }
}
