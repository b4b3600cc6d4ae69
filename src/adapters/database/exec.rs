//! A tool run inside the database's container: bytes streamed both ways, exit code by inspection.
//!
//! Ending the client of an exec does not end the process; closing its standard input does that
//! for every tool that reads it.

use std::time::Duration;

use bollard::{
  Docker,
  container::LogOutput,
  errors::Error,
  exec::{CreateExecOptions, StartExecOptions, StartExecResults},
};
use futures_util::StreamExt;

use super::session::{Chunk, Ending, Input, Session};
use crate::{
  adapters::dockerd::{self, Address},
  engine::ports::{PortError, PortErrorKind},
};

/// The daemon set by `DOCKER_HOST`, or the local one, at a version both speak.
pub(super) async fn connect() -> Result<Docker, PortError> {
  let doing = "connect to Docker";
  let (_, address) = Address::from_environment();
  dockerd::client(&address)
    .await
    .map(|docker| docker.with_timeout(dockerd::EXEC))
    .map_err(|error| said(doing, &error))
}

pub(super) async fn start(
  docker: &Docker,
  container: &str,
  command: &[String],
  environment: &[String],
  input: &Input,
) -> Result<Session, PortError> {
  let doing = format!(
    "run {} in the database container",
    command.first().map_or("nothing", String::as_str)
  );
  let options = CreateExecOptions {
    attach_stdin: Some(input.is_some()),
    attach_stdout: Some(true),
    attach_stderr: Some(true),
    env: Some(environment.to_vec()),
    cmd: Some(command.to_vec()),
    ..CreateExecOptions::default()
  };
  let exec = docker
    .create_exec(container, options)
    .await
    .map_err(|error| said(&doing, &error))?;
  let start = StartExecOptions {
    output_capacity: Some(64 * 1024),
    ..StartExecOptions::default()
  };
  let attached = docker
    .start_exec(&exec.id, Some(start))
    .await
    .map_err(|error| said(&doing, &error))?;
  let StartExecResults::Attached {
    output,
    input: writer,
  } = attached
  else {
    return Err(PortError::new(
      PortErrorKind::Unexpected,
      doing,
      "Docker did not attach to the command",
    ));
  };
  let output = output.map(move |item| match item {
    Ok(LogOutput::StdOut { message }) => Ok(Chunk::Out(message)),
    Ok(LogOutput::StdErr { message }) => Ok(Chunk::Err(message)),
    // Bytes outside a frame: the stream was cut, so nothing read so far may be trusted.
    Ok(LogOutput::Console { .. } | LogOutput::StdIn { .. }) => Err(PortError::new(
      PortErrorKind::Unexpected,
      doing.clone(),
      "Docker's output stream broke off inside a frame",
    )),
    Err(error) => Err(said(&doing, &error)),
  });
  Ok(Session {
    input: input.is_some().then_some(writer),
    output: Box::pin(output),
    ending: Ending::Exec(docker.clone(), exec.id),
  })
}

/// Asks until the command is no longer running; the caller sets the limit.
pub(super) async fn exit_code(doing: &str, docker: &Docker, exec: &str) -> Result<i64, PortError> {
  loop {
    let state = docker
      .inspect_exec(exec)
      .await
      .map_err(|error| said(doing, &error))?;
    if state.running == Some(false) {
      return state.exit_code.ok_or_else(|| {
        PortError::new(
          PortErrorKind::Unexpected,
          doing,
          "Docker knows no exit code for the command, so its result is unknown",
        )
      });
    }
    tokio::time::sleep(Duration::from_millis(30)).await;
  }
}

/// Docker's answer as one of our errors.
pub(super) fn said(doing: &str, error: &Error) -> PortError {
  let kind = match error {
    Error::DockerResponseServerError { status_code, .. } => match status_code {
      404 => PortErrorKind::Misconfigured,
      409 => PortErrorKind::Unreachable,
      _ => PortErrorKind::Refused,
    },
    Error::RequestTimeoutError => PortErrorKind::Timeout,
    _ => PortErrorKind::Unreachable,
  };
  PortError::new(kind, doing, format!("{error}; look with: docker ps --all"))
}
