//! `cutover supervise`: the parent of one service's process. It writes down how the process stands,
//! stamps what it says, and starts it again when it ends unasked and its policy says so.

use std::{process::Stdio, sync::Arc, time::Duration};

use chrono::Utc;
use nix::{
  sys::signal::{Signal, killpg},
  unistd::Pid,
};
use tokio::{
  io::{AsyncRead, AsyncReadExt},
  process::{Child, Command},
  signal::unix::{Signal as Listener, SignalKind, signal},
  sync::mpsc,
  time::{Instant, sleep, timeout},
};

use super::{
  logs::stamped,
  place::{Exactly, Phase, Place, State},
};
use crate::{
  adapters::{
    ledger::{Access, FileLedger},
    line_cutter::LineCutter,
    log_file::WrittenLog,
    processes, runner_process,
  },
  config::Site,
  engine::ports::{PortError, PortErrorKind},
};

/// Before it is started again; doubled each time, as Docker does.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// One that ran so long did not fail at its start.
const STEADY: Duration = Duration::from_secs(10);
/// What the last words of a process may take to be read.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// What a shell says of a program that cannot be started.
const NOT_STARTED: i64 = 127;
/// Of the supervisor's own environment; everything else is what the site says.
const INHERITED: [&str; 6] = ["PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR"];

/// Runs the process `id` (its first digits) of this site until it ends for good.
pub async fn supervise(site: Arc<Site>, id: &str) -> Result<(), PortError> {
  runner_process::detach()?;
  let access = FileLedger::open(Arc::clone(&site))?.access();
  let folder = Place::root(&site).join(id);
  let refused = |detail: &str| {
    PortError::new(
      PortErrorKind::Refused,
      format!("supervise {id}"),
      detail.to_owned(),
    )
  };
  let place = Place::read(&folder)?.ok_or_else(|| refused("there is no such process"))?;
  let lock = access.open_append(&folder.join("lock"))?;
  // Held until this process ends: two supervisors would start it twice.
  lock
    .try_lock()
    .map_err(|error| refused(&format!("somebody does already ({error})")))?;
  let told = |error: std::io::Error| refused(&error.to_string());
  let mut supervisor = Supervisor {
    terminate: signal(SignalKind::terminate()).map_err(told)?,
    interrupt: signal(SignalKind::interrupt()).map_err(told)?,
    hangup: signal(SignalKind::hangup()).map_err(told)?,
    log: log(&place, access)?,
    state: State {
      boot: processes::boot_id(),
      supervisor: Exactly::of(std::process::id())
        .ok_or_else(|| refused("/proc does not show this process"))?,
      child: None,
      phase: Phase::Restarting,
      restarts: 0,
      started_at: None,
      finished_at: None,
      exit_code: place.state().and_then(|state| state.exit_code),
    },
    place,
    access,
  };
  supervisor.live().await
}

/// Lines of the process and of its supervisor, in the order they came.
fn log(place: &Place, access: Access) -> Result<mpsc::Sender<String>, PortError> {
  let mut file = WrittenLog::open(&place.log(), access)?;
  let (sender, mut lines) = mpsc::channel::<String>(256);
  tokio::spawn(async move {
    while let Some(line) = lines.recv().await {
      file.write(&stamped(&line));
    }
  });
  Ok(sender)
}

struct Supervisor {
  place: Place,
  access: Access,
  state: State,
  log: mpsc::Sender<String>,
  terminate: Listener,
  interrupt: Listener,
  hangup: Listener,
}

/// How one run of the process ended.
struct Run {
  code: i64,
  asked: Asked,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
  ToStop,
  Nothing,
}

impl Supervisor {
  async fn live(&mut self) -> Result<(), PortError> {
    let mut pause = FIRST_PAUSE;
    loop {
      let began = Instant::now();
      let run = self.once().await?;
      if began.elapsed() >= STEADY {
        pause = FIRST_PAUSE;
      }
      self.state.child = None;
      self.state.exit_code = Some(run.code);
      self.state.finished_at = Some(Utc::now());
      let policy = self.place.policy();
      let again = run.asked == Asked::Nothing
        && match policy.as_str() {
          "no" => false,
          "on-failure" => run.code != 0,
          _ => run.code != NOT_STARTED || self.state.restarts > 0,
        };
      if !again {
        return self.ended().await;
      }
      self.put(Phase::Restarting)?;
      tokio::select! {
        () = sleep(pause) => {}
        () = self.told_to_stop() => return self.ended().await,
      }
      pause = (pause * 2).min(LONGEST_PAUSE);
      self.state.restarts += 1;
    }
  }

