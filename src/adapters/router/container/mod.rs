//! The few questions the proxy and the probes ask Docker directly: find, exec, top, log.
//!
//! Containers are found by exact compose labels or exact name, never by a part of a name. Nothing
//! here changes a container, and no signal is ever sent through the API: a signal sent that way
//! makes Docker forget the restart policy.

mod exec;
mod find;
mod inspected;
mod log;

use bollard::{Docker, errors::Error, query_parameters::TopOptionsBuilder};
use tokio::sync::OnceCell;

pub(crate) use inspected::{Found, Mounted, preferred};

use crate::{
  adapters::dockerd::{self, Address},
  engine::ports::{PortError, PortErrorKind},
};

/// Connects on first use, so that a site without containers never needs Docker.
#[derive(Default)]
pub(crate) struct Containers {
  docker: OnceCell<Docker>,
}

impl Containers {
  pub(crate) async fn docker(&self) -> Result<&Docker, PortError> {
    self
      .docker
      .get_or_try_init(|| async {
        let (_, address) = Address::from_environment();
        dockerd::client(&address)
          .await
          .map(|docker| docker.with_timeout(dockerd::EXEC))
          .map_err(|error| failed("connecting to Docker", &error))
      })
      .await
  }

  /// The processes inside as `ps` on Docker's host sees them: titles, then one row each.
  pub(crate) async fn top(&self, id: &str) -> Result<(Vec<String>, Vec<Vec<String>>), PortError> {
    let options = TopOptionsBuilder::default().ps_args("-ef").build();
    let top = self
      .docker()
      .await?
      .top_processes(id, Some(options))
      .await
      .map_err(|error| failed("listing the proxy's processes", &error))?;
    Ok((
      top.titles.unwrap_or_default(),
      top.processes.unwrap_or_default(),
    ))
  }
}

/// Docker's error in the engine's words.
fn failed(doing: &str, error: &Error) -> PortError {
  match error {
    Error::DockerResponseServerError {
      status_code,
      message,
    } => {
      let kind = match status_code {
        404 => PortErrorKind::Misconfigured,
        409 => PortErrorKind::Unreachable,
        403 => PortErrorKind::Refused,
        _ => PortErrorKind::Unexpected,
      };
      PortError::new(kind, doing, message.clone())
    }
    other => PortError::new(
      PortErrorKind::Unreachable,
      doing,
      format!("{other}: check with docker version"),
    ),
  }
}
