//! A pseudo-terminal with a program in it: keys in, a screen out, and every byte kept.

use std::{
  fs::OpenOptions,
  io::{Read, Write},
  os::unix::fs::OpenOptionsExt,
  path::{Path, PathBuf},
  sync::{Arc, Condvar, Mutex, MutexGuard},
  thread,
  time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use nix::{
  libc,
  sys::{
    signal::{Signal, kill},
    termios::{Termios, tcgetattr},
  },
  unistd::Pid,
};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty};

/// A fact that does not come within this will not come.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);
pub(crate) const WIDE: (u16, u16) = (160, 45);
pub(crate) const NARROW: (u16, u16) = (80, 24);

struct Seen {
  parser: vt100::Parser,
  raw: Vec<u8>,
  /// How much had come by when, for each piece that came.
  arrivals: Vec<(DateTime<Utc>, usize)>,
  /// Nobody reads: the program's writes pile up.
  held: bool,
  /// The reader ends before it reads again.
  hung_up: bool,
  ended: bool,
}

#[derive(Clone)]
struct Shared(Arc<(Mutex<Seen>, Condvar)>);

impl Shared {
  fn lock(&self) -> MutexGuard<'_, Seen> {
    self.0.0.lock().expect("no reader panicked")
  }

  fn change(&self, change: impl FnOnce(&mut Seen)) {
    change(&mut self.lock());
    self.0.1.notify_all();
  }
}

pub(crate) struct Terminal {
  child: Box<dyn Child + Send + Sync>,
  master: Option<Box<dyn MasterPty + Send>>,
  slave: Option<Box<dyn SlavePty + Send>>,
  keys: Option<Box<dyn Write + Send>>,
  name: PathBuf,
  shared: Shared,
  before: Termios,
}

/// A folder whose site has no Docker.
pub(crate) struct Nowhere {
  dir: tempfile::TempDir,
}

impl Nowhere {
  pub(crate) fn new() -> Self {
    let dir = tempfile::tempdir().expect("a folder");
    let files = [
      ("cutover.toml", SITE),
      ("compose.yml", "services: {}\n"),
      ("up-blue.conf", "server api-blue:5000;\n"),
      ("up-green.conf", "server api-green:5000;\n"),
      ("active.conf", "server api-blue:5000;\n"),
    ];
    for (name, text) in files {
      std::fs::write(dir.path().join(name), text).expect("a file of the site");
    }
    Self { dir }
  }

  pub(crate) fn config(&self) -> PathBuf {
    self.dir.path().join("cutover.toml")
  }

  /// The console of this site, before it is started.
  pub(crate) fn console(&self) -> CommandBuilder {
    let mut command = console(&self.config());
    let away = self.dir.path().join("no-docker.sock");
    command.env("DOCKER_HOST", format!("unix://{}", away.display()));
    command
  }

  /// The console, started and painted.
  pub(crate) fn open(&self, size: (u16, u16)) -> Terminal {
    let terminal = Terminal::start(self.console(), size);
    terminal.wait_text("DOCKER:");
    terminal
  }
}

const SITE: &str = r#"schema = 1
name = "shop"
[runtime]
files = ["compose.yml"]
shared = ["proxy"]
[services.api]
name = "api-{color}"
[version]
variable = "{COLOR}_VERSION"
[router]
service = "proxy"
[router.switch]
kind = "copy"
from = "up-{color}.conf"
to = "active.conf"
[proof]
url = "http://127.0.0.1:9/"
header = "X-Slot"
"#;

/// The binary under test with a terminal's ordinary environment and nothing of this one's.
pub(crate) fn console(config: &Path) -> CommandBuilder {
  let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cutover"));
  command.arg("--config");
  command.arg(config);
  plain(&mut command);
  command
}

