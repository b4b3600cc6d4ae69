//! Files beside the managed one that are named by the colors: what it points to, what it is copied
//! from, and what stands there when it does not exist itself.

use std::path::{Path, PathBuf};

use super::{Switch, Way};
use crate::{
  config::detect::{
    color,
    layout::Layout,
    nginx,
    proposal::Proposal,
    proxy::{Proxy, tidy},
    survey::Survey,
  },
  model::Slot,
};

/// A link to one of two files named by the colors.
pub(super) fn linked(survey: &Survey, path: &Path, live: Slot) -> Option<Way> {
  let target = survey.file(path)?.link.clone()?;
  let target = Path::new(&target);
  let (slot, template) = color::of(target.file_name()?.to_str()?)?;
  let folder = path.parent()?.join(target.parent()?);
  let place = |text: &str| tidy(&folder.join(text));
  let there = Slot::BOTH.into_iter().all(|slot| {
    survey
      .read(&place(&color::filled(&template, slot)))
      .is_some()
  });
  (slot == live && there).then(|| Way::Link(place(&template)))
}

/// The template of two files named by the colors in the same folder, and whether the live one is
/// what stands in the managed file.
pub(super) fn sources(
  survey: &Survey,
  layout: &Layout,
  proxy: &Proxy,
  managed: &Path,
  live: Slot,
  text: &str,
) -> Option<(PathBuf, bool)> {
  let folder = managed.parent()?;
  let found = templates(survey, folder)
    .into_iter()
    .chain(spoken(survey, layout, folder))
    .chain(proxy.files.iter().filter_map(|file| {
      let path = proxy.on_host(&file.path)?;
      let (_, template) = color::of(path.file_name()?.to_str()?)?;
      (path.parent() == Some(folder)).then(|| folder.join(template))
    }));
  let mut both: Vec<(PathBuf, bool)> = found
    .filter_map(|template| {
      let name = template.file_name()?.to_str()?;
      let texts = Slot::BOTH.map(|slot| survey.read(&folder.join(color::filled(name, slot))));
      let [Some(blue), Some(green)] = texts else {
        return None;
      };
      let mine = if live == Slot::Blue { blue } else { green };
      (blue != green).then(|| (template.clone(), mine == text))
    })
    .collect();
  both.sort_by_key(|(_, same)| !*same);
  both.into_iter().next()
}

/// Templates of the files that were found in a folder.
pub(super) fn templates(survey: &Survey, folder: &Path) -> Vec<PathBuf> {
  survey
    .files
    .keys()
    .filter(|path| path.parent() == Some(folder))
    .filter_map(|path| {
      let (slot, template) = color::of(path.file_name()?.to_str()?)?;
      (slot == Slot::Blue).then(|| folder.join(template))
    })
    .collect()
}

/// Templates that scripts speak of, for a folder that is not among what was found.
pub(super) fn spoken(survey: &Survey, layout: &Layout, folder: &Path) -> Vec<PathBuf> {
  let wanted = folder.to_string_lossy();
  let mut found = Vec::new();
  for (_, file) in survey
    .files
    .iter()
    .filter(|(path, _)| path.starts_with(&layout.folder))
  {
    let Some(text) = &file.text else { continue };
    for word in text.split(|c: char| c.is_whitespace() || "\"'`;()=".contains(c)) {
      if let Some(name) = word
        .strip_prefix(&*wanted)
        .and_then(|rest| rest.strip_prefix('/'))
        && let Some((_, template)) = color::of(name)
      {
        found.push(folder.join(template));
      }
    }
  }
  found
}

/// A file that is included, is not there, and has two files named by the colors beside it.
pub(super) fn absent(survey: &Survey, proxy: &Proxy, out: &mut Proposal) -> Option<Switch> {
  let mut missing = Vec::new();
  for file in &proxy.files {
    nginx::all(&nginx::parse(&file.text), &mut |directive| {
      let path = directive.word(1);
      let known = proxy.files.iter().any(|file| file.path == path);
      if directive.name() == "include" && !path.contains('*') && !known {
        missing.push(path.to_owned());
      }
    });
  }
  missing.into_iter().find_map(|path| {
    let managed = proxy.on_host(&path)?;
    let folder = managed.parent()?;
    let template = templates(survey, folder).into_iter().find(|template| {
      let name = template.file_name().unwrap_or_default().to_string_lossy();
      Slot::BOTH.into_iter().all(|slot| {
        survey
          .read(&folder.join(color::filled(&name, slot)))
          .is_some()
      })
    })?;
    if color::of(path.rsplit('/').next()?).is_some() {
      return None;
    }
    out.note(
      format!(
        "{} is included by {} and is not there, so nginx cannot start",
        managed.display(),
        proxy.label()
      ),
      format!(
        "copy the file of the slot that serves, {}, to it",
        template.display()
      ),
    );
    Some(Switch {
      managed,
      way: Way::Copy(template),
      live: None,
      ports: None,
      needs_idle: false,
    })
  })
}
