//! Reads shell scripts as far as a diagnosis needs: simple commands with their words, where they
//! write, inside which container they run, and whether anything looks at how they end.
//!
//! It is no shell: what it does not understand it keeps as words. Constants of the script are put
//! in, everything else keeps its `$NAME`. `@here` stands for the script's own folder.

mod expand;
mod lex;
mod parse;

use expand::Constants;

/// How a command follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
  Next,
  And,
  Or,
  Pipe,
}

/// Whether anything looks at the exit code of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
  /// Condition of `if` or `while`, negated, or followed by `&&` or `||`.
  Yes,
  No,
}

/// What a redirection does to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
  Into,
  Onto,
  From,
}

#[derive(Clone, Debug)]
pub(super) struct Command {
  pub(super) line: usize,
  pub(super) words: Vec<String>,
  pub(super) files: Vec<(Way, String)>,
  /// The text of a here-document.
  pub(super) here: Option<String>,
  /// The container or compose service it runs in.
  pub(super) container: Option<String>,
  pub(super) join: Join,
  pub(super) judged: Judged,
  /// How many loops and how many branches of `if` and `case` are around it.
  pub(super) loops: usize,
  pub(super) branches: usize,
  /// The function it belongs to.
  pub(super) function: Option<String>,
  /// The variable its output is kept in.
  pub(super) kept: Option<String>,
  /// Variables set for it alone: `NAME=value`.
  pub(super) given: Vec<String>,
}

impl Command {
  pub(super) fn name(&self) -> &str {
    let word = self.words.first().map_or("", String::as_str);
    word.rsplit('/').next().unwrap_or(word)
  }

  pub(super) fn has(&self, word: &str) -> bool {
    self.words.iter().any(|other| other == word)
  }

  pub(super) fn text(&self) -> String {
    self.words.join(" ")
  }

  pub(super) fn arguments(&self) -> impl Iterator<Item = &str> {
    let plain = |word: &&String| !word.starts_with('-');
    self.words.iter().skip(1).filter(plain).map(String::as_str)
  }
}

#[derive(Clone, Debug)]
pub(super) struct Script {
  pub(super) path: String,
  pub(super) commands: Vec<Command>,
  /// `set -e` and `set -o pipefail`.
  pub(super) exits_on_error: bool,
  pub(super) fails_in_pipes: bool,
  /// Names of functions, and the lines of their `return` with anything but 0.
  pub(super) failing_functions: Vec<String>,
}

impl Script {
  pub(super) fn read(path: &str, text: &str) -> Self {
    let tokens = lex::tokens(text);
    let raw = parse::commands(&tokens);
    let constants = Constants::of(&raw);
    let mut commands = Vec::new();
    for command in raw {
      constants.put_into(command, &mut commands);
    }
    let set = |flag: &str, long: &str| {
      let by_line = text
        .lines()
        .next()
        .is_some_and(|line| line.starts_with("#!") && short_flag(line, flag));
      by_line
        || commands.iter().any(|command| {
          command.name() == "set"
            && (command.has(long) || command.words.iter().any(|word| short_flag(word, flag)))
        })
    };
    let mut failing_functions: Vec<String> = commands
      .iter()
      .filter(|command| {
        command.name() == "return" && command.words.get(1).is_some_and(|code| code != "0")
      })
      .filter_map(|command| command.function.clone())
      .collect();
    failing_functions.dedup();
    Self {
      path: path.to_owned(),
      exits_on_error: set("e", "errexit"),
      fails_in_pipes: set("", "pipefail"),
      failing_functions,
      commands,
    }
  }

  /// The folder it lies in, below the site's; empty for the site's own.
  pub(super) fn folder(&self) -> &str {
    self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
  }
}

/// `-euo` holds `e`.
fn short_flag(word: &str, flag: &str) -> bool {
  !flag.is_empty()
    && word
      .split_whitespace()
      .filter_map(|word| word.strip_prefix('-'))
      .any(|flags| !flags.starts_with('-') && flags.len() <= 8 && flags.contains(flag))
}

#[cfg(test)]
mod tests;
