//! Imports point one way:
//! `model <- config <- engine <- { adapters, render } <- { cli, tui } <- wire, main`.
//!
//! Reads the source text: every `use` is flattened, and every path that is written out counts as
//! well. A file of the product that grows over 500 lines fails too.

#![allow(
  clippy::unwrap_used,
  clippy::panic,
  reason = "a test that cannot read the source must end there and say so"
)]

use std::{fs, path::Path};

/// A folder or file of `src`, and the first words of the paths it may never name.
const FORBIDDEN: [(&str, &[&str]); 15] = [
  (
    "model",
    &[
      "crate::config",
      "crate::engine",
      "crate::adapters",
      "crate::cli",
      "crate::tui",
      "crate::render",
      "crate::wire",
      "tokio",
      "bollard",
      "reqwest",
      "std::fs",
      "std::process",
      "std::net::TcpStream",
      "ratatui",
      "crossterm",
    ],
  ),
  (
    "config",
    &[
      "crate::engine",
      "crate::adapters",
      "crate::cli",
      "crate::tui",
      "crate::render",
      "crate::wire",
      "tokio",
      "bollard",
      "reqwest",
      "std::process",
      "ratatui",
      "crossterm",
    ],
  ),
  (
    "engine",
    &[
      "crate::adapters",
      "crate::cli",
      "crate::tui",
      "crate::render",
      "crate::wire",
      "bollard",
      "reqwest",
      "hyper",
      "std::fs",
      "std::process",
      "std::net",
      "tokio::fs",
      "tokio::process",
      "tokio::net",
      "tokio::signal",
      "tokio::task",
      "tokio::spawn",
      "tokio::runtime",
      "std::time::Instant",
      "std::time::SystemTime",
      "chrono::Utc::now",
      "ratatui",
      "crossterm",
    ],
  ),
  (
    "engine/plan",
    &["tokio", "crate::engine::runner", "crate::engine::step"],
  ),
  ("engine/run_state.rs", &["tokio", "crate::engine::world"]),
  ("engine/run_state", &["tokio", "crate::engine::world"]),
  (
    "adapters",
    &[
      "crate::cli",
      "crate::tui",
      "crate::render",
      "crate::wire",
      "crate::engine::runner",
      "crate::engine::plan",
      "crate::engine::step",
      "crate::engine::recovery",
      "crate::engine::observe",
      "ratatui",
      "crossterm",
    ],
  ),
  (
    "render",
    &[
      "crate::adapters",
      "crate::cli",
      "crate::tui",
      "crate::wire",
      "tokio",
      "bollard",
      "reqwest",
      "std::fs",
      "std::process",
      "std::time::Instant",
      "chrono::Utc::now",
      "ratatui",
      "crossterm",
    ],
  ),
  (
    "tui",
    &[
      "crate::adapters",
      "crate::cli",
      "crate::wire",
      "bollard",
      "reqwest",
      "hyper",
      "std::process",
    ],
  ),
  (
    "tui/state",
    &[
      "crate::tui::update",
      "crate::tui::view",
      "crate::engine::world",
      "tokio",
      "ratatui",
      "crossterm",
      "std::fs",
      "std::time::Instant",
      "chrono::Utc::now",
    ],
  ),
  (
    "tui/update",
    &[
      "crate::tui::view",
      "crate::engine::world",
      "tokio",
      "ratatui",
      "crossterm",
      "std::fs",
      "std::time::Instant",
      "chrono::Utc::now",
    ],
  ),
  (
    "tui/view",
    &[
      "crate::tui::update",
      "crate::engine::world",
      "crate::engine::ports",
      "tokio",
      "crossterm",
      "std::fs",
      "std::time::Instant",
      "chrono::Utc::now",
    ],
  ),
  (
    "cli",
    &[
      "crate::adapters",
      "crate::tui",
      "crate::wire",
      "bollard",
      "reqwest",
      "hyper",
      "ratatui",
      "crossterm",
    ],
  ),
  ("lib.rs", &["tokio", "bollard", "reqwest"]),
  ("wire.rs", &["ratatui", "crossterm"]),
];

/// Production files aim at 60 to 150 lines; tables may be named here.
const MOST_LINES: usize = 500;
const TABLES: [&str; 0] = [];

