//! Reads a journal while it grows: only complete, valid lines, each once, from the first record.

use std::{
  collections::VecDeque,
  fs::File,
  io::{self, Read},
  path::PathBuf,
};

use super::{
  chain::{Chain, LONGEST},
  files::failed,
};
use crate::{engine::ports::PortError, model::event::Record};

/// A reader's place in a journal that may not exist yet.
pub(crate) struct JournalTail {
  path: PathBuf,
  file: Option<File>,
  /// Bytes after the last line end.
  partial: Vec<u8>,
  chain: Chain,
  ready: VecDeque<Record>,
}

impl JournalTail {
  pub(crate) fn of(path: PathBuf) -> Self {
    Self {
      path,
      file: None,
      partial: Vec::new(),
      chain: Chain::default(),
      ready: VecDeque::new(),
    }
  }

  /// The next record that is there already.
  pub(crate) fn next(&mut self) -> Result<Option<Record>, PortError> {
    while self.ready.is_empty() && self.read_more()? > 0 {}
    Ok(self.ready.pop_front())
  }

  fn read_more(&mut self) -> Result<usize, PortError> {
    let reading = || format!("read the journal {}", self.path.display());
    let file = match &mut self.file {
      Some(file) => file,
      none => match File::open(&self.path) {
        Ok(file) => none.insert(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(failed(reading(), &error)),
      },
    };
    let mut block = vec![0; 64 * 1024];
    let length = file
      .read(&mut block)
      .map_err(|error| failed(reading(), &error))?;
    for byte in &block[..length] {
      if *byte == b'\n' {
        self.ready.extend(self.chain.take(&self.partial));
        self.partial.clear();
      } else if self.partial.len() <= LONGEST {
        self.partial.push(*byte);
      }
    }
    Ok(length)
  }
}
