//! Which version a container runs: from a label, or from the tag of its image reference. Pure.
//!
//! A pinned container was created from an image ID. Its version is then what the pins say of that
//! ID, else the tag under which the image is known here. What stays ambiguous is unknown.

use std::collections::HashMap;

use crate::{
  adapters::compose::Pinned,
  config::{VersionKind, VersionRead, VersionSource},
  model::{Slot, VersionName},
};

pub(super) fn from_label(
  read: &VersionRead,
  labels: &HashMap<String, String>,
) -> Option<VersionName> {
  match read {
    VersionRead::Label(name) => labels.get(name)?.parse().ok(),
    VersionRead::ImageTag => None,
  }
}

pub(super) fn from_pins(
  pinned: &Pinned,
  compose_service: &str,
  image: &str,
) -> Option<VersionName> {
  if pinned.images.get(compose_service)? != image {
    return None;
  }
  pinned.version.as_ref()?.parse().ok()
}

/// The version that the tag of `reference` stands for.
pub(super) fn from_reference(
  source: &VersionSource,
  slot: Slot,
  reference: &str,
) -> Option<VersionName> {
  let tag = tag_of(reference)?;
  let template = match &source.kind {
    VersionKind::ImageVariable { tag, .. } | VersionKind::Build { tag, .. } => &tag[slot],
    VersionKind::Folder { .. } => return None,
  };
  let version = template
    .split_once("{version}")
    .and_then(|(before, after)| tag.strip_prefix(before)?.strip_suffix(after))
    .filter(|version| !version.is_empty());
  version.unwrap_or(tag).parse().ok()
}

/// Of an image's references in `repository`, the one that says most: not `latest`, and the longest.
pub(super) fn best_tag<'a>(tags: &'a [String], repository: &str) -> Option<&'a str> {
  let ours = |tag: &&String| repository_of(tag) == repository;
  let mut ours: Vec<&str> = tags.iter().filter(ours).map(String::as_str).collect();
  if ours.len() > 1 {
    ours.retain(|tag| tag_of(tag) != Some("latest"));
  }
  let longest = ours.iter().map(|tag| tag.len()).max()?;
  ours.retain(|tag| tag.len() == longest);
  match ours[..] {
    [only] => Some(only),
    _ => None,
  }
}

/// Nothing for an image ID or a bare digest; `latest` is Docker's default.
fn tag_of(reference: &str) -> Option<&str> {
  if is_id(reference) {
    return None;
  }
  let (name, digest) = reference
    .split_once('@')
    .map_or((reference, None), |(n, d)| (n, Some(d)));
  let last = name.rsplit('/').next().unwrap_or(name);
  match last.split_once(':') {
    Some((_, tag)) => Some(tag),
    None => digest.is_none().then_some("latest"),
  }
}

pub(super) fn repository_of(reference: &str) -> &str {
  let name = reference
    .split_once('@')
    .map_or(reference, |(name, _)| name);
  let folder = name.rfind('/').map_or(0, |at| at + 1);
  name[folder..]
    .find(':')
    .map_or(name, |at| &name[..folder + at])
}

/// An image ID instead of a name.
pub(super) fn is_id(reference: &str) -> bool {
  reference.starts_with("sha256:")
    || (reference.len() == 64 && reference.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::model::BySlot;

  fn source(tag: &str) -> VersionSource {
    VersionSource {
      kind: VersionKind::ImageVariable {
        variable: BySlot::from_fn(|_| "TAG".to_owned()),
        keep_in: None,
        tag: BySlot::from_fn(|_| tag.to_owned()),
      },
      read: VersionRead::ImageTag,
    }
  }

  #[test]
  fn a_tag_is_found_behind_ports_folders_and_digests() {
    for (reference, repository, tag) in [
      ("app:1.2", "app", Some("1.2")),
      ("host:5000/team/app:1.2", "host:5000/team/app", Some("1.2")),
      ("host:5000/team/app", "host:5000/team/app", Some("latest")),
      ("app:1.2@sha256:aa", "app", Some("1.2")),
      ("app@sha256:aa", "app", None),
      ("sha256:aabb", "sha256", None),
    ] {
      assert_eq!(tag_of(reference), tag, "{reference}");
      assert_eq!(repository_of(reference), repository, "{reference}");
    }
  }

  #[test]
  fn the_version_is_the_tag_without_the_words_around_it() {
    for (template, reference, version) in [
      ("{version}", "app:1.2", Some("1.2")),
      ("v{version}-prod", "app:v1.2-prod", Some("1.2")),
      ("v{version}", "app:main", Some("main")),
      ("{version}", "app@sha256:aa", None),
    ] {
      let found = from_reference(&source(template), Slot::Blue, reference);
      assert_eq!(
        found.as_ref().map(VersionName::as_str),
        version,
        "{reference}"
      );
    }
  }

  #[test]
  fn of_several_tags_the_most_exact_counts_and_a_tie_is_unknown() {
    let tags = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>();
    assert_eq!(
      best_tag(&tags(&["a:latest", "a:1.2", "a:1.2.3", "b:9.9.9.9"]), "a"),
      Some("a:1.2.3")
    );
    assert_eq!(best_tag(&tags(&["a:latest"]), "a"), Some("a:latest"));
    assert_eq!(best_tag(&tags(&["a:1.0", "a:1.1"]), "a"), None);
    assert_eq!(best_tag(&tags(&["b:1"]), "a"), None);
  }

  #[test]
  fn pins_speak_only_for_the_image_they_name() {
    let pinned = Pinned {
      version: Some("1.1".into()),
      images: [("api-blue".to_owned(), "sha256:aa".to_owned())].into(),
    };
    assert_eq!(
      from_pins(&pinned, "api-blue", "sha256:aa")
        .unwrap()
        .as_str(),
      "1.1"
    );
    assert_eq!(from_pins(&pinned, "api-blue", "sha256:bb"), None);
    assert_eq!(from_pins(&pinned, "api-green", "sha256:aa"), None);
  }
}
