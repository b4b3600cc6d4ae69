//! The Compose project a slot belongs to: configured, or what Compose itself would choose.
//!
//! The name is then always passed as `--project-name`, so that what is looked up by label and
//! what Compose acts on cannot differ. Reads the environment, `.env` and the compose files only.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{
  config::Site,
  engine::ports::{PortError, PortErrorKind},
  model::Slot,
};

/// The project of one slot.
pub(crate) fn of_slot(site: &Site, slot: Slot) -> Result<String, PortError> {
  if let Some(name) = &site.compose().project[slot] {
    return Ok(name.clone());
  }
  default_project(
    &site.compose().files[slot],
    site.compose().env_file.as_deref(),
    std::env::var("COMPOSE_PROJECT_NAME").ok(),
  )
}

/// The project of the files that have only shared services: the one both slots have, else what
/// Compose would choose.
pub(crate) fn of_shared_files(site: &Site) -> Result<String, PortError> {
  let project = &site.compose().project;
  if let (Some(blue), true) = (&project.blue, project.blue == project.green) {
    return Ok(blue.clone());
  }
  default_project(
    &site.compose().shared_files,
    site.compose().env_file.as_deref(),
    std::env::var("COMPOSE_PROJECT_NAME").ok(),
  )
}

/// Projects the shared services may belong to, the likeliest first.
pub(crate) fn of_shared(site: &Site) -> Result<Vec<String>, PortError> {
  let mut projects = Vec::new();
  if !site.compose().shared_files.is_empty() {
    projects.push(of_shared_files(site)?);
  }
  for slot in Slot::BOTH {
    let project = of_slot(site, slot)?;
    if !projects.contains(&project) {
      projects.push(project);
    }
  }
  Ok(projects)
}

/// Compose's own order: environment, `.env`, top-level `name:`, folder of the first file.
fn default_project(
  files: &[PathBuf],
  env_file: Option<&Path>,
  from_environment: Option<String>,
) -> Result<String, PortError> {
  let folder = files.first().and_then(|file| file.parent());
  let dotenv = env_file.map_or_else(|| folder.map(|f| f.join(".env")), |f| Some(f.to_owned()));
  let name = from_environment
    .filter(|name| !name.is_empty())
    .or_else(|| dotenv.and_then(|file| in_env_file(&std::fs::read_to_string(file).ok()?)))
    .or_else(|| files.iter().rev().find_map(|file| top_level_name(file)))
    .unwrap_or_else(|| {
      let base = folder.and_then(Path::file_name).unwrap_or_default();
      normalized(&base.to_string_lossy())
    });
  if name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
    && normalized(&name) == name
  {
    return Ok(name);
  }
  Err(PortError::new(
    PortErrorKind::Misconfigured,
    "work out the Compose project",
    format!("'{name}' is not a usable project name: set project = \"…\" under [runtime]"),
  ))
}

/// What both generations make of a folder's name.
pub(crate) fn normalized(folder: &str) -> String {
  folder
    .to_lowercase()
    .chars()
    .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
    .collect()
}

fn in_env_file(text: &str) -> Option<String> {
  text
    .lines()
    .filter_map(|line| line.trim().strip_prefix("COMPOSE_PROJECT_NAME="))
    .map(|value| value.trim().trim_matches(['"', '\'']).to_owned())
    .rfind(|value| !value.is_empty())
}

/// The keys at the top of a compose file that matter here.
#[derive(Default, Deserialize)]
struct Top {
  name: Option<String>,
  version: Option<serde_json::Value>,
}

fn top(file: &Path) -> Top {
  std::fs::read_to_string(file)
    .ok()
    .and_then(|text| serde_saphyr::from_str(&text).ok())
    .unwrap_or_default()
}

fn top_level_name(file: &Path) -> Option<String> {
  top(file).name
}

/// The `version:` a compose file declares, as written.
pub(super) fn declared_version(file: &Path) -> Option<String> {
  match top(file).version? {
    serde_json::Value::String(version) => Some(version),
    serde_json::Value::Number(version) => Some(version.to_string()),
    _ => None,
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  fn project(files: &[(&str, &str)], environment: Option<&str>) -> Result<String, PortError> {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("My Site.2");
    std::fs::create_dir(&root).unwrap();
    for (name, text) in files {
      std::fs::write(root.join(name), text).unwrap();
    }
    let ours: Vec<PathBuf> = files
      .iter()
      .filter(|(name, _)| *name != ".env")
      .map(|(name, _)| root.join(name))
      .collect();
    default_project(&ours, None, environment.map(str::to_owned))
  }

  #[test]
  fn the_folder_of_the_first_file_names_the_project_as_compose_does() {
    assert_eq!(
      project(&[("a.yml", "services: {}")], None).unwrap(),
      "mysite2"
    );
  }

  #[test]
  fn environment_beats_env_file_beats_name_beats_folder() {
    let named = (
      "a.yml",
      "name: named\nx-base: &base {restart: always}\nservices:\n  a:\n    <<: *base\n    ports: !reset []\n    command: !override [x]\n",
    );
    let dotenv = (".env", "X=1\nCOMPOSE_PROJECT_NAME=\"dot\"\n");
    assert_eq!(project(&[named], None).unwrap(), "named");
    assert_eq!(project(&[named, dotenv], None).unwrap(), "dot");
    assert_eq!(project(&[named, dotenv], Some("shell")).unwrap(), "shell");
  }

  #[test]
  fn a_name_that_needs_interpolation_asks_for_the_setting() {
    let error = project(&[("a.yml", "name: ${SITE}\n")], None).unwrap_err();
    assert!(error.to_string().contains("set project"), "{error}");
  }

  #[test]
  fn the_declared_version_is_read_as_written() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("c.yml");
    for (text, version) in [
      ("version: \"3.8\"\nservices: {}", Some("3.8")),
      ("version: 2.4\n", Some("2.4")),
      ("services: {}", None),
    ] {
      std::fs::write(&file, text).unwrap();
      assert_eq!(declared_version(&file).as_deref(), version, "{text}");
    }
  }
}
