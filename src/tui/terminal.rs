//! The terminal in full screen, for as long as this value lives: given back on quit, panic, signal
//! and suspend. With `input`, the only file that names crossterm.
//!
//! A frame is the difference to the one before, in one write inside a synchronized block. A thread
//! of its own writes, so that a slow line delays frames and never keys: the next frame is drawn
//! from the newest state once the one before is out.

use std::{
  io::{self, IsTerminal, Write},
  os::fd::AsFd,
  sync::{
    Once,
    atomic::{AtomicBool, Ordering},
    mpsc,
  },
  thread,
  time::Duration,
};

use crossterm::{
  cursor::{Hide, Show},
  event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture,
  },
  queue,
  style::ResetColor,
  terminal::{
    self, Clear, ClearType, DisableLineWrap, EnableLineWrap, EnterAlternateScreen,
    LeaveAlternateScreen, SetTitle,
  },
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use ratatui::{
  backend::{Backend, CrosstermBackend},
  buffer::Buffer,
  layout::Rect,
};
use tokio::{sync::mpsc as tokio_mpsc, time::timeout};

const SYNC_BEGIN: &[u8] = b"\x1b[?2026h";
const SYNC_END: &[u8] = b"\x1b[?2026l";
/// How long a terminal that takes nothing may keep the console from leaving it.
const LEAVING: Duration = Duration::from_millis(250);

/// Whether this process has the terminal in full screen now; the panic hook asks.
static OURS: AtomicBool = AtomicBool::new(false);
/// A panic gave the terminal back: nothing may be drawn on it any more.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// What may be asked of a terminal, beyond drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manners {
  /// Frames in synchronized blocks (mode 2026).
  pub(super) sync: bool,
  pub(super) mouse: bool,
}

pub(super) struct Screen {
  manners: Manners,
  before: Buffer,
  next: Buffer,
  to_writer: Option<mpsc::Sender<Vec<u8>>>,
  writer: Option<thread::JoinHandle<()>>,
  written: tokio_mpsc::UnboundedReceiver<io::Result<()>>,
  /// Closed when the writer is done.
  ended: mpsc::Receiver<()>,
  /// Writes that are not out yet.
  under_way: usize,
  clear: bool,
}

/// Columns and rows of the terminal this was typed in; `None` where there is none.
pub fn columns_and_rows() -> Option<(u16, u16)> {
  io::stdout()
    .is_terminal()
    .then(|| terminal::size().ok())
    .flatten()
}

impl Screen {
  pub(super) fn open(manners: Manners) -> io::Result<Self> {
    give_back_on_panic();
    // Without this crossterm turns every color into a reset under NO_COLOR, which also ends bold
    // and reverse (0.29); the mono theme has no color to begin with.
    crossterm::style::force_color_output(true);
    let area = size()?;
    let (to_writer, frames) = mpsc::channel::<Vec<u8>>();
    let (tell, written) = tokio_mpsc::unbounded_channel();
    let (end, ended) = mpsc::channel::<()>();
    let writer = thread::Builder::new()
      .name("terminal".to_owned())
      .spawn(move || {
        let _end = end;
        for frame in frames {
          // A frame for a terminal that was given back meanwhile would be drawn over the shell.
          let result = if OURS.load(Ordering::SeqCst) {
            let mut out = io::stdout().lock();
            out.write_all(&frame).and_then(|()| out.flush())
          } else {
            Ok(())
          };
          if tell.send(result).is_err() {
            return;
          }
        }
      })?;
    let screen = Self {
      manners,
      before: Buffer::empty(area),
      next: Buffer::empty(area),
      to_writer: Some(to_writer),
      writer: Some(writer),
      written,
      ended,
      under_way: 0,
      clear: false,
    };
    screen.enter()?;
    Ok(screen)
  }

  fn enter(&self) -> io::Result<()> {
    OURS.store(true, Ordering::SeqCst);
    terminal::enable_raw_mode()?;
    let mut bytes = Vec::new();
    queue!(
      bytes,
      EnterAlternateScreen,
      Hide,
      DisableLineWrap,
      EnableBracketedPaste,
      EnableFocusChange,
      Clear(ClearType::All)
    )?;
    if self.manners.mouse {
      queue!(bytes, EnableMouseCapture)?;
    }
    let mut out = io::stdout().lock();
    out.write_all(&bytes)?;
    out.flush()
  }

  /// Waits until one write is out. `Err` when the terminal is gone. Safe to cancel.
  pub(super) async fn painted(&mut self) -> io::Result<()> {
    let result = self
      .written
      .recv()
      .await
      .unwrap_or_else(|| Err(io::ErrorKind::BrokenPipe.into()));
    self.under_way = self.under_way.saturating_sub(1);
    result
  }

  /// The last frame is still on its way to the terminal.
  pub(super) fn is_busy(&self) -> bool {
    self.under_way > 0
  }

  /// The size of the last frame.
  pub(super) fn area(&self) -> Rect {
    self.before.area
  }

