//! A tool run on this host, for a database that has no container.

use std::{pin::Pin, process::Stdio};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::{
  io::{AsyncRead, AsyncReadExt},
  process::Command,
};

use super::session::{Chunk, Ending, Input, Session, Writer};
use crate::engine::ports::{PortError, PortErrorKind};

pub(super) fn start(
  command: &[String],
  environment: &[String],
  input: &Input,
) -> Result<Session, PortError> {
  let program = command.first().map_or("", String::as_str);
  let failed = |error: &dyn std::fmt::Display| {
    PortError::new(
      PortErrorKind::Misconfigured,
      format!("run {program} on this host"),
      format!("{error}; the PostgreSQL client tools must be installed and in PATH"),
    )
  };
  let mut child = Command::new(program)
    .args(command.get(1..).unwrap_or_default())
    .envs(environment.iter().filter_map(|pair| pair.split_once('=')))
    .stdin(if input.is_some() {
      Stdio::piped()
    } else {
      Stdio::null()
    })
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .process_group(0)
    .kill_on_drop(true)
    .spawn()
    .map_err(|error| failed(&error))?;
  let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
    return Err(failed(&"its outputs could not be opened"));
  };
  let writer = child.stdin.take().map(|stdin| Box::pin(stdin) as Writer);
  let output = stream::select(
    chunks(out).map(|read| read.map(Chunk::Out)),
    chunks(err).map(|read| read.map(Chunk::Err)),
  );
  Ok(Session {
    input: writer,
    output: Box::pin(output.map(|read| {
      read.map_err(|error| {
        PortError::new(
          PortErrorKind::Unexpected,
          "read a tool's output",
          error.to_string(),
        )
      })
    })),
    ending: Ending::Child(Box::new(child)),
  })
}

fn chunks<R>(from: R) -> Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>
where
  R: AsyncRead + Send + Unpin + 'static,
{
  Box::pin(stream::unfold(Some(from), |from| async {
    let mut from = from?;
    let mut buffer = vec![0; 32 * 1024];
    match from.read(&mut buffer).await {
      Ok(0) => None,
      Ok(count) => {
        buffer.truncate(count);
        Some((Ok(buffer.into()), Some(from)))
      }
      Err(error) => Some((Err(error), None)),
    }
  }))
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::adapters::database::session::{Finished, Text, drive};

  async fn run(command: &[&str], input: Input) -> Result<(String, Finished), PortError> {
    let command: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
    let mut text = Text::default();
    let session = start(&command, &["WORD=four".into()], &input)?;
    let finished = drive("test", session, input, &mut text).await?;
    Ok((String::from_utf8_lossy(&text.0).into_owned(), finished))
  }

  #[tokio::test]
  async fn a_tool_gets_its_input_and_its_end_is_the_real_one() {
    let long = "0123456789abcdef\n".repeat(40_000);
    let (out, finished) = run(&["cat"], Input::Text(long.clone())).await.unwrap();
    assert_eq!((out, finished.code), (long.clone(), 0));

    let script = "echo out $WORD; echo err >&2; exit 9";
    let (out, finished) = run(&["sh", "-c", script], Input::Nothing).await.unwrap();
    assert_eq!(
      (out.as_str(), finished.errors.as_str(), finished.code),
      ("out four\n", "err\n", 9)
    );
    assert!(finished.require("try", "look").is_err());

    let (_, finished) = run(&["sh", "-c", "kill -9 $$"], Input::Nothing)
      .await
      .unwrap();
    assert_eq!(finished.code, 137);

    // A tool that stops listening is judged by its exit code alone.
    let (out, finished) = run(&["head", "-c", "3"], Input::Text(long)).await.unwrap();
    assert_eq!((out.as_str(), finished.code), ("012", 0));
  }

  #[tokio::test]
  async fn an_answer_without_end_and_a_missing_tool_are_errors() {
    let error = run(&["cat", "/dev/zero"], Input::Nothing)
      .await
      .unwrap_err();
    assert!(error.detail.contains("larger than"), "{error}");
    let error = run(&["/no/such/tool"], Input::Nothing).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Misconfigured);
  }
}
