//! The one file of any proxy that is ours: where it is, what it says now, what it would say for a
//! slot, and how it is replaced. Whether the proxy reads it is for each proxy's own adapter to say.
//!
//! `current` is what it says now, `next` what it would say, `content` how texts name a slot, `mount`
//! how the proxy reaches it, `disk` how it is written.

mod content;
mod current;
pub(super) mod disk;
mod mount;
mod next;

use std::{
  path::{Path, PathBuf},
  sync::Arc,
};

use self::mount::Reach;
use super::container::Mounted;
use crate::{
  config::{Site, SwitchFile},
  engine::ports::{PortError, PortErrorKind},
  model::router::{FileContent, Mount},
};

/// The managed file of one site.
pub(super) struct Managed {
  site: Arc<Site>,
}

/// Where the managed file is.
pub(super) struct Located {
  /// The file to write: canonical, and for every kind but a link with links followed.
  pub(super) path: PathBuf,
  pub(super) reach: Reach,
  /// Another path by which the proxy may name it, when the configured path is a link.
  pub(super) alias: Option<String>,
}

impl Managed {
  pub(super) fn new(site: Arc<Site>) -> Self {
    Self { site }
  }

  /// The managed file as the operator names it: from the site's root when it is in there.
  pub(super) fn shown(&self) -> String {
    let path = self.site.router.switch.path();
    path
      .strip_prefix(&self.site.root)
      .unwrap_or(path)
      .display()
      .to_string()
  }

  pub(super) fn wrong(&self, detail: impl Into<String>) -> PortError {
    PortError::new(
      PortErrorKind::Misconfigured,
      format!("the managed file {}", self.shown()),
      detail,
    )
  }

  /// `mounts` are those of the proxy's container; none when it runs on this host or is still to
  /// come, so that nothing holds the file yet.
  pub(super) fn locate(&self, mounts: Option<&[Mounted]>) -> Result<Located, PortError> {
    let configured = self.site.router.switch.path();
    let name = configured
      .file_name()
      .ok_or_else(|| self.wrong("its path has no file name"))?;
    let folder = configured.parent().unwrap_or(Path::new("/"));
    let folder = folder
      .canonicalize()
      .map_err(|error| self.wrong(format!("its folder {}: {error}", folder.display())))?;
    let literal = folder.join(name);
    let path = match &self.site.router.switch {
      SwitchFile::Link { .. } => literal.clone(),
      _ => literal.canonicalize().unwrap_or_else(|_| literal.clone()),
    };
    let reach = mounts.map_or_else(|| Reach::host(&path), |mounts| mount::reach(&path, mounts));
    let alias = mounts
      .filter(|_| literal != path)
      .and_then(|mounts| mount::reach(&literal, mounts).inside);
    if matches!(self.site.router.switch, SwitchFile::Link { .. })
      && reach.mount == Mount::SingleFile
    {
      return Err(self.wrong(
        "it is mounted as a single file, and a link there can never be changed: mount its folder",
      ));
    }
    Ok(Located { path, reach, alias })
  }

  /// From the link's folder to its source; both must be in what the proxy sees.
  fn relative(&self, located: &Located, from: &Path) -> Result<String, PortError> {
    let real = from
      .parent()
      .unwrap_or(Path::new("/"))
      .canonicalize()
      .map_err(|error| self.wrong(format!("its source {}: {error}", from.display())))?
      .join(from.file_name().unwrap_or_default());
    if let Some(root) = &located.reach.root
      && !(real.starts_with(root) && real.canonicalize().is_ok_and(|end| end.starts_with(root)))
    {
      return Err(self.wrong(format!(
        "its source {} is outside of {}, which is all the proxy sees: move it there",
        from.display(),
        root.display()
      )));
    }
    let folder = located.path.parent().unwrap_or(Path::new("/"));
    let shared = folder
      .components()
      .zip(real.components())
      .take_while(|(a, b)| a == b)
      .count();
    let mut relative = PathBuf::new();
    relative.extend(folder.components().skip(shared).map(|_| ".."));
    relative.extend(real.components().skip(shared));
    Ok(relative.to_string_lossy().into_owned())
  }

  /// Puts `content` in the file's place the way its mount needs it.
  pub(super) async fn put(
    &self,
    path: PathBuf,
    mount: Mount,
    content: &FileContent,
  ) -> Result<(), PortError> {
    if mount == Mount::Absent {
      return Err(self.wrong(
        "no mount of the proxy holds it, so writing it would change nothing: mount its folder",
      ));
    }
    let content = content.clone();
    let written = tokio::task::spawn_blocking(move || disk::put(&path, mount, &content)).await;
    let failed = |error: std::io::Error| {
      let detail = match error.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
          format!("{error}: run cutover as a user who may write in its folder")
        }
        _ => error.to_string(),
      };
      self.wrong(detail)
    };
    written
      .map_err(|error| {
        PortError::new(
          PortErrorKind::Unexpected,
          "writing the managed file",
          error.to_string(),
        )
      })?
      .map_err(failed)
  }
}

/// Which slot a managed file of this text names; the reader as the fuzz target sees it.
#[cfg(feature = "fuzzing")]
pub fn named_slot(text: &str, blue: &str, green: &str) -> Option<crate::model::Slot> {
  let templates = crate::model::BySlot {
    blue: content::Template::new(blue),
    green: content::Template::new(green),
  };
  let places = content::places(text, &templates);
  content::whole(text, &templates)
    .slot
    .or_else(|| places.first().map(|place| place.slot))
}
