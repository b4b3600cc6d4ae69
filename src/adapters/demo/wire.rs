//! HTTP/1.1 over a bare socket, for clients that must know exactly what happened to each connection: whether a
//! complete answer came back, and whether the other side closed. Nothing is retried and nothing is pooled here.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const LARGEST_HEAD: usize = 16 * 1024;
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// A complete answer.
#[derive(Debug)]
pub struct Answer {
  pub status: u16,
  headers: Vec<(String, String)>,
  pub body: Vec<u8>,
  /// Whether the same connection may carry another request.
  pub reusable: bool,
}

impl Answer {
  pub fn header(&self, name: &str) -> Option<&str> {
    self
      .headers
      .iter()
      .find(|(key, _)| key.eq_ignore_ascii_case(name))
      .map(|(_, value)| value.as_str())
  }
}

/// The parts of an `http://host:port/path` address.
#[derive(Debug, Clone)]
pub struct Target {
  /// `host:port`, ready to connect to.
  pub address: String,
  pub path: String,
}

impl Target {
  pub fn parse(url: &str) -> Result<Self, String> {
    let rest = url
      .strip_prefix("http://")
      .ok_or_else(|| format!("`{url}` is no plain address: use http://host:port/path"))?;
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let address = if host.contains(':') {
      host.to_owned()
    } else {
      format!("{host}:80")
    };
    Ok(Self {
      address,
      path: path.to_owned(),
    })
  }
}

/// Connects, with the failure in words.
pub async fn connect(address: &str, patience: Duration) -> Result<TcpStream, String> {
  let stream = match timeout(patience, TcpStream::connect(address)).await {
    Ok(Ok(stream)) => stream,
    Ok(Err(error)) => return Err(format!("connect: {error}")),
    Err(_) => return Err("connect: timed out".to_owned()),
  };
  let _ = stream.set_nodelay(true);
  Ok(stream)
}

/// Whether an idle connection has been closed, or has bytes on it that nobody asked for.
pub fn is_spent(stream: &TcpStream) -> bool {
  let mut byte = [0_u8; 1];
  !matches!(stream.try_read(&mut byte), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

/// Sends one request and reads its complete answer, or says why there is none.
pub async fn exchange(
  stream: &mut TcpStream,
  request: &[u8],
  patience: Duration,
) -> Result<Answer, String> {
  let exchange = async {
    stream
      .write_all(request)
      .await
      .map_err(|error| format!("write: {error}"))?;
    read_answer(stream).await
  };
  timeout(patience, exchange)
    .await
    .unwrap_or_else(|_| Err("no complete answer in time".to_owned()))
}

async fn read_answer(stream: &mut TcpStream) -> Result<Answer, String> {
  let mut buffer = Vec::with_capacity(2048);
  let head_end = loop {
    if let Some(at) = find(&buffer, b"\r\n\r\n") {
      break at;
    }
    if buffer.len() > LARGEST_HEAD {
      return Err("answer head too long".to_owned());
    }
    more(stream, &mut buffer, "before an answer").await?;
  };
  let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
  let mut body = buffer.split_off(head_end + 4);
  let mut lines = head.split("\r\n");
  let status_line = lines.next().unwrap_or_default();
  let status = status_line
    .split(' ')
    .nth(1)
    .and_then(|status| status.parse().ok())
    .ok_or_else(|| "not an HTTP answer".to_owned())?;
  let headers: Vec<(String, String)> = lines
    .filter_map(|line| line.split_once(':'))
    .map(|(key, value)| (key.to_owned(), value.trim().to_owned()))
    .collect();
  let mut answer = Answer {
    status,
    headers,
    body: Vec::new(),
    reusable: true,
  };
  let length = answer
    .header("content-length")
    .and_then(|length| length.parse::<usize>().ok());
  if let Some(length) = length {
    while body.len() < length {
      bounded(&body)?;
      more(stream, &mut body, "in the middle of an answer").await?;
    }
  } else if answer
    .header("transfer-encoding")
    .is_some_and(|kind| kind.eq_ignore_ascii_case("chunked"))
  {
    while find(&body, b"0\r\n\r\n").is_none() {
      bounded(&body)?;
      more(stream, &mut body, "in the middle of an answer").await?;
    }
  } else if status != 204 && status != 304 {
    answer.reusable = false;
    while stream
      .read_buf(&mut body)
      .await
      .map_err(|error| format!("read: {error}"))?
      > 0
    {
      bounded(&body)?;
    }
  }
  if answer
    .header("connection")
    .is_some_and(|kind| kind.eq_ignore_ascii_case("close"))
  {
    answer.reusable = false;
  }
  answer.body = body;
  Ok(answer)
}

fn bounded(body: &[u8]) -> Result<(), String> {
  if body.len() > LARGEST_ANSWER {
    Err("answer too long".to_owned())
  } else {
    Ok(())
  }
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>, place: &str) -> Result<(), String> {
  match stream.read_buf(buffer).await {
    Ok(0) => Err(format!("closed {place}")),
    Ok(_) => Ok(()),
    Err(error) => Err(format!("read: {error}")),
  }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
  bytes.windows(what.len()).position(|window| window == what)
}
