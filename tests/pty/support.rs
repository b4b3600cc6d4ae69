//! A pseudo-terminal with a program in it: keys in, a screen out, and every byte kept.

use std::{
  fs::OpenOptions,
  io::Write,
  os::unix::fs::OpenOptionsExt,
  path::{Path, PathBuf},
  sync::{Arc, Condvar, Mutex},
  thread,
  time::{Duration, Instant},
};

use nix::{
  libc,
  sys::{
    signal::{Signal, kill},
    termios::{Termios, tcgetattr},
  },
  unistd::Pid,
};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty};

mod machine;
mod nowhere;
mod screen;

pub(crate) use machine::{Account, Machine};
pub(crate) use nowhere::{Nowhere, console, plain};
use screen::{Seen, Shared, read};

/// A fact that does not come within this will not come.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);
pub(crate) const WIDE: (u16, u16) = (160, 45);
pub(crate) const NARROW: (u16, u16) = (80, 24);

pub(crate) struct Terminal {
  child: Box<dyn Child + Send + Sync>,
  master: Option<Box<dyn MasterPty + Send>>,
  slave: Option<Box<dyn SlavePty + Send>>,
  keys: Option<Box<dyn Write + Send>>,
  name: PathBuf,
  shared: Shared,
  before: Termios,
  patience: Duration,
}

impl Terminal {
  pub(crate) fn start(command: CommandBuilder, (columns, rows): (u16, u16)) -> Self {
    let pair = portable_pty::native_pty_system()
      .openpty(size(columns, rows))
      .expect("a pseudo-terminal");
    let name = pair.master.tty_name().expect("its name");
    let before = settings(&name);
    let child = pair.slave.spawn_command(command).expect("the program");
    let shared = Shared(Arc::new((
      Mutex::new(Seen {
        parser: vt100::Parser::new(number(rows), number(columns), 0),
        raw: Vec::new(),
        arrivals: Vec::new(),
        held: false,
        hung_up: false,
        ended: false,
      }),
      Condvar::new(),
    )));
    let reader = pair.master.try_clone_reader().expect("its output");
    let keys = pair.master.take_writer().expect("its input");
    let theirs = shared.clone();
    thread::spawn(move || read(reader, &theirs));
    Self {
      child,
      master: Some(pair.master),
      slave: Some(pair.slave),
      keys: Some(keys),
      name,
      shared,
      before,
      patience: LIMIT,
    }
  }

  pub(crate) fn keys(&mut self, text: &str) {
    let keys = self.keys.as_mut().expect("a terminal that was not hung up");
    keys.write_all(text.as_bytes()).expect("the keys arrive");
    keys.flush().expect("the keys arrive");
  }

  /// The same key again and again, `count` times at this pace, whatever is on the screen.
  pub(crate) fn hold(&mut self, key: &str, count: usize, pace: Duration) {
    for _ in 0..count {
      self.keys(key);
      let end = Instant::now() + pace;
      while let Some(left) = end.checked_duration_since(Instant::now()) {
        thread::park_timeout(left);
      }
    }
  }

  /// Types into a question as a person does, once keys count; the key that decides comes after a
  /// look.
  pub(crate) fn answer(&mut self, keys: &str) {
    self.wait_no_text("keys count in a moment");
    let (typed, decides) = keys.split_at(keys.len() - 1);
    for key in typed.chars() {
      self.hold(&key.to_string(), 1, Duration::from_millis(80));
    }
    self.hold("", 1, Duration::from_millis(400));
    self.keys(decides);
  }

  pub(crate) fn resize(&mut self, (columns, rows): (u16, u16)) {
    let master = self
      .master
      .as_ref()
      .expect("a terminal that was not hung up");
    self.shared.change(|seen| {
      seen
        .parser
        .screen_mut()
        .set_size(number(rows), number(columns));
    });
    master.resize(size(columns, rows)).expect("another size");
  }

  /// Nobody reads what the program writes until `release`; returns when a write of it is stuck.
  pub(crate) fn stick(&mut self) {
    self.shared.change(|seen| seen.held = true);
    wait_until("its output is stuck", || {
      // Each is a whole screen: in the end more than a terminal takes that nobody reads.
      self.keys("\u{c}");
      self.is_writing()
    });
  }

  /// A thread of the program is in a write to its standard output.
  fn is_writing(&self) -> bool {
    let tasks = format!("/proc/{}/task", self.pid());
    std::fs::read_dir(tasks)
      .expect("the process is there")
      .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("syscall")).ok())
      .any(|call| call.starts_with("1 0x1 "))
  }

  pub(crate) fn release(&self) {
    self.shared.change(|seen| seen.held = false);
  }

  /// Takes the terminal away from under the program, as a lost line does.
  pub(crate) fn hang_up(&mut self) {
    self.shared.change(|seen| seen.hung_up = true);
    // The reader sees it after what it is reading now: the clock writes every second.
    self.wait("the reader has let go", |_| true);
    let shared = self.shared.clone();
    wait_until("the reader has let go", || shared.lock().ended);
    self.keys = None;
    self.slave = None;
    self.master = None;
  }

  pub(crate) fn pid(&self) -> Pid {
    let id = self.child.process_id().expect("a process");
    Pid::from_raw(id.cast_signed())
  }

  pub(crate) fn signal(&self, signal: Signal) {
    kill(self.pid(), signal).expect("the program is there");
  }

  /// Its facts may come as late as this; others must come within `LIMIT`.
  pub(crate) fn patient(mut self, patience: Duration) -> Self {
    self.patience = patience;
    self
  }

  #[track_caller]
  pub(crate) fn ended(&mut self) -> ExitStatus {
    let end = Instant::now() + self.patience;
    loop {
      if let Some(status) = self.child.try_wait().expect("a child of ours") {
        return status;
      }
      assert!(
        Instant::now() < end,
        "it never ended; the screen:\n{}",
        self.text()
      );
      thread::park_timeout(Duration::from_millis(5));
    }
  }
}

impl Drop for Terminal {
  fn drop(&mut self) {
    let _ = self.child.kill();
    self.shared.change(|seen| {
      seen.hung_up = true;
      seen.held = false;
    });
  }
}

/// Waits for a fact that is not on the screen.
#[track_caller]
pub(crate) fn wait_until(what: &str, fact: impl FnMut() -> bool) {
  crate::site::wait_until(what, LIMIT, fact);
}

fn settings(name: &Path) -> Termios {
  let terminal = OpenOptions::new()
    .read(true)
    .write(true)
    .custom_flags(libc::O_NOCTTY)
    .open(name)
    .expect("the terminal");
  tcgetattr(&terminal).expect("its settings")
}

fn size(columns: u16, rows: u16) -> PtySize {
  PtySize {
    rows,
    cols: columns,
    pixel_width: 0,
    pixel_height: 0,
  }
}

fn number(count: u16) -> std::num::NonZeroU16 {
  std::num::NonZeroU16::new(count).expect("a size")
}
