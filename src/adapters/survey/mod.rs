//! Looks at a machine for `init`: files, containers, proxies of this host, and whatever the
//! detection asks for after that. Changes nothing but the file `init` was told to write.

mod ask;
mod containers;
mod files;
mod host;

use std::path::{Path, PathBuf};

use super::{
  compose::Tool,
  probe::http::Http,
  router::{container::Containers, process},
  walk,
};
use crate::{
  config::detect::{Fact, Survey, Want},
  engine::ports::{PortError, PortErrorKind, PortFuture, Scout},
};

#[derive(Default)]
pub struct MachineScout {
  containers: Containers,
  http: Http,
}

impl Scout for MachineScout {
  fn survey<'a>(&'a self, folder: &'a Path) -> PortFuture<'a, Survey> {
    Box::pin(async move {
      let folder = folder.canonicalize().map_err(|error| {
        PortError::new(
          PortErrorKind::Misconfigured,
          format!("look into {}", folder.display()),
          error.to_string(),
        )
      })?;
      let found = files::look(&folder);
      let (containers, no_docker) = match containers::all(&self.containers).await {
        Ok(all) => (all, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
      };
      let mut survey = Survey::default();
      survey.git = walk::checkout(&folder).map(Path::to_owned);
      survey.files = found.files;
      survey.folders = found.folders;
      survey.folder = folder;
      survey.compose = Tool::find(&[], |_| None)
        .await
        .ok()
        .map(|tool| tool.command);
      survey.containers = containers;
      survey.no_docker = no_docker;
      survey.masters = host::masters();
      survey.others = host::others();
      Ok(survey)
    })
  }

  fn answer<'a>(&'a self, want: &'a Want) -> PortFuture<'a, Fact> {
    Box::pin(async move { Ok(self.ask(want).await) })
  }

  fn stands(&self, file: &Path) -> Option<String> {
    std::fs::read_to_string(file).ok()
  }

  fn write(&self, file: &Path, text: &str) -> Result<Option<PathBuf>, PortError> {
    files::write(file, text).map_err(|error| {
      PortError::new(
        PortErrorKind::Misconfigured,
        format!("write {}", file.display()),
        error.to_string(),
      )
    })
  }
}
