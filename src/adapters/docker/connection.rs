//! The Docker daemon: where it is, one negotiated client, and what its errors mean to an operator.
//!
//! Connects on first use and again after the daemon went away. Every query has five seconds (`QUERY`).

use std::{future::Future, sync::Mutex, sync::PoisonError, time::Duration};

use bollard::{Docker, errors::Error};

pub(super) use crate::adapters::dockerd::{Address, QUERY};
use crate::{
  adapters::dockerd,
  engine::ports::{PortError, PortErrorKind},
};

pub(super) struct Connection {
  host: String,
  pub(super) address: Address,
  client: Mutex<Option<Docker>>,
}

impl Connection {
  /// `DOCKER_HOST`, or Docker's own default socket.
  pub(super) fn from_environment() -> Self {
    let (host, address) = Address::from_environment();
    Self {
      host,
      address,
      client: Mutex::default(),
    }
  }

  #[cfg(test)]
  fn to(host: String) -> Self {
    Self {
      address: Address::parse(&host),
      host,
      client: Mutex::default(),
    }
  }

  /// As in `DOCKER_HOST`.
  pub(super) fn host(&self) -> &str {
    &self.host
  }

  /// The daemon runs on this machine, so its disk and ports are ours.
  pub(super) fn is_local(&self) -> bool {
    matches!(self.address, Address::Unix(_))
  }

  pub(super) async fn client(&self, doing: &str) -> Result<Docker, PortError> {
    let known = self
      .client
      .lock()
      .unwrap_or_else(PoisonError::into_inner)
      .clone();
    if let Some(client) = known {
      return Ok(client);
    }
    let client = dockerd::client(&self.address)
      .await
      .map_err(|error| self.explain(doing, &error))?;
    *self.client.lock().unwrap_or_else(PoisonError::into_inner) = Some(client.clone());
    Ok(client)
  }

  /// One query of at most five seconds.
  pub(super) async fn ask<T, F>(
    &self,
    doing: &str,
    query: impl FnOnce(Docker) -> F + Send,
  ) -> Result<T, PortError>
  where
    F: Future<Output = Result<T, Error>> + Send,
  {
    self.within(QUERY, doing, query).await
  }

  pub(super) async fn within<T, F>(
    &self,
    deadline: Duration,
    doing: &str,
    query: impl FnOnce(Docker) -> F + Send,
  ) -> Result<T, PortError>
  where
    F: Future<Output = Result<T, Error>> + Send,
  {
    let client = self.client(doing).await?.with_timeout(deadline);
    match tokio::time::timeout(deadline, query(client)).await {
      Ok(Ok(value)) => Ok(value),
      Err(_) | Ok(Err(Error::RequestTimeoutError)) => Err(self.late(doing, deadline)),
      Ok(Err(error)) => Err(self.explain(doing, &error)),
    }
  }

  fn late(&self, doing: &str, deadline: Duration) -> PortError {
    self.forget();
    let detail = format!(
      "Docker at {} gave no answer within {} s: see 'systemctl status docker'",
      self.host,
      deadline.as_secs()
    );
    PortError::new(PortErrorKind::Timeout, doing, detail)
  }

  /// The next query connects and negotiates anew.
  fn forget(&self) {
    *self.client.lock().unwrap_or_else(PoisonError::into_inner) = None;
  }

  fn explain(&self, doing: &str, error: &Error) -> PortError {
    match error {
      Error::DockerResponseServerError { message, .. }
      | Error::DockerStreamError { error: message } => {
        PortError::new(PortErrorKind::Refused, doing, bounded(message))
      }
      Error::RequestTimeoutError => self.late(doing, QUERY),
      Error::UnsupportedURISchemeError { uri } => PortError::new(
        PortErrorKind::Misconfigured,
        doing,
        format!(
          "DOCKER_HOST is '{uri}': only unix:// and tcp:// without TLS are supported; unset it or set one of these"
        ),
      ),
      Error::JsonDataError { .. }
      | Error::JsonSerdeError { .. }
      | Error::APIVersionParseError {} => PortError::new(
        PortErrorKind::Unexpected,
        doing,
        bounded(&error.to_string()),
      ),
      Error::IOError { err } => self.unreachable(doing, err),
      _ => self.unreachable(doing, error),
    }
  }

  /// What a failed connection means, from the system error at its root.
  pub(super) fn unreachable(
    &self,
    doing: &str,
    error: &(dyn std::error::Error + 'static),
  ) -> PortError {
    self.forget();
    let mut root: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut system = None;
    while let Some(cause) = root {
      if let Some(io) = cause.downcast_ref::<std::io::Error>() {
        system = Some(io.kind());
      }
      root = cause.source();
    }
    if system == Some(std::io::ErrorKind::PermissionDenied) {
      return PortError::new(
        PortErrorKind::Misconfigured,
        doing,
        format!(
          "no permission to use Docker at {}: add yourself to its group with 'sudo usermod -aG docker $USER' and log in again, or use sudo",
          self.host
        ),
      );
    }
    let start = if self.is_local() {
      "start it with 'systemctl start docker'"
    } else {
      "check DOCKER_HOST and that the daemon listens there"
    };
    PortError::new(
      PortErrorKind::Unreachable,
      doing,
      format!("cannot reach Docker at {}: {start} ({error})", self.host),
    )
  }
}

fn bounded(text: &str) -> String {
  text.chars().take(2048).collect()
}

#[cfg(test)]
mod tests {
  use super::*;

  async fn ping(host: &str) -> PortError {
    Connection::to(host.to_owned())
      .ask("ask Docker", |docker| async move { docker.ping().await })
      .await
      .unwrap_err()
  }

  #[tokio::test]
  async fn a_missing_daemon_says_how_to_start_it() {
    let dir = tempfile::tempdir().unwrap();
    let stale = dir.path().join("stale.sock");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    for path in [dir.path().join("absent.sock"), stale] {
      let error = ping(&format!("unix://{}", path.display())).await;
      assert_eq!(error.kind, PortErrorKind::Unreachable, "{error}");
      assert!(
        error.to_string().contains("systemctl start docker"),
        "{error}"
      );
    }
  }

  #[test]
  fn a_forbidden_socket_says_which_group_opens_it() {
    let io = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let connection = Connection::from_environment();
    let error = connection.explain("ask Docker", &Error::IOError { err: io });
    assert_eq!(error.kind, PortErrorKind::Misconfigured);
    assert!(error.to_string().contains("usermod -aG docker"), "{error}");
  }

  #[tokio::test]
  async fn a_daemon_that_never_answers_is_given_up_after_the_deadline() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mute.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    tokio::time::pause();
    let error = ping(&format!("unix://{}", path.display())).await;
    assert_eq!(error.kind, PortErrorKind::Timeout, "{error}");
  }

  #[tokio::test]
  async fn an_address_we_cannot_speak_to_is_named() {
    let error = ping("ssh://somewhere").await;
    assert_eq!(error.kind, PortErrorKind::Misconfigured);
    assert!(error.to_string().contains("ssh://somewhere"), "{error}");
  }
}
