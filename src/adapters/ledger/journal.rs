//! The runner's end of one operation's journal: appends records, never rewrites one.
//!
//! A record is one `write` of one line and, unless it is a note, one fsync. `chain` owns the line
//! format, `FileLedger::records` reads it back.

use std::{
  fs::{self, File},
  io::{self, Write},
  path::{Path, PathBuf},
  sync::{Mutex, PoisonError},
};

use chrono::Utc;

use super::{
  chain::{self, LONGEST, Link},
  files::{Access, failed},
};
use crate::{
  engine::ports::{Journal, PortError, PortErrorKind},
  model::{
    event::{Event, Failure, Produced, Record},
    router::FileContent,
  },
};

/// Space set aside so that a full disk does not keep the end of an operation from being written.
const RESERVE: usize = 256 * 1024;

/// An open journal. Made by `FileLedger::journal`, which asks for the site's lock.
pub struct FileJournal {
  path: PathBuf,
  saved_file: PathBuf,
  reserve: PathBuf,
  access: Access,
  writing: Mutex<Writing>,
}

struct Writing {
  file: File,
  last: Option<Link>,
  /// What the first record continues from: the end of the previous operation's journal.
  root: String,
  /// The file ends inside a torn line: the next record starts a line of its own.
  torn: bool,
}

impl FileJournal {
  /// Opens `folder/journal.jsonl` and goes on after its last valid record, leaving every byte.
  pub(super) fn open(
    folder: &Path,
    reserve: PathBuf,
    root: String,
    access: Access,
  ) -> Result<Self, PortError> {
    let path = folder.join("journal.jsonl");
    let file = access.open_append(&path)?;
    let text = fs::read(&path)
      .map_err(|error| failed(format!("read the journal {}", path.display()), &error))?;
    let (_, chain) = chain::read(&text);
    set_aside(&reserve, access);
    Ok(Self {
      saved_file: folder.join("saved-file"),
      reserve,
      access,
      writing: Mutex::new(Writing {
        file,
        last: chain.last().cloned(),
        root: chain.root().map_or(root, ToOwned::to_owned),
        torn: !text.is_empty() && !text.ends_with(b"\n"),
      }),
      path,
    })
  }

  fn append(&self, writing: &mut Writing, line: &[u8]) -> Result<(), PortError> {
    let doing = || format!("write the journal {}", self.path.display());
    let first = match writing.append(line) {
      Err(error) if is_full(&error) => error,
      done => return done.map_err(|error| failed(doing(), &error)),
    };
    match fs::remove_file(&self.reserve) {
      Ok(()) => writing
        .append(line)
        .map_err(|error| failed(doing(), &error)),
      Err(_) => Err(failed(doing(), &first)),
    }
  }

  /// The bytes an operator can put back by hand, beside the journal that names them.
  fn keep_saved_file(&self, event: &Event) -> Result<(), PortError> {
    let Event::StepFinished {
      produced: Produced::Saved { saved, .. },
      ..
    } = event
    else {
      return Ok(());
    };
    match &saved.content {
      FileContent::Text(content) | FileContent::Link(content) => {
        self.access.put(&self.saved_file, content.as_bytes())
      }
      FileContent::Absent => Ok(()),
    }
  }
}

impl Journal for FileJournal {
  fn write(&self, event: &Event) -> Result<Record, PortError> {
    self.keep_saved_file(event)?;
    let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
    let (record, text, link) = writing.line(event)?;
    self.append(&mut writing, &text)?;
    // The line is in the file from here on, durable or not: the next one has to continue it.
    writing.last = Some(link);
    if !matches!(event, Event::StepNote { .. }) {
      writing.file.sync_data().map_err(|error| {
        failed(
          format!("make the journal {} durable", self.path.display()),
          &error,
        )
      })?;
    }
    Ok(record)
  }
}

impl Writing {
  fn line(&self, event: &Event) -> Result<(Record, Vec<u8>, Link), PortError> {
    let (number, prev) = self.last.as_ref().map_or((1, self.root.as_str()), |last| {
      (last.number + 1, last.short())
    });
    let mut record = Record {
      number,
      at: Utc::now(),
      event: event.clone(),
    };
    loop {
      let (text, link) = chain::encode(&record, prev).map_err(|error| {
        PortError::new(
          PortErrorKind::Unexpected,
          "write a journal record",
          error.to_string(),
        )
      })?;
      if text.len() <= LONGEST {
        return Ok((record, text, link));
      }
      if !shorten(&mut record.event) {
        return Err(PortError::new(
          PortErrorKind::Refused,
          "write a journal record",
          format!(
            "it has {} bytes and {LONGEST} are the most: keep the managed file and hook output smaller",
            text.len()
          ),
        ));
      }
    }
  }

  /// One `write`. What a failed or short one leaves behind is a torn line.
  fn append(&mut self, line: &[u8]) -> io::Result<()> {
    let fresh;
    let bytes = if self.torn {
      fresh = [b"\n", line].concat();
      &fresh
    } else {
      line
    };
    loop {
      match self.file.write(bytes) {
        Ok(length) if length == bytes.len() => {
          self.torn = false;
          return Ok(());
        }
        Ok(length) => {
          self.torn |= length > 0;
          return Err(io::ErrorKind::StorageFull.into());
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
        Err(error) => return Err(error),
      }
    }
  }
}

/// Drops the older half of the longest list of a failure; false when there is nothing to drop.
fn shorten(event: &mut Event) -> bool {
  let (Event::StepFailed { failure, .. } | Event::RestoreFailed { failure }) = event else {
    return false;
  };
  let Failure {
    output,
    log,
    exchange,
    ..
  } = failure;
  let mut lists = vec![output, log];
  if let Some(exchange) = exchange {
    lists.push(&mut exchange.request);
    lists.push(&mut exchange.response);
  }
  let Some(longest) = lists
    .into_iter()
    .max_by_key(|list| list.iter().map(|line| line.as_str().len()).sum::<usize>())
  else {
    return false;
  };
  let half = longest.len().div_ceil(2);
  longest.drain(..half);
  half > 0
}

fn is_full(error: &io::Error) -> bool {
  matches!(
    error.kind(),
    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
  )
}

/// Best effort: on a disk that is too full for the reserve, `FileLedger::preflight` already says so.
fn set_aside(reserve: &Path, access: Access) {
  let complete = fs::metadata(reserve).is_ok_and(|found| found.len() >= RESERVE as u64);
  if !complete {
    let _ = access.put(reserve, &vec![b'.'; RESERVE]);
  }
}
