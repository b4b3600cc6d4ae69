//! Container logs, straight from the daemon's socket: the client library's own decoder can be
//! silenced by a container and gathers without bound (fussybeaver/bollard#805).
//!
//! `log_decoder` turns the bytes into lines; here is the request, the tail and the follower.

use std::{
  collections::VecDeque,
  future::poll_fn,
  io,
  pin::Pin,
  task::{Context, Poll},
  time::Duration,
};

use bollard::query_parameters::InspectContainerOptions;
use bytes::Bytes;
use http_body_util::Empty;
use hyper::{
  Request,
  body::{Body, Frame, Incoming},
  client::conn::http1,
  header::HOST,
};
use hyper_util::rt::TokioIo;
use tokio::{
  io::{AsyncRead, AsyncWrite},
  net::{TcpStream, UnixStream},
};

use super::{
  connection::{Address, Connection, QUERY},
  log_decoder::{Framing, LogDecoder},
  paced::{Paced, Patience},
};
use crate::{
  adapters::clock::SystemClock,
  engine::{
    log_pipe::{FRAME, LogReader, log_pipe},
    ports::{Clock, PortError, PortErrorKind},
  },
  model::{beat, container::ContainerId, log_line::LogEntry},
};

/// For all lines of a tail together.
const TAIL: Duration = Duration::from_secs(10);
/// Of a refusal.
const MOST_WORDS: usize = 4096;

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
    while let Some(bytes) = poll_fn(|context| body.poll(context)).await {
      let bytes = bytes.map_err(|error| docker.unreachable(&doing, &error))?;
      decoder.push(&bytes, &mut keep);
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
      body.patience.begin();
      let mut more = tokio::select! {
        more = poll_fn(|context| body.poll(context)) => more,
        () = writer.closed() => return,
      };
      body.patience.end();
      while let Some(Ok(bytes)) = &more {
        decoder.push(bytes, &mut write);
        match poll_fn(|context| Poll::Ready(body.poll(context))).await {
          Poll::Ready(next) => more = next,
          Poll::Pending => break,
        }
      }
      if !matches!(more, Some(Ok(_))) {
        break;
      }
      // What comes meanwhile waits in the socket: a flood costs one wake-up a frame, not one a line.
      let wait = beat::until(SystemClock.now(), FRAME);
      tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = writer.closed() => return,
      }
    }
    decoder.finish(&mut write);
  });
  Ok(reader)
}

/// The body of an answer and the connection that it comes from, which is driven by who reads it.
struct Answer {
  body: Incoming,
  connection: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
  patience: Patience,
}

impl Answer {
  /// The next bytes; `None` at the end.
  fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, hyper::Error>>> {
    loop {
      match self.read(context) {
        Poll::Ready(Some(Ok(frame))) => {
          if let Ok(bytes) = frame.into_data() {
            return Poll::Ready(Some(Ok(bytes)));
          }
        }
        Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
        Poll::Ready(None) => return Poll::Ready(None),
        Poll::Pending => return Poll::Pending,
      }
    }
  }

  fn read(
    &mut self,
    context: &mut Context<'_>,
  ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
    let frame = Pin::new(&mut self.body).poll_frame(context);
    let Some(connection) = self.connection.as_mut().filter(|_| frame.is_pending()) else {
      return frame;
    };
    if connection.as_mut().poll(context).is_ready() {
      self.connection = None;
    }
    Pin::new(&mut self.body).poll_frame(context)
  }
}

async fn open(
  docker: &Connection,
  doing: &str,
  container: &ContainerId,
  count: usize,
  until: Until,
) -> Result<(LogDecoder, Answer), PortError> {
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

async fn get(docker: &Connection, doing: &str, path: &str) -> Result<Answer, PortError> {
  let patience = Patience::default();
  let paced = patience.clone();
  let wire: Result<Box<dyn Wire>, io::Error> = match &docker.address {
    Address::Unix(socket) => UnixStream::connect(socket)
      .await
      .map(|stream| Box::new(Paced::new(stream, paced)) as Box<dyn Wire>),
    Address::Tcp(host) | Address::Other(host) => TcpStream::connect(host)
      .await
      .map(|stream| Box::new(Paced::new(stream, paced)) as Box<dyn Wire>),
  };
  let wire = wire.map_err(|error| docker.unreachable(doing, &error))?;
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
  let mut connection: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
    // Whoever reads the body is told how it ended.
    drop(connection.await);
  });
  let request = Request::get(path)
    .header(HOST, "docker")
    .body(Empty::<Bytes>::new())
    .map_err(|error| PortError::new(PortErrorKind::Unexpected, doing, error.to_string()))?;
  let mut answer = Box::pin(requests.send_request(request));
  let answered = tokio::select! {
    biased;
    answered = &mut answer => (answered, Some(connection)),
    () = &mut connection => (answer.await, None),
  };
  let (response, connection) = answered;
  let response = response.map_err(|error| docker.unreachable(doing, &error))?;
  let status = response.status();
  let mut answer = Answer {
    body: response.into_body(),
    connection,
    patience,
  };
  if status.is_success() {
    return Ok(answer);
  }
  let mut words = Vec::new();
  while let Some(Ok(bytes)) = poll_fn(|context| answer.poll(context)).await {
    words.extend_from_slice(&bytes);
    if words.len() >= MOST_WORDS {
      break;
    }
  }
  let words = String::from_utf8_lossy(&words);
  Err(PortError::new(
    PortErrorKind::Refused,
    doing,
    format!("{status}: {}", words.trim()),
  ))
}
