//! Which container is meant, and how it stands now.

use super::{Containers, Found, failed, inspected};
use crate::{
  adapters::{listed, router::wanted::Wanted},
  engine::ports::{PortError, PortErrorKind},
};

impl Containers {
  pub(crate) async fn find(&self, wanted: &Wanted) -> Result<Found, PortError> {
    self.look(wanted).await?
  }

  /// `None` when it is certain that there is no such container.
  pub(crate) async fn find_if_there(&self, wanted: &Wanted) -> Result<Option<Found>, PortError> {
    self.look(wanted).await.map(Result::ok)
  }

  /// The inner error says that there is none; the outer one that this cannot be known.
  async fn look(&self, wanted: &Wanted) -> Result<Result<Found, PortError>, PortError> {
    let doing = format!("looking for {}", wanted.words());
    match wanted {
      Wanted::Name(name) => match self.inspect(name, &doing).await {
        // Docker also accepts the start of an ID here; only the exact name is meant.
        Ok(found) if found.name == *name => Ok(Ok(found)),
        Ok(_) => Ok(Err(PortError::new(
          PortErrorKind::Misconfigured,
          doing,
          "there is no container of exactly this name: see docker ps -a",
        ))),
        Err(error) if error.kind == PortErrorKind::Misconfigured => Ok(Err(error)),
        Err(error) => Err(error),
      },
      Wanted::Service { service, projects } => {
        match self.by_labels(service, projects, &doing).await? {
          Ok(id) => self.inspect(&id, &doing).await.map(Ok),
          Err(none) => Ok(Err(none)),
        }
      }
    }
  }

  async fn by_labels(
    &self,
    service: &str,
    projects: &[String],
    doing: &str,
  ) -> Result<Result<String, PortError>, PortError> {
    let all = listed::of_service(self.docker().await?, service)
      .await
      .map_err(|error| failed(doing, &error))?;
    let (mut matching, mut elsewhere) = (Vec::new(), Vec::new());
    for container in &all {
      let project = container.project().unwrap_or_default();
      if projects.iter().any(|wanted| wanted == project) {
        matching.push(container.id.as_str());
      } else {
        elsewhere.push(project);
      }
    }
    match matching.as_slice() {
      [one] => Ok(Ok((*one).to_owned())),
      [] if elsewhere.is_empty() => Ok(Err(PortError::new(
        PortErrorKind::Misconfigured,
        doing,
        "there is no such container: start it with compose, or see docker ps -a",
      ))),
      [] => Ok(Err(PortError::new(
        PortErrorKind::Misconfigured,
        doing,
        format!(
          "there is one only in compose project {}: set project under [runtime]",
          elsewhere.join(", ")
        ),
      ))),
      many => Err(PortError::new(
        PortErrorKind::Misconfigured,
        doing,
        format!(
          "{} containers match ({}): remove all but one, or name the container exactly",
          many.len(),
          many
            .iter()
            .map(|id| id.get(..12).unwrap_or(id))
            .collect::<Vec<_>>()
            .join(", ")
        ),
      )),
    }
  }

  async fn inspect(&self, name: &str, doing: &str) -> Result<Found, PortError> {
    self
      .docker()
      .await?
      .inspect_container(name, None)
      .await
      .map(inspected::found)
      .map_err(|error| failed(doing, &error))
  }
}
