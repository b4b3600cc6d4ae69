//! The front end's end of an operation's socket.

use std::{io, path::Path, time::Duration};

use tokio::{
  io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
  net::UnixStream,
  time::timeout,
};

use super::spoken::{LONGEST, Spoken};
use crate::{
  adapters::{ledger::OperationFolder, short_path::ShortPath},
  engine::ports::{Message, PortError, PortErrorKind},
  model::operation::OperationId,
};

const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn say(
  folder: &OperationFolder,
  id: OperationId,
  message: &Message,
) -> Result<(), PortError> {
  let doing = || format!("speak to the runner of {id}");
  let answered = timeout(PATIENCE, exchange(folder.path(), message)).await;
  match answered {
    Err(_) => Err(PortError::new(
      PortErrorKind::Timeout,
      doing(),
      format!(
        "it did not answer for {} s; see how it stands with cutover attach {}",
        PATIENCE.as_secs(),
        id.0
      ),
    )),
    Ok(Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => Err(PortError::new(
      PortErrorKind::Misconfigured,
      doing(),
      format!(
        "{error}; answer as the user who started it, or share the state folder with a group (state_group)"
      ),
    )),
    Ok(Err(error)) => Err(PortError::new(
      PortErrorKind::Unreachable,
      doing(),
      format!(
        "there is none ({error}); see how it ended or was interrupted: cutover attach {}",
        id.0
      ),
    )),
    Ok(Ok(answer)) if answer == "ok" => Ok(()),
    Ok(Ok(answer)) => Err(PortError::new(
      PortErrorKind::Refused,
      doing(),
      answer
        .strip_prefix("error: ")
        .unwrap_or("it hung up without an answer")
        .to_owned(),
    )),
  }
}

async fn exchange(folder: &Path, message: &Message) -> io::Result<String> {
  let short = ShortPath::of(folder)?;
  let mut stream = UnixStream::connect(short.path()).await?;
  let mut line = serde_json::to_vec(&Spoken::from(message.clone()))?;
  line.push(b'\n');
  stream.write_all(&line).await?;
  let mut answer = String::new();
  BufReader::new(stream)
    .take(LONGEST as u64)
    .read_line(&mut answer)
    .await?;
  Ok(answer.trim_end().to_owned())
}
