//! Starts one runner and waits until it has written its first record, which is when the front
//! end may let go of the lock.

use std::{
  ffi::OsString,
  fs::{self, File},
  io::{Read, Seek, SeekFrom},
  path::Path,
  process::{ExitStatus, Stdio},
  time::Duration,
};

use tokio::{
  process::{Child, Command},
  time::{Instant, MissedTickBehavior, interval},
};

use crate::{
  adapters::ledger::{FileLedger, SiteLock},
  engine::ports::{Ledger, PortError, PortErrorKind},
  model::{event::Recovery, operation::OperationId},
};

/// How long a runner has to write its first record.
const PATIENCE: Duration = Duration::from_secs(10);
const LOG_TAIL: u64 = 4 * 1024;

pub(super) async fn start(
  ledger: &FileLedger,
  program: &[OsString],
  id: OperationId,
  how: Option<Recovery>,
  lock: SiteLock,
) -> Result<(), PortError> {
  let before = ledger.records(id)?.0.len();
  let log = ledger.folder(id).log();
  let mut child = match spawn(ledger, program, id, how, &lock) {
    Ok(child) => child,
    Err(error) => {
      // Only for showing: the first error is the one to report.
      let _ = ledger.clear_holder(&lock);
      return Err(error);
    }
  };
  let begun = until_begun(ledger, id, before, &mut child).await?;
  let pid = child.id();
  match begun {
    Begun::Yes => {
      reap(child);
      Ok(())
    }
    Begun::Exited(status) => {
      let _ = ledger.clear_holder(&lock);
      Err(PortError::new(
        PortErrorKind::Unexpected,
        format!("start the runner of {id}"),
        format!(
          "it ended before it began ({status}), and nothing was changed: {}",
          last_words(&log)
        ),
      ))
    }
    Begun::NotYet => {
      reap(child);
      Err(PortError::new(
        PortErrorKind::Timeout,
        format!("start the runner of {id}"),
        format!(
          "pid {} lives but has written nothing for {} s: watch it with cutover attach {}, see {}",
          pid.unwrap_or_default(),
          PATIENCE.as_secs(),
          id.0,
          log.display()
        ),
      ))
    }
  }
}

fn spawn(
  ledger: &FileLedger,
  program: &[OsString],
  id: OperationId,
  how: Option<Recovery>,
  lock: &SiteLock,
) -> Result<Child, PortError> {
  let site = ledger.site();
  let log = ledger.access().open_append(&ledger.folder(id).log())?;
  let doing = || format!("start the runner of {id}");
  let unexpected =
    |error: std::io::Error| PortError::new(PortErrorKind::Unexpected, doing(), error.to_string());
  let (name, leading) = program.split_first().ok_or_else(|| {
    PortError::new(
      PortErrorKind::Unexpected,
      doing(),
      "no program is set for runners",
    )
  })?;
  let mut command = Command::new(name);
  command
    .args(leading)
    .arg("operate")
    .arg("--config")
    .arg(&site.file)
    .arg(id.0.to_string())
    .current_dir(&site.root)
    .stdin(Stdio::from(lock.child_stdin()?))
    .stdout(Stdio::from(log.try_clone().map_err(unexpected)?))
    .stderr(Stdio::from(log));
  if let Ok(file) = std::env::current_exe() {
    command.arg0(file);
  }
  if let Some(how) = how {
    command.arg("--recover").arg(match how {
      Recovery::Resume => "resume",
      Recovery::Rollback => "rollback",
    });
  }
  command.spawn().map_err(unexpected)
}

enum Begun {
  Yes,
  Exited(ExitStatus),
  NotYet,
}

async fn until_begun(
  ledger: &FileLedger,
  id: OperationId,
  before: usize,
  child: &mut Child,
) -> Result<Begun, PortError> {
  let has_begun = || Ok(ledger.records(id)?.0.len() > before);
  let until = Instant::now() + PATIENCE;
  let mut tick = interval(Duration::from_millis(20));
  tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
  while Instant::now() < until {
    tokio::select! {
      exited = child.wait() => {
        // A short operation may have begun and ended between two looks.
        if has_begun()? {
          return Ok(Begun::Yes);
        }
        return exited.map(Begun::Exited).map_err(|error| {
          PortError::new(
            PortErrorKind::Unexpected,
            format!("wait for the runner of {id}"),
            error.to_string(),
          )
        });
      }
      _ = tick.tick() => {
        if has_begun()? {
          return Ok(Begun::Yes);
        }
      }
    }
  }
  Ok(Begun::NotYet)
}

/// Leaves no zombie while this front end lives; afterwards init reaps.
fn reap(mut child: Child) {
  tokio::spawn(async move {
    let _ = child.wait().await;
  });
}

fn last_words(log: &Path) -> String {
  let read = || -> std::io::Result<String> {
    let mut file = File::open(log)?;
    let length = fs::metadata(log)?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL)))?;
    let mut bytes = Vec::new();
    file.take(LOG_TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
  };
  let text = read().unwrap_or_default();
  let lines: Vec<_> = text.lines().collect();
  match lines.get(lines.len().saturating_sub(20)..) {
    Some(last) if !last.is_empty() => last.join("\n"),
    _ => format!("it said nothing; see {}", log.display()),
  }
}
