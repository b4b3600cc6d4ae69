//! What the operator's terminal sends, as messages; and the notice when it is gone.
//!
//! crossterm's own reader never notices a hang-up and spins (crossterm-rs/crossterm#793), so a
//! thread watches the terminal for it and does nothing else.

use std::{
  io,
  os::fd::{AsFd, OwnedFd},
  thread,
  time::Duration,
};

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::StreamExt;
use nix::{
  errno::Errno,
  poll::{PollFd, PollFlags, PollTimeout, poll},
  sys::signal::{Signal, raise},
  sys::termios::{SetArg, tcgetattr, tcsetattr},
};
use tokio::{
  sync::{mpsc, oneshot},
  task::JoinHandle,
};

use super::key::{Code, Key};

/// How long the loop may take to end once the terminal is gone.
const PATIENCE: Duration = Duration::from_secs(1);

/// One thing the terminal sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
  Key(Key),
  Repeat,
  Paste(String),
  Resize,
  Focus(bool),
  /// Lines of the wheel, down is positive.
  Wheel(isize),
}

/// Keys typed while the loop is busy wait here; more than this wait in the terminal.
const WAITING: usize = 256;

/// crossterm's stream is read by a task of its own: each look at it spins on the lock of its thread,
/// and it keeps the first waker it is given until the next key.
pub(super) struct Input {
  reading: Option<Reading>,
}

struct Reading {
  heard: mpsc::Receiver<Heard>,
  task: JoinHandle<()>,
}

impl Input {
  pub(super) fn open() -> Self {
    Self {
      reading: Some(Reading::begin()),
    }
  }

  /// Leaves the keys to another program until `reopen`; what was typed and not read is dropped.
  pub(super) async fn close(&mut self) {
    if let Some(reading) = self.reading.take() {
      reading.task.abort();
      // A second stream would wait for the lock that the first one holds until it is dropped.
      drop(reading.task.await);
    }
  }

  pub(super) async fn reopen(&mut self) {
    self.close().await;
    self.reading = Some(Reading::begin());
  }

  /// The next thing; `None` when the terminal is gone. Safe to cancel.
  pub(super) async fn next(&mut self) -> Option<Heard> {
    match &mut self.reading {
      Some(reading) => reading.heard.recv().await,
      None => std::future::pending().await,
    }
  }

  /// What is there already, without waiting.
  pub(super) fn ready(&mut self) -> Option<Heard> {
    self.reading.as_mut()?.heard.try_recv().ok()
  }
}

impl Reading {
  fn begin() -> Self {
    let (to, heard) = mpsc::channel(WAITING);
    let task = tokio::spawn(async move {
      let mut events = EventStream::new();
      while let Some(Ok(event)) = events.next().await {
        if let Some(heard) = self::heard(event)
          && to.send(heard).await.is_err()
        {
          return;
        }
      }
    });
    Self { heard, task }
  }
}

fn heard(event: Event) -> Option<Heard> {
  match event {
    Event::Key(key) => pressed(key),
    Event::Paste(text) => Some(Heard::Paste(text)),
    Event::Resize(..) => {
      look_again();
      Some(Heard::Resize)
    }
    Event::FocusGained => Some(Heard::Focus(true)),
    Event::FocusLost => Some(Heard::Focus(false)),
    Event::Mouse(mouse) => match mouse.kind {
      crossterm::event::MouseEventKind::ScrollDown => Some(Heard::Wheel(3)),
      crossterm::event::MouseEventKind::ScrollUp => Some(Heard::Wheel(-3)),
      _ => None,
    },
  }
}

/// crossterm 0.29 reports one of two things that happen at once and forgets the other: a key pressed
/// while the size changes would wait for the next key. Settings that are set again, unchanged, make
/// the kernel tell once more that there is something to read.
fn look_again() {
  let terminal = io::stdin();
  if let Ok(settings) = tcgetattr(&terminal) {
    let _ = tcsetattr(&terminal, SetArg::TCSANOW, &settings);
  }
}

fn pressed(event: KeyEvent) -> Option<Heard> {
  match event.kind {
    KeyEventKind::Press => {}
    KeyEventKind::Repeat => return Some(Heard::Repeat),
    KeyEventKind::Release => return None,
  }
  let code = match event.code {
    KeyCode::Char(c) => Code::Char(c),
    KeyCode::Enter => Code::Enter,
    KeyCode::Esc => Code::Esc,
    KeyCode::Tab => Code::Tab,
    KeyCode::BackTab => Code::BackTab,
    KeyCode::Backspace => Code::Backspace,
    KeyCode::Delete => Code::Delete,
    KeyCode::Insert => Code::Insert,
    KeyCode::Up => Code::Up,
    KeyCode::Down => Code::Down,
    KeyCode::Left => Code::Left,
    KeyCode::Right => Code::Right,
    KeyCode::Home => Code::Home,
    KeyCode::End => Code::End,
    KeyCode::PageUp => Code::PageUp,
    KeyCode::PageDown => Code::PageDown,
    KeyCode::F(number) => Code::F(number),
    _ => return None,
  };
  Some(Heard::Key(Key {
    code,
    ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
    alt: event.modifiers.contains(KeyModifiers::ALT),
  }))
}

/// Ends when the terminal is hung up; never polls in between. The process is over soon after, also
/// when nobody listens.
pub(super) fn hang_up() -> io::Result<oneshot::Receiver<()>> {
  let terminal: OwnedFd = io::stdin().as_fd().try_clone_to_owned()?;
  let (tell, gone) = oneshot::channel();
  thread::Builder::new()
    .name("hang-up".to_owned())
    .spawn(move || {
      // Asking for nothing: a hang-up and an error are always told.
      let mut watched = [PollFd::new(terminal.as_fd(), PollFlags::empty())];
      while let Ok(0) | Err(Errno::EINTR) = poll(&mut watched, PollTimeout::NONE) {}
      let _ = tell.send(());
      // A loop that reads a key in this very moment never comes back from crossterm's reader.
      // Nothing is lost by it: operations are processes of their own.
      thread::park_timeout(PATIENCE);
      let _ = raise(Signal::SIGKILL);
    })?;
  Ok(gone)
}