/// Every path that a text names: `use` trees flattened, and paths written out in full.
/// `super` and `self` are resolved from `here`, the module's own path under `crate`.
fn paths(text: &str, here: &[String]) -> Vec<String> {
  let text = without_comments_and_texts(text);
  let mut found = Vec::new();
  let mut rest = text.as_str();
  while let Some(at) = find_use(rest) {
    let statement = &rest[at..];
    let end = statement.find(';').unwrap_or(statement.len());
    flatten("", statement[..end].trim(), &mut found);
    rest = &statement[end..];
  }
  let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
  for path in text.split(|c: char| !word(c)) {
    if path.contains("::") {
      found.push(path.trim_matches(':').to_owned());
    }
  }
  found.iter().map(|path| absolute(path, here)).collect()
}

/// Where the tree of the next `use` begins.
fn find_use(text: &str) -> Option<usize> {
  text
    .match_indices("use ")
    .map(|(at, _)| at)
    .find(|at| {
      text[..*at]
        .chars()
        .next_back()
        .is_none_or(|c| c.is_whitespace() || c == ')')
    })
    .map(|at| at + "use ".len())
}

/// `a::{b, c::{d, e as f}}` to `a::b`, `a::c::d`, `a::c::e`.
fn flatten(before: &str, tree: &str, found: &mut Vec<String>) {
  let tree = tree.trim();
  let Some((head, group)) = tree.split_once('{') else {
    let name = tree.split(" as ").next().unwrap_or_default().trim();
    found.push(format!("{before}{name}"));
    return;
  };
  let before = format!("{before}{}", head.trim());
  let group = group.strip_suffix('}').unwrap_or(group);
  let mut depth = 0;
  let mut start = 0;
  for (at, c) in group.char_indices() {
    match c {
      '{' => depth += 1,
      '}' => depth -= 1,
      ',' if depth == 0 => {
        flatten(&before, &group[start..at], found);
        start = at + 1;
      }
      _ => {}
    }
  }
  if !group[start..].trim().is_empty() {
    flatten(&before, &group[start..], found);
  }
}

fn absolute(path: &str, here: &[String]) -> String {
  let mut base: Vec<String> = here.to_vec();
  let mut words = path.split("::").peekable();
  let mut relative = false;
  while let Some(&word) = words.peek() {
    match word {
      "super" => base.truncate(base.len().saturating_sub(1)),
      "self" => {}
      _ => break,
    }
    relative = true;
    words.next();
  }
  let rest: Vec<&str> = words.collect();
  if relative {
    base.extend(rest.iter().map(|word| (*word).to_owned()));
    format!("crate::{}", base.join("::"))
  } else {
    rest.join("::")
  }
}

/// Line comments, block comments and string literals name nothing.
fn without_comments_and_texts(text: &str) -> String {
  let mut out = String::with_capacity(text.len());
  let mut chars = text.chars().peekable();
  while let Some(c) = chars.next() {
    match c {
      '/' if chars.peek() == Some(&'/') => {
        for c in chars.by_ref() {
          if c == '\n' {
            break;
          }
        }
        out.push('\n');
      }
      '/' if chars.peek() == Some(&'*') => {
        let mut last = ' ';
        for c in chars.by_ref() {
          if last == '*' && c == '/' {
            break;
          }
          last = c;
        }
      }
      '\'' if chars.peek() == Some(&'"') => {
        chars.next();
        chars.next();
      }
      '"' => {
        let mut escaped = false;
        for c in chars.by_ref() {
          if c == '"' && !escaped {
            break;
          }
          escaped = c == '\\' && !escaped;
        }
        out.push_str("\"\"");
      }
      _ => out.push(c),
    }
  }
  out
}

fn faults(file: &str, text: &str) -> Vec<String> {
  let module = file
    .trim_end_matches(".rs")
    .trim_end_matches("/mod")
    .split('/')
    .map(ToOwned::to_owned)
    .collect::<Vec<_>>();
  let named = paths(product(text), &module);
  let mut faults = Vec::new();
  for (layer, forbidden) in FORBIDDEN {
    let inside = file == layer
      || file
        .strip_prefix(layer)
        .is_some_and(|rest| rest.starts_with('/'));
    if !inside {
      continue;
    }
    for name in forbidden {
      let is_named = |path: &&String| {
        path
          .strip_prefix(name)
          .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
      };
      if let Some(path) = named.iter().find(is_named) {
        faults.push(format!(
          "src/{file} names {path}: {layer} may not name {name}"
        ));
      }
    }
  }
  faults
}

