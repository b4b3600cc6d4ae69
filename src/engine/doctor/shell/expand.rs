//! Puts the script's own constants into its words, takes prefixes such as `sudo` off, and follows
//! commands into `$( )`, `sh -c` and `docker exec`.

use std::collections::HashMap;

use super::{
  Command, Judged, lex,
  parse::{self, Raw},
};

/// So deep may substitutions lie in each other.
const DEEPEST: usize = 4;

/// Variables that are set once, to something that can be read here.
#[derive(Clone, Debug, Default)]
pub(super) struct Constants(HashMap<String, Option<String>>);

impl Constants {
  pub(super) fn of(raw: &[Raw]) -> Self {
    let mut found = Self::default();
    for raw in raw {
      for word in &raw.command.words {
        let Some((name, value)) = assignment(word) else {
          if is_declaration(word) {
            continue;
          }
          break;
        };
        let value = found.value(value);
        let entry = found.0.entry(name.to_owned()).or_insert(value.clone());
        if *entry != value {
          *entry = None;
        }
      }
      // `read NAME` and `for NAME in` set what nobody knows.
      if let Some("read" | "for" | "select") = raw.command.words.first().map(String::as_str) {
        for name in raw.command.words.iter().skip(1) {
          found.0.insert(name.clone(), None);
        }
      }
    }
    found
  }

  /// The value of an assignment, where it is one.
  fn value(&self, raw: &str) -> Option<String> {
    if let Some(at) = raw.find("$(") {
      let own = ["dirname", "BASH_SOURCE", "$0"];
      let inner = raw.get(at..)?;
      return own.iter().any(|word| inner.contains(word)).then(|| {
        let up = "/..".repeat(inner.matches("/..").count());
        let rest = raw.rsplit_once(')').map_or("", |(_, rest)| rest);
        format!("@here{up}{rest}")
      });
    }
    let put = self.put(raw);
    (!put.contains('$') && !put.contains('`')).then_some(put)
  }

  /// `text` with every known variable put in.
  fn put(&self, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
      out.push_str(before);
      let (name, default, length) = variable(after);
      let known = self.0.get(name).cloned().flatten();
      match known.or(default) {
        Some(value) if !name.is_empty() => out.push_str(&value),
        _ if name.is_empty() => out.push('$'),
        _ => {
          out.push('$');
          out.push_str(name);
        }
      }
      rest = after.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
  }

  pub(super) fn put_into(&self, raw: Raw, out: &mut Vec<Command>) {
    self.deeper(raw, None, 0, out);
  }

  fn deeper(&self, raw: Raw, container: Option<&str>, depth: usize, out: &mut Vec<Command>) {
    let Raw {
      mut command,
      nested,
    } = raw;
    let kept = command
      .words
      .iter()
      .rev()
      .find_map(|word| assignment(word))
      .map(|(name, _)| name.to_owned());
    if depth < DEEPEST {
      for text in &nested {
        self.inside(text, &command, container, depth, kept.as_ref(), out);
      }
    }
    command.words = command.words.iter().map(|word| self.put(word)).collect();
    for (_, file) in &mut command.files {
      *file = self.put(file);
    }
    command.here = command.here.map(|text| self.put(&text));
    command.container = container.map(ToOwned::to_owned);
    strip(&mut command);
    let name = command.name().to_owned();
    if depth < DEEPEST
      && matches!(name.as_str(), "sh" | "bash" | "eval")
      && let Some(text) = script_of(&command.words)
    {
      let text = text.to_owned();
      let kept = command.kept.clone();
      self.inside(&text, &command, container, depth, kept.as_ref(), out);
      if name != "eval" {
        return;
      }
    }
    if let Some((inside, words)) = exec(&command.words) {
      let line = Raw {
        command: Command {
          words,
          ..command.clone()
        },
        nested: Vec::new(),
      };
      self.deeper(line, Some(&inside), depth + 1, out);
      return;
    }
    out.push(command);
  }

