//! The proxy's access log and error log, in nginx's words, so that the same readers read them.

use std::{
  path::{Path, PathBuf},
  sync::{Mutex, PoisonError},
};

use chrono::{Local, Utc};

use crate::{
  adapters::{ledger::Access, log_file::WrittenLog},
  engine::ports::PortError,
};

pub(super) const FORMAT: &str =
  "$remote_addr - [$msec] \"$request\" $status $body_bytes_sent $request_time $upstream_addr";

/// Where the logs are.
pub(super) struct Files {
  pub(super) access: PathBuf,
  pub(super) errors: PathBuf,
}

impl Files {
  pub(super) fn of(folder: &Path) -> Self {
    Self {
      access: folder.join("access.log"),
      errors: folder.join("error.log"),
    }
  }
}

pub(super) struct Logs {
  access: Mutex<WrittenLog>,
  errors: Mutex<WrittenLog>,
}

/// One request that was answered, or whose client went away.
pub(super) struct Answered<'a> {
  pub(super) client: &'a str,
  /// Method, target and version.
  pub(super) request: &'a str,
  pub(super) status: u16,
  pub(super) bytes: u64,
  pub(super) millis: u128,
  pub(super) upstream: &'a str,
}

impl Logs {
  pub(super) fn open(folder: &Path, access: Access) -> Result<Self, PortError> {
    let files = Files::of(folder);
    Ok(Self {
      access: Mutex::new(WrittenLog::open(&files.access, access)?),
      errors: Mutex::new(WrittenLog::open(&files.errors, access)?),
    })
  }

  pub(super) fn answered(&self, it: &Answered<'_>) {
    let now = Utc::now();
    let line = format!(
      "{} - [{}.{:03}] \"{}\" {} {} {}.{:03} {}\n",
      it.client,
      now.timestamp(),
      now.timestamp_subsec_millis(),
      it.request.replace('"', "%22"),
      it.status,
      it.bytes,
      it.millis / 1000,
      it.millis % 1000,
      it.upstream
    );
    write(&self.access, &line);
  }

  /// `level` is one of nginx's.
  pub(super) fn error(&self, level: &str, what: &str) {
    let now = Local::now().format("%Y/%m/%d %H:%M:%S");
    let what = what.replace('\n', " ");
    write(
      &self.errors,
      &format!("{now} [{level}] {}#0: {what}\n", std::process::id()),
    );
  }
}

fn write(log: &Mutex<WrittenLog>, line: &str) {
  log
    .lock()
    .unwrap_or_else(PoisonError::into_inner)
    .write(line);
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::{
    adapters::router::access,
    model::{Slot, requests::Request},
  };

  #[test]
  fn what_is_logged_is_read_by_the_same_reader_as_nginx() {
    let folder = tempfile::tempdir().unwrap();
    let mode = Access {
      owner: None,
      group: None,
    };
    let logs = Logs::open(folder.path(), mode).unwrap();
    logs.answered(&Answered {
      client: "127.0.0.1",
      request: "GET /a?b=\" HTTP/1.1",
      status: 200,
      bytes: 12,
      millis: 1042,
      upstream: "127.0.0.1:8081",
    });
    let line = std::fs::read_to_string(Files::of(folder.path()).access).unwrap();
    let formats = access::formats([FORMAT].into_iter());
    let mut slot = |address: &str| (address == "127.0.0.1:8081").then_some(Slot::Blue);
    let Request {
      status,
      millis,
      slot,
      at,
    } = access::request(&formats, &line, Utc::now(), &mut slot).unwrap();
    assert_eq!((status, millis, slot), (200, Some(1042), Some(Slot::Blue)));
    assert!((Utc::now() - at).num_seconds() < 5);
  }
}
