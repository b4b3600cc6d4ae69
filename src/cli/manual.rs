//! What the program says about itself to other programs: completions to a shell, the manual page to
//! `man`, the schema to an editor. All of it is made of the tables that parse and check, so none can
//! be stale, and none needs a site.

mod page;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use clap::Command;
use clap_complete::{generate, shells};

use super::args::{Completions, ConfigVerb, Shell, Verb, command};
use crate::config;

pub use page::page;

/// What the verb prints, when it is one of these.
pub fn text(verb: &Verb) -> Option<String> {
  match verb {
    Verb::Completions(Completions { shell }) => Some(completions(*shell)),
    Verb::Man => Some(page()),
    Verb::Config(ConfigVerb::Schema) => Some(config::json_schema()),
    _ => None,
  }
}

pub fn completions(shell: Shell) -> String {
  let mut root = typed();
  let (name, mut out) = ("cutover", Vec::new());
  match shell {
    Shell::Bash => generate(shells::Bash, &mut root, name, &mut out),
    Shell::Zsh => generate(shells::Zsh, &mut root, name, &mut out),
    Shell::Fish => {
      generate(shells::Fish, &mut root, name, &mut out);
      out.extend(fish_words(&root).into_bytes());
    }
  }
  String::from_utf8_lossy(&out).into_owned()
}

/// The words of arguments without a flag, such as the slots: the library leaves them out for fish.
fn fish_words(root: &Command) -> String {
  let mut out = String::new();
  for verb in root.get_subcommands() {
    for words in verb
      .get_positionals()
      .filter_map(|arg| arg.get_value_parser().possible_values())
    {
      let words: Vec<String> = words.map(|word| word.get_name().to_owned()).collect();
      let (verb, words) = (verb.get_name(), words.join(" "));
      let when = format!("__fish_cutover_using_subcommand {verb}");
      let _ = writeln!(out, "complete -c cutover -n \"{when}\" -f -a \"{words}\"");
    }
  }
  out
}

/// The command line without what only the program itself types.
fn typed() -> Command {
  let root = command();
  let shown = root.get_subcommands().filter(|verb| !verb.is_hide_set());
  Command::new("cutover")
    .version(env!("CARGO_PKG_VERSION"))
    .disable_help_subcommand(true)
    .args(root.get_arguments().cloned())
    .subcommands(shown.cloned())
}