pub(crate) fn plain(command: &mut CommandBuilder) {
  command.env_clear();
  command.cwd("/");
  let home = config_home();
  for (name, value) in [
    (
      "PATH",
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    ("TERM", "xterm-256color"),
    ("LANG", "C.UTF-8"),
    ("HOME", home),
    ("XDG_CONFIG_HOME", home),
  ] {
    command.env(name, value);
  }
}

/// Nobody's settings.
fn config_home() -> &'static str {
  "/nonexistent"
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

  #[track_caller]
  pub(crate) fn ended(&mut self) -> ExitStatus {
    let end = Instant::now() + LIMIT;
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

  /// Waits for a fact on the screen.
  #[track_caller]
  pub(crate) fn wait(&self, what: &str, mut fact: impl FnMut(&vt100::Screen) -> bool) {
    let end = Instant::now() + LIMIT;
    let mut seen = self.shared.lock();
    while !fact(seen.parser.screen()) {
      let left = end.saturating_duration_since(Instant::now());
      if left.is_zero() {
        let text = seen.parser.screen().contents();
        drop(seen);
        panic!("never came true: {what}; the screen:\n{text}");
      }
      // A guard that came back late is looked at like any other.
      (seen, _) = self
        .shared
        .0
        .1
        .wait_timeout(seen, left.min(Duration::from_millis(100)))
        .expect("no reader panicked");
    }
  }

  #[track_caller]
  pub(crate) fn wait_text(&self, text: &str) {
    self.wait(text, |screen| screen.contents().contains(text));
  }

  #[track_caller]
  pub(crate) fn wait_no_text(&self, text: &str) {
    let what = format!("no {text}");
    self.wait(&what, |screen| !screen.contents().contains(text));
  }

  pub(crate) fn text(&self) -> String {
    self.shared.lock().parser.screen().contents()
  }

  pub(crate) fn has(&self, text: &str) -> bool {
    self.text().contains(text)
  }

  /// Everything it has written so far.
  pub(crate) fn raw(&self) -> Vec<u8> {
    self.shared.lock().raw.clone()
  }

  /// Shows everything once more on a terminal of this size, each piece with the time at which it
  /// came.
  pub(crate) fn replay(
    &self,
    (columns, rows): (u16, u16),
    mut each: impl FnMut(DateTime<Utc>, &vt100::Screen),
  ) {
    let (raw, arrivals) = {
      let seen = self.shared.lock();
      (seen.raw.clone(), seen.arrivals.clone())
    };
    let mut parser = vt100::Parser::new(number(rows), number(columns), 0);
    let mut from = 0;
    for (at, to) in arrivals {
      parser.process(&raw[from..to]);
      each(at, parser.screen());
      from = to;
    }
  }

  pub(crate) fn written(&self) -> usize {
    self.shared.lock().raw.len()
  }

  /// Whether any cell of the screen has what is asked for.
  pub(crate) fn any_cell(&self, has: impl Fn(&vt100::Cell) -> bool) -> bool {
    let seen = self.shared.lock();
    let screen = seen.parser.screen();
    let (rows, columns) = screen.size();
    (0..rows.get())
      .any(|row| (0..columns.get()).any(|column| screen.cell(row, column).is_some_and(&has)))
  }

  /// Waits until the program on it has left nothing of itself behind.
  #[track_caller]
  pub(crate) fn wait_restored(&self) {
    self.wait("the first screen is back", |screen| {
      !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    });
    let raw = self.raw();
    for (mode, on, off, normal) in [
      ("line wrap", "\u{1b}[?7h", "\u{1b}[?7l", true),
      ("focus reports", "\u{1b}[?1004h", "\u{1b}[?1004l", false),
      (
        "synchronized output",
        "\u{1b}[?2026h",
        "\u{1b}[?2026l",
        false,
      ),
      ("mouse reports", "\u{1b}[?1000h", "\u{1b}[?1000l", false),
    ] {
      let is_on = last(&raw, on) > last(&raw, off);
      let untouched = last(&raw, on).is_none() && last(&raw, off).is_none();
      assert!(untouched || is_on == normal, "{mode} was left as it was");
    }
    let (name, before) = (self.name.clone(), self.before.clone());
    wait_until("the line settings are what they were", || {
      settings(&name) == before
    });
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

fn read(mut reader: Box<dyn Read + Send>, shared: &Shared) {
  let mut chunk = [0; 8192];
  loop {
    let mut seen = shared.lock();
    while seen.held && !seen.hung_up {
      seen = shared.0.1.wait(seen).expect("no test panicked with it");
    }
    let hung_up = seen.hung_up;
    drop(seen);
    let count = if hung_up {
      0
    } else {
      reader.read(&mut chunk).unwrap_or(0)
    };
    if count == 0 {
      drop(reader);
      shared.change(|seen| seen.ended = true);
      return;
    }
    shared.change(|seen| {
      seen.raw.extend_from_slice(&chunk[..count]);
      let length = seen.raw.len();
      seen.arrivals.push((Utc::now(), length));
      seen.parser.process(&chunk[..count]);
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

fn last(raw: &[u8], sequence: &str) -> Option<usize> {
  raw
    .windows(sequence.len())
    .rposition(|window| window == sequence.as_bytes())
}
