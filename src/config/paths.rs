//! Which file is the site's: named, or found.
//!
//! `--config`, then `--site`, then `CUTOVER_CONFIG`, then `cutover.toml` in the current folder or
//! above it. A flag beats the environment and both beat the place one happens to stand in, so
//! that a named site is never silently another.

use std::{
  collections::BTreeSet,
  fs,
  path::{Path, PathBuf},
};

use super::{ConfigFaults, load::Environment};

const NAME: &str = "cutover.toml";
/// What each machine and user may set for every site; no site itself.
const DEFAULTS: &str = "config";

/// Where configuration lives outside of sites.
#[derive(Clone, Debug)]
pub struct Places {
  pub current: PathBuf,
  /// The user's own folder, when there is a home.
  pub user: Option<PathBuf>,
  pub machine: PathBuf,
}

impl Places {
  /// Those of this process.
  pub fn here() -> std::io::Result<Self> {
    Ok(Self {
      current: std::env::current_dir()?,
      user: directories::ProjectDirs::from("", "", "cutover")
        .map(|dirs| dirs.config_dir().to_owned()),
      machine: PathBuf::from("/etc/cutover"),
    })
  }

  /// Defaults files, weakest first, for `Overrides::defaults`.
  pub fn defaults(&self) -> Vec<PathBuf> {
    let folders = [&self.machine].into_iter().chain(&self.user);
    folders
      .map(|folder| folder.join(format!("{DEFAULTS}.toml")))
      .collect()
  }

  /// Folders of sites that have names, first choice first.
  fn shelves(&self) -> impl Iterator<Item = PathBuf> {
    let user = self.user.iter().map(|folder| folder.join("sites"));
    user.chain([self.machine.clone()])
  }

  /// Where `--site name` may lie.
  fn named(&self, name: &str) -> Vec<PathBuf> {
    let shelves = self.shelves();
    shelves
      .map(|folder| folder.join(format!("{name}.toml")))
      .collect()
  }

  fn nowhere(&self) -> Nowhere {
    let files = self
      .shelves()
      .filter_map(|folder| fs::read_dir(folder).ok());
    let sites: BTreeSet<String> = files
      .flatten()
      .filter_map(|entry| Some(entry.ok()?.path()))
      .filter(|file| file.extension().is_some_and(|end| end == "toml") && file.is_file())
      .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
      .filter(|name| name != DEFAULTS && is_name(name))
      .collect();
    Nowhere {
      folder: self.current.clone(),
      sites: sites.into_iter().collect(),
    }
  }
}

/// Nobody named a site, and none lies where this process stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nowhere {
  pub folder: PathBuf,
  /// What `--site` could name.
  pub sites: Vec<String>,
}

/// Why there is no file.
#[derive(Debug)]
pub enum NotFound {
  Nowhere(Nowhere),
  Faults(ConfigFaults),
}

impl From<ConfigFaults> for NotFound {
  fn from(faults: ConfigFaults) -> Self {
    Self::Faults(faults)
  }
}

/// What was asked for on the command line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
  pub config: Option<&'a Path>,
  pub site: Option<&'a str>,
}

pub fn find(
  wanted: Wanted<'_>,
  places: &Places,
  environment: Environment<'_>,
) -> Result<PathBuf, NotFound> {
  Ok(match (wanted.config, wanted.site) {
    (Some(file), Some(_)) => Err(ConfigFaults::one(
      file,
      "--config and --site are both given",
      "give one of them",
    ))?,
    (Some(file), None) => existing(places.current.join(file), "--config")?,
    (None, Some(name)) => by_name(name, places)?,
    (None, None) => match environment("CUTOVER_CONFIG").filter(|path| !path.is_empty()) {
      Some(file) => existing(places.current.join(file), "CUTOVER_CONFIG")?,
      None => upward(places).ok_or_else(|| NotFound::Nowhere(places.nowhere()))?,
    },
  })
}

fn existing(file: PathBuf, by: &str) -> Result<PathBuf, ConfigFaults> {
  if file.is_file() {
    return Ok(file);
  }
  let hint = "correct the path: docs/config.md says what belongs into it";
  Err(ConfigFaults::one(
    &file,
    format!("there is no such file, though {by} names it"),
    hint,
  ))
}

fn by_name(name: &str, places: &Places) -> Result<PathBuf, ConfigFaults> {
  if !is_name(name) {
    let message = "this is not the name of a site";
    return Err(ConfigFaults::one(
      Path::new(name),
      message,
      "use --config to name a file",
    ));
  }
  let looked = places.named(name);
  looked
    .iter()
    .find(|file| file.is_file())
    .cloned()
    .ok_or_else(|| {
      let message = format!("there is no site '{name}': looked for {}", list(&looked));
      ConfigFaults::one(
        Path::new(name),
        message,
        "create one of these files, or use --config FILE",
      )
    })
}

fn is_name(name: &str) -> bool {
  name.starts_with(|c: char| c.is_ascii_alphanumeric())
    && name
      .chars()
      .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

fn upward(places: &Places) -> Option<PathBuf> {
  places
    .current
    .ancestors()
    .map(|folder| folder.join(NAME))
    .find(|file| file.is_file())
}

fn list(files: &[PathBuf]) -> String {
  files
    .iter()
    .map(|file| file.display().to_string())
    .collect::<Vec<_>>()
    .join(", ")
}
