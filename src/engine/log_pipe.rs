//! Between who reads a container's log and who shows it: a pipe that never waits and never grows.
//!
//! A reader takes everything that waits at once. When it is too slow the oldest lines are lost,
//! and the next batch says how many.

use std::{
  collections::VecDeque,
  sync::{Arc, Mutex, MutexGuard, PoisonError},
  time::Duration,
};

use tokio::sync::Notify;

use crate::model::log_line::{LogBatch, LogEntry};

/// Lines are taken from a source at most this often.
pub const FRAME: Duration = Duration::from_millis(33);
/// A tail of a thousand lines fits, and a second of a flood.
const MOST_LINES: usize = 8192;
const MOST_BYTES: usize = 2 * 1024 * 1024;

#[derive(Default)]
struct Pipe {
  waiting: Mutex<Waiting>,
  /// There is something to take, or the writer is gone.
  news: Notify,
  /// The reader is gone.
  gone: Notify,
}

#[derive(Default)]
struct Waiting {
  lines: VecDeque<LogEntry>,
  bytes: usize,
  dropped: u64,
  ended: bool,
}

/// Dropped when the log has ended.
pub struct LogWriter(Arc<Pipe>);

/// Dropped when nobody wants to know any more.
pub struct LogReader(Arc<Pipe>);

pub fn log_pipe() -> (LogWriter, LogReader) {
  let pipe = Arc::new(Pipe::default());
  (LogWriter(pipe.clone()), LogReader(pipe))
}

impl Pipe {
  fn waiting(&self) -> MutexGuard<'_, Waiting> {
    self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
  }
}

impl LogWriter {
  pub fn write(&self, line: LogEntry) {
    let mut waiting = self.0.waiting();
    let first = waiting.lines.is_empty();
    waiting.bytes += line.text.len();
    waiting.lines.push_back(line);
    while waiting.lines.len() > MOST_LINES || waiting.bytes > MOST_BYTES {
      let Some(oldest) = waiting.lines.pop_front() else {
        break;
      };
      waiting.bytes -= oldest.text.len();
      waiting.dropped += 1;
    }
    drop(waiting);
    if first {
      self.0.news.notify_one();
    }
  }

  /// Returns when the reader is gone.
  pub async fn closed(&self) {
    self.0.gone.notified().await;
  }
}

impl Drop for LogWriter {
  fn drop(&mut self) {
    self.0.waiting().ended = true;
    self.0.news.notify_one();
  }
}

impl LogReader {
  /// Waits for lines and takes all there are; `None` when the log has ended. May be cancelled.
  pub async fn next(&mut self) -> Option<LogBatch> {
    loop {
      {
        let mut waiting = self.0.waiting();
        if !waiting.lines.is_empty() {
          waiting.bytes = 0;
          return Some(LogBatch {
            dropped: std::mem::take(&mut waiting.dropped),
            lines: std::mem::take(&mut waiting.lines).into(),
          });
        }
        if waiting.ended {
          return None;
        }
      }
      self.0.news.notified().await;
    }
  }
}

impl Drop for LogReader {
  fn drop(&mut self) {
    self.0.gone.notify_one();
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  fn line(number: usize) -> LogEntry {
    LogEntry {
      at: None,
      text: number.to_string(),
    }
  }

  #[tokio::test]
  async fn a_slow_reader_gets_the_newest_lines_and_the_count_of_the_lost() {
    let (writer, mut reader) = log_pipe();
    for number in 0..MOST_LINES + 3 {
      writer.write(line(number));
    }
    let batch = reader.next().await.unwrap();
    assert_eq!((batch.dropped, batch.lines.len()), (3, MOST_LINES));
    assert_eq!(batch.lines[0].text, "3");
    writer.write(line(7));
    assert_eq!(reader.next().await.unwrap().dropped, 0);
  }

  #[tokio::test]
  async fn what_was_written_before_the_end_is_still_read() {
    let (writer, mut reader) = log_pipe();
    writer.write(line(1));
    drop(writer);
    assert_eq!(reader.next().await.unwrap().lines, [line(1)]);
    assert_eq!(reader.next().await, None);
  }

  #[tokio::test]
  async fn the_writer_learns_that_the_reader_is_gone_and_long_lines_count_by_their_bytes() {
    let (writer, reader) = log_pipe();
    let long = LogEntry {
      at: None,
      text: "x".repeat(MOST_BYTES / 2),
    };
    for _ in 0..3 {
      writer.write(long.clone());
    }
    assert_eq!(writer.0.waiting().lines.len(), 2);
    drop(reader);
    writer.closed().await;
  }
}
