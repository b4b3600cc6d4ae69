//! What the Debian package is made of exists, or is made by the one command that builds it.

use std::{fs, path::Path};

use cutover::config::{self, Places};

use crate::{nothing, write};

fn root() -> &'static Path {
  Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// From where to where.
fn assets() -> Vec<(String, String)> {
  let text = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
  let table: toml::Table = text.parse().expect("TOML");
  let rows = table["package"]["metadata"]["deb"]["assets"]
    .as_array()
    .expect("assets");
  let word = |row: &toml::Value, at: usize| row[at].as_str().expect("a path").to_owned();
  rows
    .iter()
    .map(|row| (word(row, 0), word(row, 1)))
    .collect()
}

#[test]
fn every_file_of_the_package_is_here_or_made_by_the_command_that_builds_it() {
  let script = fs::read_to_string(root().join(".ci/package")).expect("the script");
  for (from, _) in assets() {
    let found = match (
      from.strip_prefix("target/package/"),
      from.strip_prefix("target/release/"),
    ) {
      (Some(made), _) => script.contains(&format!("> \"$out/{made}\"")),
      (_, Some(program)) => program == "cutover",
      _ => match from.split_once("/*.") {
        Some((folder, ends)) => fs::read_dir(root().join(folder))
          .expect("a folder")
          .any(|entry| {
            entry
              .expect("an entry")
              .path()
              .extension()
              .is_some_and(|is| is == ends)
          }),
        None => root().join(&from).exists(),
      },
    };
    assert!(found, "{from}");
  }
}

#[test]
fn every_folder_of_documents_is_in_the_package() {
  let packed: Vec<String> = assets().into_iter().map(|(from, _)| from).collect();
  for entry in fs::read_dir(root().join("docs")).expect("docs") {
    let entry = entry.expect("an entry");
    if entry.path().is_dir() {
      let folder = format!("docs/{}/", entry.file_name().to_string_lossy());
      assert!(
        packed.iter().any(|from| from.starts_with(&folder)),
        "{folder}"
      );
    }
  }
}

#[test]
fn the_defaults_the_package_brings_are_understood_also_with_every_line_taken_in() {
  let folder = tempfile::tempdir().expect("a temporary folder");
  let text = fs::read_to_string(root().join("assets/machine.toml")).expect("the file");
  let lines = text.lines().map(|line| match line.strip_prefix("# ") {
    Some(key) if key.starts_with('[') || key.contains(" = ") => key,
    _ => line,
  });
  let all: Vec<&str> = lines.collect();
  for text in [text.clone(), all.join("\n")] {
    write(&folder.path().join("config.toml"), &text);
    let places = Places {
      current: folder.path().to_owned(),
      user: None,
      machine: folder.path().to_owned(),
    };
    let loaded = config::load_console(&places, &nothing);
    assert!(loaded.is_ok(), "{loaded:?}");
  }
}
