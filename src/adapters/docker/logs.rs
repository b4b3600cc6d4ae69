//! Container logs, straight from the daemon's socket: the client library's own decoder can be
//! silenced by a container and gathers without bound (fussybeaver/bollard#805).
//!
//! `log_decoder` turns the bytes into lines; here is the request, the tail and the follower.

use std::{collections::VecDeque, time::Duration};

use bollard::query_parameters::InspectContainerOptions;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, body::Incoming, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use tokio::{
  io::{AsyncRead, AsyncWrite},
  net::{TcpStream, UnixStream},
};

use super::{
  connection::{Address, Connection, QUERY},
  log_decoder::{Framing, LogDecoder},
};
use crate::{
  engine::{
    log_pipe::{LogReader, log_pipe},
    ports::{PortError, PortErrorKind},
  },
  model::{container::ContainerId, log_line::LogEntry},
};

/// For all lines of a tail together.
const TAIL: Duration = Duration::from_secs(10);

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
  Now,
  Stopped,
}

pub(super) async fn tail(
  docker: &Connection,
  container: &ContainerId,
  count: usize,
) -> Result<Vec<String>, PortError> {
  let doing = format!("read the log of container {}", container.short());
  let work = async {
    let (mut decoder, mut body) = open(docker, &doing, container, count, Until::Now).await?;
    let mut lines = VecDeque::new();
    let mut keep = |line| {
      lines.push_back(line);
      if lines.len() > count {
        lines.pop_front();
      }
    };
    while let Some(frame) = body.frame().await {
      let frame = frame.map_err(|error| docker.unreachable(&doing, &error))?;
      if let Some(bytes) = frame.data_ref() {
        decoder.push(bytes, &mut keep);
      }
    }
    decoder.finish(&mut keep);
    Ok(Vec::from(lines))
  };
  tokio::time::timeout(TAIL, work).await.unwrap_or_else(|_| {
    Err(PortError::new(
      PortErrorKind::Timeout,
      &doing,
      format!("Docker did not deliver it within {} s", TAIL.as_secs()),
    ))
  })
}

/// Lines as they come, until the log ends or the reader is dropped.
pub(super) async fn follow(
  docker: &Connection,
  container: &ContainerId,
  count: usize,
) -> Result<LogReader, PortError> {
  let doing = format!("follow the log of container {}", container.short());
  let opening = open(docker, &doing, container, count, Until::Stopped);
  let (mut decoder, mut body) = tokio::time::timeout(TAIL, opening)
    .await
    .map_err(|_| PortError::new(PortErrorKind::Timeout, &doing, "Docker gave no answer"))??;
  let (writer, reader) = log_pipe();
  tokio::spawn(async move {
    let mut write = |line| writer.write(LogEntry::stamped(line));
    loop {
      let frame = tokio::select! {
        frame = body.frame() => frame,
        () = writer.closed() => return,
      };
      let Some(Ok(frame)) = frame else { break };
      if let Some(bytes) = frame.data_ref() {
        decoder.push(bytes, &mut write);
      }
    }
    decoder.finish(&mut write);
  });
  Ok(reader)
}

async fn open(
  docker: &Connection,
  doing: &str,
  container: &ContainerId,
  count: usize,
  until: Until,
) -> Result<(LogDecoder, Incoming), PortError> {
  let inspected = docker
    .ask(doing, |docker| async move {
      docker
        .inspect_container(&container.0, None::<InspectContainerOptions>)
        .await
    })
    .await?;
  let tty = inspected
    .config
    .and_then(|config| config.tty)
    .unwrap_or(false);
  // Never `since`: the daemon would decode the whole file to find it.
  let follow = match until {
    Until::Now => "",
    Until::Stopped => "&follow=1&timestamps=1",
  };
  let path = format!(
    "/containers/{}/logs?stdout=1&stderr=1&tail={count}{follow}",
    container.0
  );
  let answer = get(docker, doing, &path).await?;
  let framing = if tty { Framing::Raw } else { Framing::Frames };
  Ok((LogDecoder::new(framing), answer))
}

async fn get(docker: &Connection, doing: &str, path: &str) -> Result<Incoming, PortError> {
  let wire: Box<dyn Wire> = match &docker.address {
    Address::Unix(socket) => match UnixStream::connect(socket).await {
      Ok(stream) => Box::new(stream),
      Err(error) => return Err(docker.unreachable(doing, &error)),
    },
    Address::Tcp(host) | Address::Other(host) => match TcpStream::connect(host).await {
      Ok(stream) => Box::new(stream),
      Err(error) => return Err(docker.unreachable(doing, &error)),
    },
  };
  let shaken = tokio::time::timeout(QUERY, http1::handshake(TokioIo::new(wire))).await;
  let (mut requests, connection) = match shaken {
    Ok(shaken) => shaken.map_err(|error| docker.unreachable(doing, &error))?,
    Err(_) => {
      return Err(PortError::new(
        PortErrorKind::Timeout,
        doing,
        "Docker gave no answer",
      ));
    }
  };
  // Ends with the stream: dropping the body closes the connection.
  tokio::spawn(connection);
  let request = Request::get(path)
    .header(HOST, "docker")
    .body(Empty::<Bytes>::new())
    .map_err(|error| PortError::new(PortErrorKind::Unexpected, doing, error.to_string()))?;
  let response = requests
    .send_request(request)
    .await
    .map_err(|error| docker.unreachable(doing, &error))?;
  if response.status().is_success() {
    return Ok(response.into_body());
  }
  let status = response.status();
  let words = http_body_util::Limited::new(response.into_body(), 4096)
    .collect()
    .await
    .map(|words| String::from_utf8_lossy(&words.to_bytes()).into_owned())
    .unwrap_or_default();
  Err(PortError::new(
    PortErrorKind::Refused,
    doing,
    format!("{status}: {}", words.trim()),
  ))
}
