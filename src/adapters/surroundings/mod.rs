//! What is around a site, for the doctor: the files of its folder (`files`), this machine and its
//! terminal (`machine`). Reads only; what it may not or cannot read is named, never left out.

mod embedded;
mod files;
mod kind;
mod machine;

use std::path::PathBuf;

use crate::{
  engine::ports::{PortError, PortErrorKind, PortFuture, Surroundings},
  model::surroundings::{Files, Machine, Terminal},
};

/// The folder of one site on this host, and the terminal this was typed in.
pub struct HostSurroundings {
  root: PathBuf,
  /// Another folder with scripts of the site.
  scripts: Option<PathBuf>,
  terminal: Terminal,
  containers: Containers,
}

/// Whether containers are of any interest to the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Containers {
  Used,
  /// Processes run it: Docker need not be there.
  Unused,
}

impl HostSurroundings {
  pub fn new(
    root: PathBuf,
    scripts: Option<PathBuf>,
    terminal: Terminal,
    containers: Containers,
  ) -> Self {
    Self {
      root,
      scripts,
      terminal,
      containers,
    }
  }
}

impl Surroundings for HostSurroundings {
  fn files(&self) -> PortFuture<'_, Files> {
    Box::pin(async {
      let (root, scripts) = (self.root.clone(), self.scripts.clone());
      let walked =
        tokio::task::spawn_blocking(move || files::look(&root, scripts.as_deref())).await;
      let mut found = walked.map_err(|error| {
        PortError::new(
          PortErrorKind::Unexpected,
          format!("look through {}", self.root.display()),
          error.to_string(),
        )
      })?;
      files::tracked(&self.root, &mut found).await;
      Ok(found)
    })
  }

  fn machine(&self) -> PortFuture<'_, Machine> {
    Box::pin(async { Ok(machine::look(&self.terminal, self.containers).await) })
  }
}
