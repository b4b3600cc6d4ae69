//! The one file of any proxy that is ours: where it is, what it says now, what it would say for a
//! slot, and how it is replaced. Whether the proxy reads it is for each proxy's own adapter to say.
//!
//! `content` is what it would hold, `mount` how the proxy reaches it, `disk` how it is written.

mod content;
pub(super) mod disk;
mod mount;

use std::{
  fs,
  path::{Path, PathBuf},
  sync::Arc,
};

use self::{
  content::{Named, Template},
  mount::Reach,
};
use super::container::Mounted;
use crate::{
  config::{Site, SwitchFile},
  engine::ports::{PortError, PortErrorKind},
  model::{
    BySlot, Slot,
    event::SavedFile,
    operation::OperationId,
    router::{FileContent, FileHash, ManagedFile, Mount, NextFile},
    text_diff,
  },
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

/// What it says now.
pub(super) struct Current {
  pub(super) hash: FileHash,
  /// None when it is not text: then it names nothing and cannot be put back byte for byte.
  pub(super) content: Option<FileContent>,
  pub(super) named: Named,
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

  pub(super) fn current(&self, located: &Located) -> Result<Current, PortError> {
    let unreadable = |error: std::io::Error| {
      match error.kind() {
      std::io::ErrorKind::NotFound => self.wrong(
        "it does not exist: create it for the slot that is live, with the content described under [router]",
      ),
      _ => self.wrong(error.to_string()),
    }
    };
    if let SwitchFile::Link { from, .. } = &self.site.router.switch {
      let target = fs::read_link(&located.path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidInput => self.wrong(format!(
          "it is a file, not a link: replace it by one: ln -sfn {} {}",
          self
            .relative(located, &from[Slot::Blue])
            .unwrap_or_default(),
          located.path.display()
        )),
        _ => unreadable(error),
      })?;
      let bytes = disk::read(&located.path)
        .map_err(|error| self.wrong(format!("it points to {}: {error}", target.display())))?;
      let real = located.path.canonicalize().map_err(unreadable)?;
      let fits = Slot::BOTH.map(|slot| from[slot].canonicalize().is_ok_and(|from| from == real));
      let target = target.to_string_lossy().into_owned();
      return Ok(Current {
        hash: disk::link_hash(&target, &bytes),
        content: Some(FileContent::Link(target)),
        named: Named {
          slot: match fits {
            [true, false] => Some(Slot::Blue),
            [false, true] => Some(Slot::Green),
            _ => None,
          },
          generation: None,
        },
      });
    }
    let bytes = disk::read(&located.path).map_err(unreadable)?;
    let hash = disk::hash(&bytes);
    let Ok(text) = String::from_utf8(bytes) else {
      return Ok(Current {
        hash,
        content: None,
        named: Named::default(),
      });
    };
    let templates = self.templates()?;
    let named = match &self.site.router.switch {
      SwitchFile::Edit { .. } => match content::places(&text, &templates).as_slice() {
        [first, others @ ..] if others.iter().all(|place| place.slot == first.slot) => Named {
          slot: Some(first.slot),
          generation: first.generation,
        },
        _ => Named::default(),
      },
      _ => content::whole(&text, &templates),
    };
    Ok(Current {
      hash,
      content: Some(FileContent::Text(text)),
      named,
    })
  }

  fn templates(&self) -> Result<BySlot<Template>, PortError> {
    Ok(match &self.site.router.switch {
      SwitchFile::Render { text, .. } | SwitchFile::Edit { text, .. } => {
        BySlot::from_fn(|slot| Template::new(&text[slot]))
      }
      SwitchFile::Copy { from, .. } | SwitchFile::Link { from, .. } => {
        let read = |slot: Slot| {
          let path = &from[slot];
          let bytes = disk::read(path).map_err(|error| {
            self.wrong(format!(
              "its source for {slot}, {}: {error}",
              path.display()
            ))
          })?;
          let text = String::from_utf8(bytes).map_err(|_| {
            self.wrong(format!(
              "its source for {slot}, {}, is not text",
              path.display()
            ))
          })?;
          Ok(Template::new(&text))
        };
        BySlot {
          blue: read(Slot::Blue)?,
          green: read(Slot::Green)?,
        }
      }
    })
  }

  /// `inside` is its hash as the proxy reads it, `included` whether the proxy loads it.
  pub(super) fn facts(
    &self,
    located: &Located,
    inside: Option<FileHash>,
    included: Option<bool>,
  ) -> Result<ManagedFile, PortError> {
    let current = self.current(located)?;
    Ok(ManagedFile {
      path: self.shown(),
      inside,
      hash: current.hash,
      names: current.named.slot,
      generation: current.named.generation,
      mount: located.reach.mount,
      included,
      writable: disk::writable(&located.path, located.reach.mount),
    })
  }

  pub(super) fn saved(&self, located: &Located) -> Result<SavedFile, PortError> {
    if is_missing(&located.path) {
      return Ok(SavedFile {
        hash: FileHash::absent(),
        slot: None,
        generation: None,
        content: FileContent::Absent,
      });
    }
    let current = self.current(located)?;
    let content = current
      .content
      .ok_or_else(|| self.wrong("it is not text"))?;
    if let (FileContent::Link(target), Some(_)) = (&content, &located.reach.root)
      && target.starts_with('/')
    {
      return Err(self.wrong(format!(
        "it points to {target}, an absolute path that does not exist inside the proxy: link it relatively with ln -sfnr"
      )));
    }
    Ok(SavedFile {
      hash: current.hash,
      slot: current.named.slot,
      generation: current.named.generation,
      content,
    })
  }

  pub(super) fn next_file(
    &self,
    located: &Located,
    slot: Slot,
    generation: u64,
    operation: OperationId,
  ) -> Result<NextFile, PortError> {
    let (hash, content) = match &self.site.router.switch {
      SwitchFile::Link { from, .. } => {
        let target = self.relative(located, &from[slot])?;
        let bytes = disk::read(&from[slot]).map_err(|error| {
          self.wrong(format!(
            "its source for {slot}, {}: {error}",
            from[slot].display()
          ))
        })?;
        (disk::link_hash(&target, &bytes), FileContent::Link(target))
      }
      kind => {
        let templates = self.templates()?;
        let mut text = templates[slot].fill(generation, operation.0);
        if matches!(kind, SwitchFile::Edit { .. }) {
          text = self.edited(located, &templates, &text)?;
        }
        (disk::hash(text.as_bytes()), FileContent::Text(text))
      }
    };
    Ok(NextFile {
      slot,
      generation,
      hash,
      content,
    })
  }

  /// The present text with every place that names a slot replaced. Places that name different
  /// slots are two truths in one file, and not for a switch to settle.
  fn edited(
    &self,
    located: &Located,
    templates: &BySlot<Template>,
    by: &str,
  ) -> Result<String, PortError> {
    let Some(FileContent::Text(text)) = self.current(located)?.content else {
      return Err(self.wrong("it is not text"));
    };
    let places = content::places(&text, templates);
    let Some(first) = places.first() else {
      return Err(self.wrong("it contains neither slot's text: put in that of the live slot"));
    };
    if places.iter().any(|place| place.slot != first.slot) {
      return Err(
        self.wrong("it contains the texts of both slots: leave only that of the live slot"),
      );
    }
    let mut edited = String::with_capacity(text.len());
    let mut from = 0;
    for place in &places {
      edited.push_str(text.get(from..place.from).unwrap_or_default());
      edited.push_str(by);
      from = place.to;
    }
    edited.push_str(text.get(from..).unwrap_or_default());
    Ok(edited)
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

  /// A unified diff of the file against `next`.
  pub(super) fn diff(&self, located: &Located, next: &NextFile) -> Result<Vec<String>, PortError> {
    let text = |content: &FileContent| match content {
      FileContent::Text(text) => text.clone(),
      FileContent::Link(target) => format!("link to {target}\n"),
      FileContent::Absent => String::new(),
    };
    let before = if is_missing(&located.path) {
      String::new()
    } else {
      let current = self.current(located)?;
      current.content.as_ref().map(text).unwrap_or_default()
    };
    Ok(text_diff::unified(
      &self.shown(),
      &before,
      &text(&next.content),
    ))
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

/// Not even a link that leads nowhere is there.
fn is_missing(path: &Path) -> bool {
  fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

/// Which slot a managed file of this text names; the reader as the fuzz target sees it.
#[cfg(feature = "fuzzing")]
pub fn named_slot(text: &str, blue: &str, green: &str) -> Option<Slot> {
  let templates = BySlot {
    blue: Template::new(blue),
    green: Template::new(green),
  };
  let places = content::places(text, &templates);
  content::whole(text, &templates)
    .slot
    .or_else(|| places.first().map(|place| place.slot))
}
