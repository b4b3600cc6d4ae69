//! What is asked of the proxy's process, one line each way over its socket: only the living process
//! can answer, so nothing is ever signalled by a number that may name a stranger by now.

use std::{io, path::Path, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::{
  io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
  net::{UnixListener, UnixStream},
  time::timeout,
};

use super::loads::Loads;
use crate::{adapters::short_path::ShortPath, model::router::FileHash};

const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST: u64 = 64 * 1024;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Ask {
  Standing,
  /// Would it load what is on disk?
  Test,
  Reload,
  /// The hash of the managed file as this process reads it.
  Read,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Said {
  Standing(Standing),
  Done,
  Refused(String),
  Hash(FileHash),
}

/// Loads are numbered from 1; those draining still serve requests that began under them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Standing {
  pub(super) pid: u32,
  pub(super) started_at: DateTime<Utc>,
  pub(super) version: String,
  pub(super) active: u32,
  pub(super) draining: Vec<u32>,
}

pub(super) async fn ask(folder: &Path, ask: Ask) -> io::Result<Said> {
  let exchange = async {
    let short = ShortPath::of(folder)?;
    let mut stream = UnixStream::connect(short.path()).await?;
    write(&mut stream, &ask).await?;
    read(stream).await
  };
  timeout(PATIENCE, exchange)
    .await
    .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn write(stream: &mut UnixStream, value: &impl Serialize) -> io::Result<()> {
  let mut line = serde_json::to_vec(value)?;
  line.push(b'\n');
  stream.write_all(&line).await
}

async fn read<T: for<'de> Deserialize<'de>>(
  stream: impl tokio::io::AsyncRead + Unpin,
) -> io::Result<T> {
  let mut line = String::new();
  BufReader::new(stream)
    .take(LONGEST)
    .read_line(&mut line)
    .await?;
  Ok(serde_json::from_str(&line)?)
}

/// Answers until the process ends.
pub(super) async fn answer(listener: UnixListener, loads: Arc<Loads>) {
  loop {
    let Ok((mut stream, _)) = listener.accept().await else {
      // Out of descriptors, most likely: wait for a client to leave instead of spinning.
      tokio::time::sleep(Duration::from_millis(50)).await;
      continue;
    };
    let loads = Arc::clone(&loads);
    tokio::spawn(timeout(PATIENCE, async move {
      let asked: Ask = read(&mut stream).await?;
      write(&mut stream, &said(&loads, asked).await).await
    }));
  }
}

async fn said(loads: &Loads, asked: Ask) -> Said {
  let done = |result: Result<(), String>| match result {
    Ok(()) => Said::Done,
    Err(why) => Said::Refused(why),
  };
  match asked {
    Ask::Standing => Said::Standing(loads.standing()),
    Ask::Test => done(loads.test().await),
    Ask::Reload => done(loads.reload().await),
    Ask::Read => match loads.hash() {
      Ok(hash) => Said::Hash(hash),
      Err(why) => Said::Refused(why),
    },
  }
}
