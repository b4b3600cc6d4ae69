//! Which files a command writes and how, and which of them matter: the proxy's, and the note of who
//! is live.

use std::path::Path;

use super::super::shell::{Command, Way};

/// How a file is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
  /// The same file with other bytes.
  InPlace,
  /// Another file under the same name.
  Anew,
  Link,
  Gone,
}

#[derive(Clone, Debug)]
pub(super) struct Write {
  pub(super) how: How,
  pub(super) path: String,
  /// What it is made from.
  pub(super) from: Option<String>,
}

pub(super) fn writes(command: &Command) -> Vec<Write> {
  let write = |how, path: &str, from: Option<&str>| Write {
    how,
    path: path.to_owned(),
    from: from.map(ToOwned::to_owned),
  };
  let mut found: Vec<Write> = command
    .files
    .iter()
    .filter(|(way, path)| *way != Way::From && path != "/dev/null")
    .map(|(_, path)| write(How::InPlace, path, None))
    .collect();
  let arguments: Vec<&str> = command.arguments().collect();
  let target = || -> Option<(String, Option<&str>)> {
    let (last, from) = arguments.split_last()?;
    let from = from.last().copied()?;
    let base = from.rsplit('/').next().unwrap_or(from);
    let path = if last.ends_with('/') {
      format!("{last}{base}")
    } else {
      (*last).to_owned()
    };
    Some((path, Some(from)))
  };
  let how = match command.name() {
    "cp" => How::InPlace,
    "mv" | "install" => How::Anew,
    "ln" => How::Link,
    "tee" => {
      found.extend(arguments.iter().map(|path| write(How::InPlace, path, None)));
      return found;
    }
    "rm" | "unlink" => {
      found.extend(arguments.iter().map(|path| write(How::Gone, path, None)));
      return found;
    }
    "sed" | "perl"
      if command
        .words
        .iter()
        .any(|word| word.starts_with("-i") || word == "--in-place") =>
    {
      found.extend(
        arguments
          .iter()
          .skip(1)
          .map(|path| write(How::Anew, path, Some("the same file"))),
      );
      return found;
    }
    _ => return found,
  };
  found.extend(target().map(|(path, from)| write(how, &path, from)));
  found
}

/// A file the proxy reads, by its name.
pub(super) fn is_proxy_file(path: &str) -> bool {
  let base = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
  let kept = [
    "bak", "backup", "orig", "prev", "old", "tmp", "temp", "saved",
  ];
  let conf = has_ending(&base, &["conf", "inc"]) || base.contains("upstream");
  let variable = path.contains('$') && {
    let name = path.to_ascii_uppercase();
    ["CONF", "UPSTREAM", "SNIPPET"]
      .iter()
      .any(|word| name.contains(word))
  };
  (conf || variable) && !kept.iter().any(|word| base.contains(word))
}

/// A file that remembers which slot is live, by its name.
pub(in super::super) fn is_state_file(path: &str) -> bool {
  let base = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
  let base = base
    .trim_start_matches(['.', '$', '{'])
    .trim_end_matches('}');
  let about = ["current", "active", "previous", "live", "state"];
  let what = [
    "env",
    "color",
    "colour",
    "slot",
    "stack",
    "backend",
    "deployment",
    "state_file",
    "statefile",
  ];
  let other = [
    "conf", "sh", "yml", "yaml", "inc", "log", "toml", "js", "py", "md",
  ];
  about.iter().any(|word| base.contains(word))
    && what.iter().any(|word| base.contains(word))
    && !has_ending(base, &other)
}

fn has_ending(base: &str, endings: &[&str]) -> bool {
  let ending = Path::new(base).extension().unwrap_or_default();
  endings.iter().any(|it| ending == *it)
}