  /// The commands of a text within a command.
  fn inside(
    &self,
    text: &str,
    outer: &Command,
    container: Option<&str>,
    depth: usize,
    kept: Option<&String>,
    out: &mut Vec<Command>,
  ) {
    for mut raw in parse::commands(&lex::tokens(text)) {
      raw.command.line += outer.line - 1;
      raw.command.loops += outer.loops;
      raw.command.branches += outer.branches;
      raw.command.function.clone_from(&outer.function);
      raw.command.kept = kept.cloned();
      if outer.judged == Judged::Yes {
        raw.command.judged = Judged::Yes;
      }
      self.deeper(raw, container, depth + 1, out);
    }
  }
}

/// Name, default and length of the variable at the start of what follows a `$`.
fn variable(after: &str) -> (&str, Option<String>, usize) {
  let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
  if let Some(braced) = after.strip_prefix('{') {
    let end = braced.find('}').unwrap_or(braced.len());
    let inner = braced.get(..end).unwrap_or_default();
    let stop = inner.find(|c| !is_name(c)).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(stop);
    let default = rest
      .strip_prefix(":-")
      .or_else(|| rest.strip_prefix('-'))
      .filter(|default| !default.contains('$'))
      .map(ToOwned::to_owned);
    return (name, default, (end + 2).min(after.len()));
  }
  let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
  (after.get(..end).unwrap_or_default(), None, end)
}

/// `NAME=value`.
fn assignment(word: &str) -> Option<(&str, &str)> {
  let (name, value) = word.split_once('=')?;
  let name = name.strip_suffix('+').unwrap_or(name);
  let fits = !name.is_empty()
    && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    && !name.starts_with(|c: char| c.is_ascii_digit());
  fits.then_some((name, value))
}

fn is_declaration(word: &str) -> bool {
  matches!(
    word,
    "export" | "local" | "readonly" | "declare" | "-r" | "-x"
  )
}

/// Takes off what only says how the command is run.
fn strip(command: &mut Command) {
  let words = &mut command.words;
  loop {
    let Some(first) = words.first().map(String::as_str) else {
      return;
    };
    let gone = match first {
      "sudo" => 1 + options(words, &["-u", "-g"]),
      "env" | "nohup" | "exec" | "command" | "time" => 1,
      "timeout" => 2,
      _ if assignment(first).is_some() && words.len() > 1 => {
        command.given.push(first.to_owned());
        1
      }
      _ => return,
    };
    words.drain(..gone.min(words.len()));
  }
}

/// How many words after the first are options; those in `valued` take one more.
fn options(words: &[String], valued: &[&str]) -> usize {
  let mut count = 0;
  while let Some(word) = words.get(1 + count).filter(|word| word.starts_with('-')) {
    count += if valued.contains(&word.as_str()) {
      2
    } else {
      1
    };
  }
  count
}

fn script_of(words: &[String]) -> Option<&String> {
  if words.first().is_some_and(|name| name == "eval") {
    return words.get(1);
  }
  let at = words.iter().position(|word| {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c') && word.len() <= 4
  })?;
  words.get(at + 1)
}

const EXEC_VALUED: [&str; 8] = [
  "-u",
  "--user",
  "-e",
  "--env",
  "-w",
  "--workdir",
  "--index",
  "--env-file",
];

/// Container (or compose service) and command of `docker exec` in all its forms.
fn exec(words: &[String]) -> Option<(String, Vec<String>)> {
  let first = words.first()?.as_str();
  if !matches!(first, "docker" | "docker-compose" | "podman") {
    return None;
  }
  let at = words
    .iter()
    .position(|word| word == "exec")
    .filter(|at| *at < 12)?;
  let tail = words.get(at..)?;
  let skip = options(tail, &EXEC_VALUED);
  let container = tail.get(1 + skip)?.clone();
  let command = tail.get(2 + skip..)?.to_vec();
  (!command.is_empty()).then_some((container, command))
}
