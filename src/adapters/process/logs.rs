//! The log of a process: lines stamped by its supervisor as Docker stamps them, read from the end.

use std::{collections::VecDeque, path::Path, time::Duration};

use chrono::Utc;
use tokio::time::sleep;

use super::{inspect::standing, place::Place};
use crate::{
  adapters::{line_cutter::LineCutter, log_file::LogFile},
  engine::{
    log_pipe::{LogReader, log_pipe},
    ports::{PortError, PortErrorKind},
  },
  model::{container::ContainerState, log_line::LogEntry},
};

/// Read for a tail.
const MOST_TAIL: u64 = 1024 * 1024;
const POLL: Duration = Duration::from_millis(100);

/// A line as its supervisor writes it.
pub(super) fn stamped(line: &str) -> String {
  format!("{} {line}\n", Utc::now().format("%Y-%m-%dT%H:%M:%S%.9fZ"))
}

/// The last `count` lines, without their stamps.
pub(super) fn tail(path: &Path, count: usize) -> Result<Vec<String>, PortError> {
  let mut lines = VecDeque::new();
  if let Some(mut log) = open(path)? {
    let mut cutter = LineCutter::default();
    let mut keep = |line: String| {
      lines.push_back(LogEntry::stamped(line).text);
      if lines.len() > count {
        lines.pop_front();
      }
    };
    loop {
      let bytes = log.more().unwrap_or_default();
      if bytes.is_empty() {
        break;
      }
      cutter.push(&bytes, &mut keep);
    }
    cutter.finish(&mut keep);
  }
  Ok(lines.into())
}

/// A process that never said anything has no log.
fn open(path: &Path) -> Result<Option<LogFile>, PortError> {
  match LogFile::open(path, MOST_TAIL) {
    Ok(log) => Ok(Some(log)),
    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
    Err(error) => Err(PortError::new(
      PortErrorKind::Misconfigured,
      format!("read {}", path.display()),
      error.to_string(),
    )),
  }
}

/// The last `count` lines, then each new one until the process has ended or was removed.
pub(super) fn follow(place: Place, count: usize) -> Result<LogReader, PortError> {
  let mut log = open(&place.log())?;
  let (writer, reader) = log_pipe();
  tokio::spawn(async move {
    let mut cutter = LineCutter::default();
    let mut before = VecDeque::new();
    let mut first = true;
    loop {
      // Asked before the file is read, so that nothing it says last is missed.
      let over = !matches!(
        standing(place.state().as_ref()),
        ContainerState::Running | ContainerState::Restarting | ContainerState::Created
      );
      if log.is_none() {
        log = open(&place.log()).ok().flatten();
      }
      loop {
        let bytes = log
          .as_mut()
          .and_then(|log| log.more().ok())
          .unwrap_or_default();
        if bytes.is_empty() {
          break;
        }
        cutter.push(&bytes, &mut |line| before.push_back(line));
        if first && before.len() > count {
          before.drain(..before.len() - count);
        }
      }
      first = false;
      for line in before.drain(..) {
        writer.write(LogEntry::stamped(line));
      }
      if over || !place.folder.exists() {
        return;
      }
      tokio::select! {
        () = sleep(POLL) => {}
        () = writer.closed() => return,
      }
    }
  });
  Ok(reader)
}
