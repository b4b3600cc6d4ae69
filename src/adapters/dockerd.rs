//! The way to the Docker daemon: where it is, and a client that speaks the newest API both know.
//!
//! What the daemon speaks stands in the answer to `/_ping`, which costs it nothing. Asking for `/version`,
//! as the library does, starts a program of each of its parts.

use std::{io, path::PathBuf, time::Duration};

use bollard::{API_DEFAULT_VERSION, ClientVersion, Docker, errors::Error};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::{
  Request,
  client::conn::http1,
  header::HOST,
  rt::{Read, Write},
};
use hyper_util::rt::TokioIo;
use tokio::{
  net::{TcpStream, UnixStream},
  time::timeout,
};

/// The longest a question to the daemon may take.
pub(crate) const QUERY: Duration = Duration::from_secs(5);
/// For a command inside a container to begin, on a machine that has much to do.
pub(crate) const EXEC: Duration = Duration::from_mins(2);
const DEFAULT_HOST: &str = "unix:///var/run/docker.sock";

/// Where the daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
  Unix(PathBuf),
  /// `host:port`, without TLS.
  Tcp(String),
  Other(String),
}

impl Address {
  /// `DOCKER_HOST`, or Docker's own default socket, and how it is written.
  pub(crate) fn from_environment() -> (String, Self) {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let host = set("DOCKER_HOST").unwrap_or_else(|| DEFAULT_HOST.to_owned());
    let address = match Self::parse(&host) {
      Self::Tcp(_) if set("DOCKER_TLS_VERIFY").is_some() => Self::Other(format!("{host} with TLS")),
      address => address,
    };
    (host, address)
  }

  pub(crate) fn parse(host: &str) -> Self {
    if let Some(path) = host.strip_prefix("unix://") {
      Self::Unix(PathBuf::from(path))
    } else if let Some(rest) = host
      .strip_prefix("tcp://")
      .or_else(|| host.strip_prefix("http://"))
    {
      Self::Tcp(rest.trim_end_matches('/').to_owned())
    } else {
      Self::Other(host.to_owned())
    }
  }
}

/// Fails when the daemon does not answer.
pub(crate) async fn client(address: &Address) -> Result<Docker, Error> {
  let seconds = QUERY.as_secs();
  match address {
    Address::Unix(path) => {
      let version = agreed(UnixStream::connect(path)).await?;
      Docker::connect_with_unix(&path.to_string_lossy(), seconds, &version)
    }
    Address::Tcp(host) => {
      let version = agreed(TcpStream::connect(host)).await?;
      Docker::connect_with_http(host, seconds, &version)
    }
    Address::Other(uri) => Err(Error::UnsupportedURISchemeError { uri: uri.clone() }),
  }
}

/// The newest API that the daemon and this program know.
async fn agreed<S>(
  connecting: impl Future<Output = io::Result<S>> + Send,
) -> Result<ClientVersion, Error>
where
  TokioIo<S>: Read + Write + Unpin + Send + 'static,
{
  let asking = async {
    let stream = connecting.await?;
    let (mut requests, connection) = http1::handshake(TokioIo::new(stream))
      .await
      .map_err(other)?;
    tokio::spawn(connection);
    let ping = Request::get("/_ping")
      .header(HOST, "docker")
      .body(Empty::<Bytes>::new());
    let answer = requests.send_request(ping.map_err(other)?).await;
    answer.map_err(other)
  };
  let answer = timeout(QUERY, asking)
    .await
    .map_err(|_| Error::RequestTimeoutError)??;
  let spoken = answer.headers().get("api-version");
  let spoken = spoken
    .and_then(|version| parsed(version.to_str().ok()?))
    .ok_or(Error::APIVersionParseError {})?;
  Ok(if spoken < *API_DEFAULT_VERSION {
    spoken
  } else {
    *API_DEFAULT_VERSION
  })
}

fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
  io::Error::other(error)
}

fn parsed(version: &str) -> Option<ClientVersion> {
  let (major, minor) = version.split_once('.')?;
  Some(ClientVersion {
    major_version: major.parse().ok()?,
    minor_version: minor.parse().ok()?,
  })
}

#[cfg(test)]
mod tests {
  use tokio::io::{AsyncReadExt, AsyncWriteExt};

  use super::*;

  fn daemon(answer: &'static str) -> (tempfile::TempDir, Address) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("docker.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
      while let Ok((mut stream, _)) = listener.accept().await {
        let mut asked = [0; 1024];
        let read = stream.read(&mut asked).await.unwrap();
        assert!(asked[..read].starts_with(b"GET /_ping "));
        stream.write_all(answer.as_bytes()).await.unwrap();
      }
    });
    (dir, Address::Unix(path))
  }

  #[tokio::test]
  async fn the_older_of_both_apis_is_spoken() {
    let (_dir, old) = daemon("HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK");
    let version = client(&old).await.unwrap().client_version();
    assert_eq!((version.major_version, version.minor_version), (1, 41));
    let (_dir, new) = daemon("HTTP/1.1 200 OK\r\nApi-Version: 7.1\r\nContent-Length: 2\r\n\r\nOK");
    let version = client(&new).await.unwrap().client_version();
    assert!(version == *API_DEFAULT_VERSION);
  }

  #[tokio::test]
  async fn something_else_behind_the_socket_is_no_daemon() {
    let (_dir, other) = daemon("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK");
    assert!(matches!(
      client(&other).await,
      Err(Error::APIVersionParseError {})
    ));
  }
}