/// The file up to its own tests.
fn product(text: &str) -> &str {
  text.split("#[cfg(test)]\nmod ").next().unwrap_or(text)
}

fn sources(folder: &Path, root: &Path, found: &mut Vec<(String, String)>) {
  let mut entries: Vec<_> = fs::read_dir(folder)
    .unwrap()
    .map(|entry| entry.unwrap().path())
    .collect();
  entries.sort();
  for path in entries {
    if path.is_dir() {
      sources(&path, root, found);
    } else if path.extension().is_some_and(|ext| ext == "rs") {
      let name = path
        .strip_prefix(root)
        .unwrap()
        .to_string_lossy()
        .into_owned();
      found.push((name, fs::read_to_string(&path).unwrap()));
    }
  }
}

fn all_sources() -> Vec<(String, String)> {
  let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
  let mut found = Vec::new();
  sources(&root, &root, &mut found);
  assert!(found.len() > 50, "the source was not found");
  found
}

#[test]
fn no_layer_names_one_that_stands_above_it() {
  let faults: Vec<String> = all_sources()
    .iter()
    .flat_map(|(file, text)| faults(file, text))
    .collect();
  assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_of_the_product_is_longer_than_500_lines() {
  for (file, text) in all_sources() {
    let lines = product(&text).lines().count();
    assert!(
      lines <= MOST_LINES || TABLES.contains(&file.as_str()),
      "src/{file} has {lines} lines: split it, or name it in TABLES"
    );
  }
}

#[test]
fn every_module_says_what_it_owns() {
  for (file, text) in all_sources() {
    if file.ends_with("tests.rs") {
      continue;
    }
    assert!(
      text.trim().is_empty() || text.starts_with("//!"),
      "src/{file} starts with no module comment"
    );
  }
}

#[test]
fn a_violation_is_caught_however_it_is_written() {
  for (file, text) in [
    ("engine/step/x.rs", "use crate::adapters::Docker;"),
    (
      "engine/step/x.rs",
      "use crate::{model::Slot, adapters::{docker::Client, nginx}};",
    ),
    (
      "engine/x.rs",
      "pub(crate) use crate::{\n  cli as front,\n};",
    ),
    ("engine/x.rs", "fn f() { crate::adapters::docker::stop() }"),
    ("engine/x.rs", "use super::super::adapters::Docker;"),
    ("engine/x/y.rs", "use super::super::super::cli;"),
    ("engine/x.rs", "use std::{fmt, fs};"),
    ("engine/x.rs", "let out = std::process::Command::new(name);"),
    ("engine/x.rs", "use tokio::{time::sleep, process::Command};"),
    ("engine/x.rs", "let at = chrono::Utc::now();"),
    ("model/x.rs", "use tokio::sync::mpsc;"),
    ("model/x.rs", "fn f(site: &crate::config::Site) {}"),
    ("config/x.rs", "use crate::engine::Intent;"),
    ("cli/deploy.rs", "use crate::{engine::Intent, adapters};"),
    ("adapters/nginx.rs", "use crate::engine::runner::Runner;"),
    ("wire.rs", "use ratatui::Terminal;"),
  ] {
    assert!(!faults(file, text).is_empty(), "{file}: {text}");
  }
}

#[test]
fn what_is_allowed_is_not_caught() {
  for (file, text) in [
    (
      "engine/x.rs",
      "use tokio::{sync::mpsc, time::{Instant, timeout}};",
    ),
    (
      "engine/x.rs",
      "use std::{collections::BTreeMap, path::Path, time::Duration};",
    ),
    (
      "engine/x.rs",
      "// crate::adapters does this\nfn f() { say(\"crate::adapters\") }",
    ),
    (
      "engine/x.rs",
      "fn f() {}\n\n#[cfg(test)]\nmod tests {\n  use std::fs;\n}\n",
    ),
    (
      "adapters/x.rs",
      "use crate::{config::Site, engine::ports::Runtime, model::Slot};",
    ),
    ("adapters/x.rs", "use std::{fs, process::Command};"),
    ("config/load.rs", "use crate::model::{BySlot, Slot};"),
    ("wire.rs", "use crate::{adapters, cli, config, engine};"),
  ] {
    assert_eq!(faults(file, text), Vec::<String>::new(), "{file}: {text}");
  }
}
