//! The configuration as a user meets it: what is understood, what is refused and in which words.

#![allow(
  clippy::expect_used,
  clippy::panic,
  reason = "what the tests share may fail as loudly as a test"
)]

mod assets;
mod console;
mod detect;
mod documents;
mod editors;
mod faults;
mod files;
mod hostile;
mod packages;
#[path = "../support/pages.rs"]
mod pages;
mod sites;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use cutover::config::{self, ConfigFaults, DEFAULT, Loaded, Overrides, Site};
use tempfile::TempDir;

/// Line numbers in the table of faults count from here.
const BASE: &str = r#"name = "shop"
[slots.blue]
port = 8081
[slots.green]
port = 8082
[runtime]
files = ["compose.yml"]
shared = ["proxy"]
[services.api]
check = { via = "host", url = "http://{host}:{port}/health" }
[version]
variable = "{COLOR}_VERSION"
[router]
service = "proxy"
[router.switch]
kind = "copy"
from = "up-{color}.conf"
to = "active.conf"
[proof]
url = "http://localhost/"
header = "X-Slot"
[retire]
drain = "15s"
[[smoke]]
url = "/health"
"#;

const BASE_FILES: [&str; 3] = ["compose.yml", "up-blue.conf", "up-green.conf"];

fn nothing(_: &str) -> Option<String> {
  None
}

fn judge(text: &str) -> Result<Loaded, ConfigFaults> {
  config::load_text(text, Path::new("/site/cutover.toml"), &nothing)
}

fn understood(text: &str) -> Site {
  match judge(text) {
    Ok(loaded) => loaded.site,
    Err(faults) => panic!("{faults}"),
  }
}

/// One fault in short: `line:column key: message [what the carets mark]`.
fn short(fault: &config::ConfigFault) -> String {
  let Some(at) = &fault.at else {
    return format!("- {}: {}", fault.key, fault.message);
  };
  let marked: String = at
    .source
    .chars()
    .skip(at.column - 1)
    .take(at.length)
    .collect();
  format!(
    "{}:{} {}: {} [{marked}]",
    at.line, at.column, fault.key, fault.message
  )
}

fn faults_of(text: &str) -> Vec<String> {
  match judge(text) {
    Ok(_) => Vec::new(),
    Err(faults) => faults.faults.iter().map(short).collect(),
  }
}

/// The default configuration with every commented key uncommented: not a sensible site, but every
/// key with a value of the right type.
fn uncommented() -> String {
  DEFAULT
    .lines()
    .map(|line| match line.strip_prefix('#') {
      Some(key) if !key.starts_with(' ') => key,
      _ => line,
    })
    .collect::<Vec<_>>()
    .join("\n")
}

/// A folder which only we can write, with the files a configuration names.
fn folder(files: &[&str]) -> TempDir {
  let folder = tempfile::tempdir().expect("a temporary folder");
  for file in files {
    write(&folder.path().join(file), "");
  }
  folder
}

fn write(path: &Path, text: &str) {
  fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
  fs::write(path, text).expect("a file");
  fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("its mode");
}

fn load(file: &Path) -> Result<Site, ConfigFaults> {
  config::load(file, &Overrides::default(), &nothing)
}

fn messages(result: &Result<Site, ConfigFaults>) -> Vec<String> {
  match result {
    Ok(_) => Vec::new(),
    Err(faults) => faults
      .faults
      .iter()
      .map(|fault| format!("{}: {}", fault.key, fault.message))
      .collect(),
  }
}
