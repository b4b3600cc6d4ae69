//! The documents as their reader meets them: blocks that a shell would run, words between backticks,
//! links.

use std::{
  fs,
  path::{Path, PathBuf},
};

pub(crate) fn root() -> &'static Path {
  Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README and everything below `docs`, each with what it is made of.
pub(crate) fn pages() -> Vec<(PathBuf, String)> {
  let mut found = vec![root().join("README.md")];
  let mut folders = vec![root().join("docs")];
  while let Some(folder) = folders.pop() {
    for entry in fs::read_dir(&folder).expect("a folder") {
      let path = entry.expect("an entry").path();
      if path.is_dir() {
        folders.push(path);
      } else if path.extension().is_some_and(|ends| ends == "md") {
        found.push(path);
      }
    }
  }
  assert!(found.len() > 8, "{found:?}");
  let read = |path: PathBuf| {
    let text = fs::read_to_string(&path).expect("a page");
    (path, text)
  };
  found.into_iter().map(read).collect()
}

#[derive(Default)]
pub(crate) struct Page {
  /// Lines of the blocks a shell would run.
  pub(crate) shell: Vec<(usize, String)>,
  /// What stands between backticks in the prose.
  pub(crate) spans: Vec<(usize, String)>,
  pub(crate) links: Vec<(usize, String)>,
}

pub(crate) fn read(text: &str) -> Page {
  let mut page = Page::default();
  let mut block: Option<&str> = None;
  // A span between backticks may go on in the next line of its paragraph.
  let mut open: Option<(usize, String)> = None;
  for (number, line) in (1..).zip(text.lines()) {
    if let Some(language) = line.trim_start().strip_prefix("```") {
      block = block.is_none().then_some(language);
      continue;
    }
    match block {
      Some("sh") => page.shell.push((number, line.to_owned())),
      Some("text" | "toml" | "json" | "nginx" | "yaml") => {}
      Some(other) => panic!("line {number}: a block of '{other}' is not known to this test"),
      None => {
        if line.trim().is_empty() {
          open = None;
        }
        for (index, part) in line.split('`').enumerate() {
          open = match (index, open.take()) {
            (0, Some((at, text))) => Some((at, text + " " + part)),
            (0, None) => None,
            (_, Some(span)) => {
              page.spans.push(span);
              None
            }
            (_, None) => Some((number, part.to_owned())),
          };
        }
        let links = line
          .split("](")
          .skip(1)
          .filter_map(|rest| rest.split(')').next());
        page
          .links
          .extend(links.map(|link| (number, link.to_owned())));
      }
    }
  }
  page
}