  /// The next frame paints everything.
  pub(super) fn repaint(&mut self) {
    self.clear = true;
  }

  /// Draws what differs from the frame before; nothing is written when nothing does. Returns
  /// how many bytes went out.
  pub(super) fn draw(&mut self, view: impl FnOnce(&mut Buffer, Rect)) -> io::Result<usize> {
    if PANICKED.load(Ordering::SeqCst) {
      return Err(io::ErrorKind::BrokenPipe.into());
    }
    let area = size()?;
    if area != self.before.area {
      self.before = Buffer::empty(area);
      self.next = Buffer::empty(area);
      self.clear = true;
    }
    self.next.reset();
    view(&mut self.next, area);
    let mut bytes = Vec::with_capacity(4096);
    if self.clear {
      // Outside of the block: some multiplexers lose what is drawn after an erase inside of it.
      queue!(bytes, ResetColor, Clear(ClearType::All))?;
      self.before.reset();
    }
    if self.manners.sync {
      bytes.extend_from_slice(SYNC_BEGIN);
    }
    let empty = bytes.len();
    let changes = self.before.diff(&self.next);
    if changes.is_empty() && !self.clear {
      return Ok(0);
    }
    CrosstermBackend::new(&mut bytes).draw(changes.into_iter())?;
    if bytes.len() == empty && !self.clear {
      return Ok(0);
    }
    if self.manners.sync {
      bytes.extend_from_slice(SYNC_END);
    }
    self.clear = false;
    std::mem::swap(&mut self.before, &mut self.next);
    let size = bytes.len();
    self.send(bytes)?;
    Ok(size)
  }

  pub(super) fn title(&mut self, title: &str) -> io::Result<()> {
    let mut bytes = Vec::new();
    queue!(bytes, SetTitle(title))?;
    self.send(bytes)
  }

  /// Bytes that are no frame: the bell, the clipboard.
  pub(super) fn send(&mut self, bytes: Vec<u8>) -> io::Result<()> {
    self.under_way += 1;
    self
      .to_writer
      .as_ref()
      .and_then(|writer| writer.send(bytes).ok())
      .ok_or_else(|| io::ErrorKind::BrokenPipe.into())
  }

  pub(super) fn toggle_mouse(&mut self) -> io::Result<()> {
    let on = !self.manners.mouse;
    self.manners.mouse = on;
    let mut bytes = Vec::new();
    if on {
      queue!(bytes, EnableMouseCapture)?;
    } else {
      queue!(bytes, DisableMouseCapture)?;
    }
    self.send(bytes)
  }

  /// Gives the terminal back for a while: to the shell, or to a program of its own.
  pub(super) async fn leave(&mut self) {
    let out = async { while self.is_busy() && self.painted().await.is_ok() {} };
    drop(timeout(LEAVING, out).await);
    self.clear = true;
    give_back();
  }

  /// Takes it again, as empty and as whatever others made of it.
  pub(super) fn come_back(&mut self) -> io::Result<()> {
    give_back();
    self.enter()?;
    self.clear = true;
    Ok(())
  }
}

impl Drop for Screen {
  fn drop(&mut self) {
    self.to_writer = None;
    // What is under way must not be drawn over the shell. A writer that hangs on a dead line is
    // left behind; the process is about to end.
    if self.ended.recv_timeout(LEAVING) == Err(mpsc::RecvTimeoutError::Disconnected)
      && let Some(writer) = self.writer.take()
    {
      drop(writer.join());
    }
    give_back();
  }
}

fn size() -> io::Result<Rect> {
  let (width, height) = terminal::size()?;
  Ok(Rect::new(0, 0, width.max(1), height.max(1)))
}

/// Puts the terminal back as it was found. Does nothing when it is not ours.
fn give_back() {
  if !OURS.swap(false, Ordering::SeqCst) {
    return;
  }
  let mut bytes = SYNC_END.to_vec();
  let queued = queue!(
    bytes,
    DisableMouseCapture,
    DisableFocusChange,
    DisableBracketedPaste,
    EnableLineWrap,
    ResetColor,
    Show,
    LeaveAlternateScreen
  );
  drop(queued);
  // The writer may hold the lock on a terminal that takes nothing: stdout is written past it, and
  // only when it takes something.
  let out = io::stdout();
  let mut takes = [PollFd::new(out.as_fd(), PollFlags::POLLOUT)];
  let wait = PollTimeout::try_from(LEAVING).unwrap_or(PollTimeout::ZERO);
  if poll(&mut takes, wait).is_ok_and(|ready| ready > 0) {
    let _ = nix::unistd::write(&out, &bytes);
  }
  drop(terminal::disable_raw_mode());
}

fn give_back_on_panic() {
  static HOOK: Once = Once::new();
  HOOK.call_once(|| {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
      PANICKED.store(true, Ordering::SeqCst);
      give_back();
      before(info);
    }));
  });
}
