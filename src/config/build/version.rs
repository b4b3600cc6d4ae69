//! `[version]`: how a slot gets the version that was asked for.

use super::View;
use crate::{
  config::{Source, VersionKind, VersionRead, VersionSource, env_file::is_name},
  model::BySlot,
};

pub(super) fn version(top: &View<'_>) -> Option<VersionSource> {
  let view = top.table("version");
  if !top.has("version") {
    top.missing(
      "version",
      "write [version] with variable = \"{COLOR}_VERSION\"",
    );
    return None;
  }
  let kind = view.choice("kind");
  let variable = view.slotted("variable");
  for (_, name) in variable.iter().flat_map(BySlot::iter) {
    if !is_name(name) {
      view.fault(
        "variable",
        format!("'{name}' is not the name of a variable"),
        Some("use letters, digits and '_'"),
      );
      break;
    }
  }
  let tag = view.slotted_or("tag", "{version}");
  let place = view.choice("read");
  let label = place
    .strip_prefix("label:")
    .filter(|label| !label.is_empty());
  if label.is_none() && place != "image-tag" {
    let hint = "write \"image-tag\" or \"label:NAME\"";
    view.fault(
      "read",
      format!("'{place}' is not a place a version is read from"),
      Some(hint),
    );
  }
  let read = label.map_or(VersionRead::ImageTag, |label| {
    VersionRead::Label(label.to_owned())
  });
  let others: &[&str] = match kind.as_str() {
    "build" => &["keep_in", "releases"],
    "folder" => &["variable", "tag", "keep_in", "source", "no_cache", "read"],
    _ => &["source", "no_cache", "releases"],
  };
  for key in others {
    if view.has(key) {
      view.fault(
        key,
        format!("'{key}' has no meaning for kind = \"{kind}\""),
        Some("take it out"),
      );
    }
  }
  if let (Some(names), true) = (&variable, view.has("tag"))
    && names.blue == names.green
    && tag.blue != tag.green
    && kind == "image-variable"
    && view.has("keep_in")
  {
    let hint = "use {COLOR} in 'variable'";
    view.fault(
      "tag",
      "one variable kept in a file cannot hold two tags",
      Some(hint),
    );
  }
  let kind = match kind.as_str() {
    "build" => VersionKind::Build {
      variable,
      tag,
      source: source(&view),
      no_cache: view.flag_or_default("no_cache"),
    },
    "folder" => {
      if !view.has("releases") {
        view.missing(
          "releases",
          "write releases = \"releases\", the folder that holds a folder for each version",
        );
      }
      VersionKind::Folder {
        releases: view.path("releases").unwrap_or_default(),
      }
    }
    _ => {
      if !view.has("variable") {
        view.missing(
          "variable",
          "write variable = \"{COLOR}_VERSION\", as the compose file names it",
        );
      }
      VersionKind::ImageVariable {
        variable: variable.unwrap_or_default(),
        keep_in: view.path("keep_in"),
        tag,
      }
    }
  };
  Some(VersionSource { kind, read })
}

fn source(view: &View<'_>) -> Option<Source> {
  if !view.has("source") {
    return None;
  }
  let source = view.table("source");
  if source.is_present() && !source.has("git") {
    source.missing("git", "write git = \"..\", the folder of the checkout");
  }
  let git = source.path("git")?;
  Some(Source {
    git,
    pull: source.flag_or_default("pull"),
  })
}

/// Stands where a fault was told.
pub(super) fn no_version() -> VersionSource {
  VersionSource {
    kind: VersionKind::ImageVariable {
      variable: BySlot::default(),
      keep_in: None,
      tag: BySlot::default(),
    },
    read: VersionRead::ImageTag,
  }
}
