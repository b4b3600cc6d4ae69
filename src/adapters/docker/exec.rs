//! Runs a command inside a running container and waits for it.
//!
//! A command whose deadline passes goes on inside the container: Docker offers no way to end it.
//! `is_running` finds such a one again.

use std::{
  collections::{BTreeMap, VecDeque},
  time::Duration,
};

use bollard::{
  container::LogOutput,
  exec::{CreateExecOptions, StartExecOptions, StartExecResults},
  query_parameters::InspectContainerOptions,
};
use futures_util::StreamExt;

use super::connection::{Connection, QUERY};
use crate::{
  adapters::line_cutter::LineCutter,
  engine::ports::{CommandOutput, Notes, PortError, PortErrorKind},
  model::container::ContainerId,
};

/// Of the output, the first and the last half of this is kept.
const MOST_OUTPUT: usize = 64 * 1024;
const EXIT_POLL: Duration = Duration::from_millis(50);

pub(super) async fn run(
  docker: &Connection,
  container: &ContainerId,
  command: &[String],
  environment: &BTreeMap<String, String>,
  deadline: Duration,
  notes: Notes<'_>,
) -> Result<CommandOutput, PortError> {
  let doing = format!(
    "run '{}' in container {}",
    command.join(" "),
    container.short()
  );
  let options = CreateExecOptions {
    attach_stdout: Some(true),
    attach_stderr: Some(true),
    tty: Some(false),
    env: Some(
      environment
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect(),
    ),
    cmd: Some(command.to_vec()),
    ..CreateExecOptions::<String>::default()
  };
  let exec = docker
    .ask(&doing, |docker| async move {
      docker.create_exec(&container.0, options).await
    })
    .await?
    .id;
  let work = attached(docker, &doing, &exec, notes);
  match tokio::time::timeout(deadline, work).await {
    Ok(output) => output,
    Err(_) => Err(PortError::new(
      PortErrorKind::Timeout,
      doing,
      format!(
        "not finished after {} s; it still runs inside: see 'docker top {}'",
        deadline.as_secs(),
        container.short()
      ),
    )),
  }
}

async fn attached(
  docker: &Connection,
  doing: &str,
  exec: &str,
  notes: Notes<'_>,
) -> Result<CommandOutput, PortError> {
  let started = docker
    .ask(doing, |docker| async move {
      docker
        .start_exec(exec, Some(StartExecOptions::default()))
        .await
    })
    .await?;
  let mut output = Output::default();
  let mut lines = (LineCutter::default(), LineCutter::default());
  if let StartExecResults::Attached {
    output: mut stream, ..
  } = started
  {
    while let Some(piece) = stream.next().await {
      let piece = piece.map_err(|error| docker.unreachable(doing, &error))?;
      let (cutter, message) = match piece {
        LogOutput::StdErr { message } => (&mut lines.1, message),
        LogOutput::StdOut { message }
        | LogOutput::StdIn { message }
        | LogOutput::Console { message } => (&mut lines.0, message),
      };
      output.push(&message);
      cutter.push(&message, &mut |line| notes(&line));
    }
    lines.0.finish(&mut |line| notes(&line));
    lines.1.finish(&mut |line| notes(&line));
  }
  // Docker closes the stream shortly before it notes the exit.
  let settled = tokio::time::Instant::now() + QUERY;
  loop {
    let state = docker
      .ask(
        doing,
        |docker| async move { docker.inspect_exec(exec).await },
      )
      .await?;
    if let (Some(exit_code), Some(false)) = (state.exit_code, state.running) {
      return Ok(CommandOutput {
        exit_code,
        output: output.text(),
      });
    }
    if tokio::time::Instant::now() > settled {
      return Err(PortError::new(
        PortErrorKind::Unexpected,
        doing,
        "its output ended but Docker reports no exit code",
      ));
    }
    tokio::time::sleep(EXIT_POLL).await;
  }
}

/// Whether an `exec` of this container whose command line is `tag` still runs.
pub(super) async fn is_running(
  docker: &Connection,
  container: &ContainerId,
  tag: &str,
) -> Result<bool, PortError> {
  let doing = format!("look for '{tag}' in container {}", container.short());
  let execs = docker
    .ask(&doing, |docker| async move {
      docker
        .inspect_container(&container.0, None::<InspectContainerOptions>)
        .await
    })
    .await?
    .exec_ids
    .unwrap_or_default();
  for exec in &execs {
    let asked = docker
      .ask(
        &doing,
        |docker| async move { docker.inspect_exec(exec).await },
      )
      .await;
    let state = match asked {
      Ok(state) => state,
      // Docker forgot it in the meantime, so it is over.
      Err(error) if error.kind == PortErrorKind::Refused => continue,
      Err(error) => return Err(error),
    };
    let Some(process) = state.process_config.filter(|_| state.running == Some(true)) else {
      continue;
    };
    let mut words: Vec<String> = process.entrypoint.into_iter().collect();
    words.extend(process.arguments.unwrap_or_default());
    if words.join(" ") == tag {
      return Ok(true);
    }
  }
  Ok(false)
}

/// The first and the last part of what was printed.
#[derive(Default)]
struct Output {
  head: Vec<u8>,
  tail: VecDeque<u8>,
  cut: usize,
}

impl Output {
  fn push(&mut self, bytes: &[u8]) {
    let room = (MOST_OUTPUT / 2)
      .saturating_sub(self.head.len())
      .min(bytes.len());
    self.head.extend_from_slice(&bytes[..room]);
    self.tail.extend(&bytes[room..]);
    let over = self.tail.len().saturating_sub(MOST_OUTPUT / 2);
    self.tail.drain(..over);
    self.cut += over;
  }

  fn text(self) -> String {
    let tail = Vec::from(self.tail);
    if self.cut == 0 {
      return String::from_utf8_lossy(&[self.head, tail].concat()).into_owned();
    }
    format!(
      "{}\n[{} bytes cut]\n{}",
      String::from_utf8_lossy(&self.head),
      self.cut,
      String::from_utf8_lossy(&tail)
    )
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn long_output_keeps_its_beginning_and_its_end() {
    let mut output = Output::default();
    output.push(b"first\n");
    for _ in 0..1000 {
      output.push(&[b'x'; 1000]);
    }
    output.push(b"\nlast");
    let text = output.text();
    assert!(text.starts_with("first\n") && text.ends_with("\nlast"));
    assert!(text.contains("bytes cut]"));
    assert!(text.len() < MOST_OUTPUT + 100);
  }

  #[test]
  fn output_below_the_limit_is_whole() {
    let mut output = Output::default();
    let bytes = vec![b'y'; MOST_OUTPUT];
    bytes.chunks(777).for_each(|piece| output.push(piece));
    assert_eq!(output.text().len(), MOST_OUTPUT);
  }
}
