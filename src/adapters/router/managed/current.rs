//! What the managed file says now: its bytes, the slot they name, and what is kept to put it back.

use std::{fs, io::ErrorKind, path::Path};

use super::{
  Located, Managed,
  content::{self, Named, Template},
  disk,
};
use crate::{
  config::SwitchFile,
  engine::ports::PortError,
  model::{
    BySlot, Slot,
    event::SavedFile,
    router::{FileContent, FileHash, ManagedFile},
  },
};

/// What it says now.
pub(in crate::adapters::router) struct Current {
  pub(in crate::adapters::router) hash: FileHash,
  /// None when it is not text: then it names nothing and cannot be put back byte for byte.
  pub(in crate::adapters::router) content: Option<FileContent>,
  pub(in crate::adapters::router) named: Named,
}

impl Managed {
  pub(in crate::adapters::router) fn current(
    &self,
    located: &Located,
  ) -> Result<Current, PortError> {
    let unreadable = |error: std::io::Error| {
      match error.kind() {
      ErrorKind::NotFound => self.wrong(
        "it does not exist: create it for the slot that is live, with the content described under [router]",
      ),
      _ => self.wrong(error.to_string()),
    }
    };
    if let SwitchFile::Link { from, .. } = &self.site.router.switch {
      let target = fs::read_link(&located.path).map_err(|error| match error.kind() {
        ErrorKind::InvalidInput => self.wrong(format!(
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

  pub(super) fn templates(&self) -> Result<BySlot<Template>, PortError> {
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
  pub(in crate::adapters::router) fn facts(
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

  pub(in crate::adapters::router) fn saved(
    &self,
    located: &Located,
  ) -> Result<SavedFile, PortError> {
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
}

/// Not even a link that leads nowhere is there.
pub(super) fn is_missing(path: &Path) -> bool {
  fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}
