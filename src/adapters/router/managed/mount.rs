//! Where the managed file is for the proxy: on the host itself, in a mounted folder, as a mounted
//! file, or nowhere. Pure: it compares paths that were already made canonical.

use std::path::{Path, PathBuf};

use super::super::container::Mounted;
use crate::model::router::Mount;

/// The managed file as the proxy reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::adapters::router) struct Reach {
  pub(in crate::adapters::router) mount: Mount,
  /// Its path for the proxy; none when the proxy does not see it.
  pub(in crate::adapters::router) inside: Option<String>,
  /// The mounted folder on this host; nothing outside of it exists for the proxy.
  pub(in crate::adapters::router) root: Option<PathBuf>,
}

impl Reach {
  pub(super) fn host(path: &Path) -> Self {
    Self {
      mount: Mount::Host,
      inside: Some(path.to_string_lossy().into_owned()),
      root: None,
    }
  }
}

/// Docker keeps a mount's source as it was written; both spellings are compared.
fn spellings(source: &str) -> [PathBuf; 2] {
  let literal = PathBuf::from(source);
  let canonical = literal.canonicalize().unwrap_or_else(|_| literal.clone());
  [literal, canonical]
}

pub(super) fn reach(file: &Path, mounts: &[Mounted]) -> Reach {
  let mut seen: Vec<(bool, Reach, &str)> = Vec::new();
  for mount in mounts {
    for source in spellings(&mount.source) {
      let found = if source == file {
        Some((true, mount.destination.clone()))
      } else {
        file.strip_prefix(&source).ok().map(|rest| {
          (
            false,
            format!(
              "{}/{}",
              mount.destination.trim_end_matches('/'),
              rest.display()
            ),
          )
        })
      };
      if let Some((single, inside)) = found {
        let reach = Reach {
          mount: if single {
            Mount::SingleFile
          } else {
            Mount::Directory
          },
          inside: Some(inside),
          root: (!single).then_some(source),
        };
        seen.push((single, reach, &mount.destination));
        break;
      }
    }
  }
  // A path that another, deeper mount covers is not what the proxy reads.
  let covered = |inside: &str, destination: &str| {
    mounts.iter().any(|other| {
      other.destination.len() > destination.len()
        && Path::new(inside).starts_with(&other.destination)
    })
  };
  seen.retain(|(_, reach, destination)| {
    !reach
      .inside
      .as_deref()
      .is_some_and(|inside| covered(inside, destination))
  });
  // A mounted file is the stricter case: were it the one that is read, a rename would go unseen.
  seen.sort_by_key(|(single, reach, _)| {
    (
      !*single,
      usize::MAX - reach.root.as_ref().map_or(0, |root| root.as_os_str().len()),
    )
  });
  seen.into_iter().next().map_or(
    Reach {
      mount: Mount::Absent,
      inside: None,
      root: None,
    },
    |(_, reach, _)| reach,
  )
}

#[cfg(test)]
mod tests {
  use super::*;

  fn mounts(all: &[(&str, &str)]) -> Vec<Mounted> {
    all
      .iter()
      .map(|(source, destination)| Mounted {
        source: (*source).to_owned(),
        destination: (*destination).to_owned(),
      })
      .collect()
  }

  fn at(file: &str, all: &[(&str, &str)]) -> (Mount, Option<String>) {
    let reach = reach(Path::new(file), &mounts(all));
    (reach.mount, reach.inside)
  }

  #[test]
  fn a_mounted_folder_is_a_directory_mount() {
    assert_eq!(
      at(
        "/srv/a/nginx/conf.d/active.conf",
        &[("/srv/a/nginx", "/etc/nginx/")]
      ),
      (
        Mount::Directory,
        Some("/etc/nginx/conf.d/active.conf".to_owned())
      )
    );
  }

  #[test]
  fn a_mounted_file_is_a_single_file_mount_even_inside_a_mounted_folder() {
    let all = [
      ("/srv/a/nginx", "/etc/nginx"),
      ("/srv/a/nginx/active.conf", "/etc/nginx/active.conf"),
    ];
    assert_eq!(
      at("/srv/a/nginx/active.conf", &all),
      (Mount::SingleFile, Some("/etc/nginx/active.conf".to_owned()))
    );
  }

  #[test]
  fn a_folder_covered_by_a_deeper_mount_is_absent() {
    let all = [
      ("/srv/a/nginx", "/etc/nginx"),
      ("/srv/b", "/etc/nginx/conf.d"),
    ];
    assert_eq!(
      at("/srv/a/nginx/conf.d/active.conf", &all),
      (Mount::Absent, None)
    );
  }

  #[test]
  fn a_name_that_only_begins_alike_is_absent() {
    assert_eq!(
      at("/srv/ab/x.conf", &[("/srv/a", "/etc/nginx")]),
      (Mount::Absent, None)
    );
  }

  #[test]
  fn the_source_may_be_spelled_through_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().canonicalize().unwrap().join("real");
    std::fs::create_dir(&real).unwrap();
    let alias = real.with_file_name("alias");
    std::os::unix::fs::symlink(&real, &alias).unwrap();
    assert_eq!(
      at(
        &real.join("x.conf").to_string_lossy(),
        &[(&alias.to_string_lossy(), "/conf")]
      ),
      (Mount::Directory, Some("/conf/x.conf".to_owned()))
    );
  }
}
