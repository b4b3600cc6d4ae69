//! An interactive shell in a container, on this process's own terminal.
//!
//! Docker's own command line does it: it puts the terminal into raw mode, follows its size and
//! puts it back. The caller must have left the screen before.

use std::process::Stdio;

use tokio::process::Command;

use super::connection::Connection;
use crate::{
  engine::ports::{PortError, PortErrorKind},
  model::container::ContainerId,
};

/// Docker could not start the program inside.
const NOT_STARTED: i32 = 126;

pub(super) async fn open(docker: &Connection, container: &ContainerId) -> Result<(), PortError> {
  let doing = || format!("open a shell in container {}", container.short());
  let status = Command::new("docker")
    .args(["exec", "-it", &container.0, "sh"])
    .env("DOCKER_HOST", docker.host())
    .stdin(Stdio::inherit())
    .stdout(Stdio::inherit())
    .stderr(Stdio::inherit())
    .status()
    .await
    .map_err(|error| {
      PortError::new(
        PortErrorKind::Misconfigured,
        doing(),
        format!("{error}: install Docker's command line"),
      )
    })?;
  // Any other code is that of the last command typed in the shell.
  if status.code() == Some(NOT_STARTED) {
    return Err(PortError::new(
      PortErrorKind::Refused,
      doing(),
      "it has no sh, or it is not running",
    ));
  }
  Ok(())
}
