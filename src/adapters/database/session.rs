//! One run of a tool, wherever it runs: bytes in, bytes out, and its real exit code.
//!
//! `exec` and `host` open sessions; `drive` carries one to its end. Dropping a session closes its
//! standard input, which ends every tool that reads it.

use std::{future::Future, io, pin::Pin, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::{
  fs::File,
  io::{AsyncReadExt, AsyncWrite, AsyncWriteExt},
};

use super::exec;
use crate::{
  adapters::bounded::HeadTail,
  engine::ports::{PortError, PortErrorKind},
};

const MOST_ERRORS: usize = 16 * 1024;
const MOST_TEXT: usize = 1024 * 1024;
/// How long a tool may take to end once both its outputs are closed.
const TO_END: Duration = Duration::from_secs(10);

pub(super) enum Chunk {
  Out(Bytes),
  Err(Bytes),
}

pub(super) type Writer = Pin<Box<dyn AsyncWrite + Send>>;
pub(super) type Chunks = Pin<Box<dyn Stream<Item = Result<Chunk, PortError>> + Send>>;

pub(super) enum Ending {
  Exec(bollard::Docker, String),
  Child(Box<tokio::process::Child>),
}

pub(super) struct Session {
  pub(super) input: Option<Writer>,
  pub(super) output: Chunks,
  pub(super) ending: Ending,
}

/// What a tool is fed.
pub(super) enum Input {
  Nothing,
  Text(String),
  File(File),
}

impl Input {
  pub(super) fn is_some(&self) -> bool {
    !matches!(self, Self::Nothing)
  }
}

/// Takes what a tool writes to standard output.
pub(super) trait Sink: Send {
  fn take(&mut self, chunk: Bytes) -> impl Future<Output = io::Result<()>> + Send;
}

pub(super) struct Discard;

impl Sink for Discard {
  async fn take(&mut self, _: Bytes) -> io::Result<()> {
    Ok(())
  }
}

/// Text of an answer; more than 1 MiB is an error, never a silent cut.
#[derive(Default)]
pub(super) struct Text(pub(super) Vec<u8>);

impl Sink for Text {
  async fn take(&mut self, chunk: Bytes) -> io::Result<()> {
    if self.0.len() + chunk.len() > MOST_TEXT {
      return Err(io::Error::other("the answer is larger than 1 MiB"));
    }
    self.0.extend_from_slice(&chunk);
    Ok(())
  }
}

/// How a tool ended.
#[derive(Debug)]
pub(super) struct Finished {
  pub(super) code: i64,
  pub(super) errors: String,
}

impl Finished {
  /// An error unless the tool ended with 0.
  pub(super) fn require(&self, doing: &str, remedy: &str) -> Result<(), PortError> {
    if self.code == 0 {
      return Ok(());
    }
    let said = self.errors.trim();
    let said = if said.is_empty() {
      "it said nothing"
    } else {
      said
    };
    Err(PortError::new(
      PortErrorKind::Refused,
      doing,
      format!("ended with {}: {said}; {remedy}", self.code),
    ))
  }
}

/// Feeds and reads a tool until it has closed its outputs, then asks how it ended.
pub(super) async fn drive<S: Sink>(
  doing: &str,
  session: Session,
  input: Input,
  sink: &mut S,
) -> Result<Finished, PortError> {
  let Session {
    input: writer,
    mut output,
    ending,
  } = session;
  let local =
    |error: io::Error| PortError::new(PortErrorKind::Unexpected, doing, error.to_string());
  let mut errors = HeadTail::new(MOST_ERRORS);
  let feeding = feed(writer, input);
  tokio::pin!(feeding);
  let mut fed = false;
  loop {
    tokio::select! {
      read = &mut feeding, if !fed => {
        read.map_err(local)?;
        fed = true;
      }
      chunk = output.next() => match chunk {
        Some(Ok(Chunk::Out(bytes))) => sink.take(bytes).await.map_err(local)?,
        Some(Ok(Chunk::Err(bytes))) => {
          errors.push(&bytes);
        }
        Some(Err(error)) => return Err(error),
        None => break,
      },
    }
  }
  let code = exit_code(doing, ending).await?;
  Ok(Finished {
    code,
    errors: errors.text(),
  })
}

/// Only reading our own file can fail here: a tool that stops listening tells why by its end.
async fn feed(writer: Option<Writer>, input: Input) -> io::Result<()> {
  let Some(mut writer) = writer else {
    return Ok(());
  };
  match input {
    Input::Nothing => {}
    Input::Text(text) => {
      let _ = writer.write_all(text.as_bytes()).await;
    }
    Input::File(mut file) => {
      let mut buffer = vec![0; 64 * 1024];
      loop {
        let count = file.read(&mut buffer).await?;
        if count == 0 || writer.write_all(&buffer[..count]).await.is_err() {
          break;
        }
      }
    }
  }
  // Docker's connection needs the shutdown, a child's pipe the drop that follows.
  let _ = writer.shutdown().await;
  Ok(())
}

async fn exit_code(doing: &str, ending: Ending) -> Result<i64, PortError> {
  let ended = async {
    match ending {
      Ending::Exec(docker, id) => exec::exit_code(doing, &docker, &id).await,
      Ending::Child(mut child) => {
        let status = child
          .wait()
          .await
          .map_err(|error| PortError::new(PortErrorKind::Unexpected, doing, error.to_string()))?;
        let signal = std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(0);
        Ok(i64::from(status.code().unwrap_or(128 + signal)))
      }
    }
  };
  tokio::time::timeout(TO_END, ended)
    .await
    .unwrap_or_else(|_| {
      Err(PortError::new(
        PortErrorKind::Timeout,
        doing,
        "it closed its output but did not end within 10 s, so its result is unknown",
      ))
    })
}
