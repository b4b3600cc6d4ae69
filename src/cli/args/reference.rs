//! Writes `docs/cli.md` from the same model that parses. The test fails when the page is stale;
//! `UPDATE=1 cargo test` writes it anew.

use std::fmt::Write;

use clap::{Arg, Command};

use super::command;
use crate::cli::exit::codes;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md");

fn page() -> String {
  let mut root = command();
  root.build();
  let mut out = String::from(
    "# The command line\n\n\
     Made from the program itself. `cutover VERB --help` says the same on any terminal, without \
     configuration, Docker or lock.\n\n\
     Data goes to stdout, progress and questions to stderr. Questions are asked only when stdin \
     is a terminal; otherwise the command ends with exit code 2 and names the flag that answers.\n",
  );
  out.push_str("\n## Verbs\n\n| verb | does |\n|---|---|\n");
  for verb in verbs(&root) {
    let name = verb.get_name();
    let _ = writeln!(out, "| [`{name}`](#{name}) | {} |", about(verb));
  }
  out.push_str("\n## Flags that work everywhere, before or after the verb\n\n");
  flags(
    &mut out,
    root
      .get_arguments()
      .filter(|arg| arg.is_global_set() || arg.get_id() == "dry_run"),
  );
  out.push_str("\n`-n` is not a dry run after `history`, where it is a number.\n");
  out.push_str("\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
  for (code, meaning) in codes() {
    let _ = writeln!(out, "| {code} | {meaning} |");
  }
  for verb in verbs(&root) {
    section(&mut out, verb, "##", "cutover");
  }
  out
}

fn verbs(of: &Command) -> impl Iterator<Item = &Command> {
  of.get_subcommands().filter(|verb| !verb.is_hide_set())
}

fn about(verb: &Command) -> String {
  verb
    .get_about()
    .map(ToString::to_string)
    .unwrap_or_default()
}

fn section(out: &mut String, verb: &Command, level: &str, parent: &str) {
  let path = format!("{parent} {}", verb.get_name());
  let title = if level == "##" {
    verb.get_name()
  } else {
    &path
  };
  let _ = write!(out, "\n{level} {title}\n\n{}.\n", about(verb));
  let aliases: Vec<String> = verb
    .get_visible_aliases()
    .map(|alias| format!("`{alias}`"))
    .collect();
  if !aliases.is_empty() {
    let _ = write!(out, "\nAlso: {}.\n", aliases.join(", "));
  }
  if verb.has_subcommands() {
    for child in verbs(verb) {
      section(out, child, "###", &path);
    }
    return;
  }
  let _ = write!(out, "\n```text\n{}\n```\n", usage(verb, &path));
  if let Some(example) = verb.get_before_help() {
    let _ = write!(
      out,
      "\n{}\n",
      example.to_string().replace("Example: ", "Example: `") + "`"
    );
  }
  let own: Vec<&Arg> = verb
    .get_arguments()
    .filter(|arg| !arg.is_global_set() && arg.get_id() != "help" && arg.get_id() != "dry_run")
    .collect();
  if !own.is_empty() {
    out.push('\n');
    flags(out, own.into_iter());
  }
}

fn usage(verb: &Command, path: &str) -> String {
  let mut out = path.to_owned();
  for arg in verb
    .get_arguments()
    .filter(|arg| !arg.is_global_set() && arg.get_id() != "help")
  {
    let word = if arg.is_positional() {
      value(arg)
    } else {
      long(arg)
    };
    let _ = if arg.is_required_set() {
      write!(out, " {word}")
    } else {
      write!(out, " [{word}]")
    };
  }
  out
}

fn value(arg: &Arg) -> String {
  arg
    .get_value_names()
    .map(|names| names.join(" "))
    .unwrap_or_default()
}

fn long(arg: &Arg) -> String {
  let name = arg.get_long().unwrap_or_default();
  if arg.get_action().takes_values() {
    format!("--{name} {}", value(arg))
  } else {
    format!("--{name}")
  }
}

fn flags<'a>(out: &mut String, args: impl Iterator<Item = &'a Arg>) {
  out.push_str("| argument | meaning |\n|---|---|\n");
  for arg in args {
    let mut word = if arg.is_positional() {
      value(arg)
    } else {
      long(arg)
    };
    if let Some(short) = arg.get_short() {
      word = format!("-{short}, {word}");
    }
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let default: Vec<String> = arg
      .get_default_values()
      .iter()
      .map(|value| format!("`{}`", value.to_string_lossy()))
      .collect();
    let default = if default.is_empty() || !arg.get_action().takes_values() {
      String::new()
    } else {
      format!(" (default {})", default.join(", "))
    };
    let _ = writeln!(out, "| `{word}` | {help}{default} |");
  }
}

#[test]
fn the_page_about_the_command_line_says_what_the_program_does() {
  let wanted = page();
  if std::env::var_os("UPDATE").is_some() {
    std::fs::write(PAGE, &wanted).expect("docs/cli.md can be written");
  }
  let written = std::fs::read_to_string(PAGE).unwrap_or_default();
  let stale = wanted
    .lines()
    .zip(written.lines())
    .find(|(wanted, written)| wanted != written);
  assert!(
    written == wanted,
    "docs/cli.md is stale, first at {stale:?}: run UPDATE=1 cargo test reference"
  );
}