  async fn ended(&mut self) -> Result<(), PortError> {
    // The log's writer has everything before anyone is told that this is over.
    let (gone, _) = mpsc::channel(1);
    let log = std::mem::replace(&mut self.log, gone);
    let _ = timeout(LAST_WORDS, async {
      while log.capacity() < log.max_capacity() {
        sleep(Duration::from_millis(5)).await;
      }
    })
    .await;
    self.put(Phase::Ended)
  }

  fn put(&mut self, phase: Phase) -> Result<(), PortError> {
    self.state.phase = phase;
    self.place.put_state(&self.state, self.access)
  }

  async fn told_to_stop(&mut self) {
    loop {
      tokio::select! {
        _ = self.terminate.recv() => return,
        _ = self.interrupt.recv() => return,
        // A terminal that goes away is nothing to a service.
        _ = self.hangup.recv() => {}
      }
    }
  }

  /// Starts the process and stays until it ends.
  async fn once(&mut self) -> Result<Run, PortError> {
    self.state.started_at = Some(Utc::now());
    let mut child = match self.spawn() {
      Ok(child) => child,
      Err(error) => {
        let command = self.place.spec.command.join(" ");
        let _ = self
          .log
          .send(format!("cutover: '{command}' cannot be started: {error}"))
          .await;
        return Ok(Run {
          code: NOT_STARTED,
          asked: Asked::Nothing,
        });
      }
    };
    let group = child.id().and_then(|pid| i32::try_from(pid).ok());
    let readers = [
      child
        .stdout
        .take()
        .map(|out| tokio::spawn(read(out, self.log.clone()))),
      child
        .stderr
        .take()
        .map(|err| tokio::spawn(read(err, self.log.clone()))),
    ];
    self.state.child = child.id().and_then(Exactly::of);
    self.put(Phase::Running)?;
    let mut asked = Asked::Nothing;
    let status = loop {
      tokio::select! {
        status = child.wait() => break status,
        () = self.told_to_stop() => {
          asked = Asked::ToStop;
          if let Some(group) = group {
            // Already gone is fine.
            let _ = killpg(Pid::from_raw(group), Signal::SIGTERM);
          }
        }
      }
    };
    let last_words = futures_util::future::join_all(readers.into_iter().flatten());
    // What it left running may hold its output open for ever.
    let _ = timeout(LAST_WORDS, last_words).await;
    Ok(Run {
      code: status.map_or(-1, code),
      asked,
    })
  }

  fn spawn(&self) -> std::io::Result<Child> {
    let spec = &self.place.spec;
    let (program, arguments) = spec
      .command
      .split_first()
      .ok_or_else(|| std::io::Error::other("the argument list is empty"))?;
    let inherited = INHERITED
      .into_iter()
      .filter_map(|name| Some((name, std::env::var_os(name)?)));
    Command::new(program)
      .args(arguments)
      .env_clear()
      .envs(inherited)
      .envs(&spec.environment)
      .current_dir(&spec.folder)
      .stdin(Stdio::null())
      .stdout(Stdio::piped())
      .stderr(Stdio::piped())
      .process_group(0)
      .spawn()
  }
}

fn code(status: std::process::ExitStatus) -> i64 {
  use std::os::unix::process::ExitStatusExt;
  let signalled = status.signal().map(|signal| 128 + i64::from(signal));
  status.code().map(i64::from).or(signalled).unwrap_or(-1)
}

async fn read(mut stream: impl AsyncRead + Unpin, log: mpsc::Sender<String>) {
  let mut cutter = LineCutter::default();
  let mut chunk = vec![0_u8; 16 * 1024];
  loop {
    let read = stream.read(&mut chunk).await.unwrap_or(0);
    let mut lines = Vec::new();
    match chunk.get(..read) {
      Some(bytes) if read > 0 => cutter.push(bytes, &mut |line| lines.push(line)),
      _ => cutter.finish(&mut |line| lines.push(line)),
    }
    for line in lines {
      if log.send(line).await.is_err() {
        return;
      }
    }
    if read == 0 {
      return;
    }
  }
}
