//! `cutover(1)`: one page with every verb, so that `man cutover` and a search in it find all there is.

use std::io;

use clap::Command;
use clap_mangen::{
  Man,
  roff::{Roff, bold, roman},
};

use crate::{
  cli::{args::command, exit},
  config::{schema::SHARED, variable},
};

const FILES: [(&str, &str); 5] = [
  ("cutover.toml", "The site, here or in a folder above."),
  (
    "/etc/cutover/NAME.toml",
    "A site by its name, for --site NAME.",
  ),
  (
    "~/.config/cutover/sites/NAME.toml",
    "The same, for one person; it comes before the machine's.",
  ),
  (
    "/etc/cutover/config.toml, ~/.config/cutover/config.toml",
    "Defaults, and what each person set about the console.",
  ),
  (
    ".cutover/",
    "Beside the site's file: lock, journals, evidence and pins. Everything the site remembers.",
  ),
];

/// In the language of `man`.
pub fn page() -> String {
  let mut out = Vec::new();
  // A vector takes every byte.
  let _ = write(&mut out);
  once(&String::from_utf8_lossy(&out))
}

fn write(out: &mut Vec<u8>) -> io::Result<()> {
  let mut root = command();
  root.build();
  let man = Man::new(root.clone()).manual("Blue/green operations");
  man.render_title(out)?;
  man.render_name_section(out)?;
  man.render_synopsis_section(out)?;
  man.render_description_section(out)?;
  heading("VERBS").to_writer(out)?;
  for verb in shown(&root) {
    section(verb, "cutover", out)?;
  }
  man.render_options_section(out)?;
  rows(
    "EXIT STATUS",
    exit::codes().map(|(code, meaning)| (code.to_string(), meaning.to_owned())),
  )
  .to_writer(out)?;
  rows("ENVIRONMENT", environment()).to_writer(out)?;
  rows(
    "FILES",
    FILES
      .map(|(name, what)| (name.to_owned(), what.to_owned()))
      .into_iter(),
  )
  .to_writer(out)
}

fn shown(of: &Command) -> impl Iterator<Item = &Command> {
  of.get_subcommands().filter(|verb| !verb.is_hide_set())
}

fn section(verb: &Command, parent: &str, out: &mut Vec<u8>) -> io::Result<()> {
  let path = format!("{parent} {}", verb.get_name());
  if verb.has_subcommands() {
    return shown(verb).try_for_each(|inner| section(inner, &path, out));
  }
  let usage = verb.clone().render_usage().to_string();
  let mut roff = Roff::new();
  roff.control("SS", [path.as_str()]);
  roff.text([bold(usage.trim_start_matches("Usage: "))]);
  roff.control("PP", []);
  let about = verb
    .get_about()
    .map(ToString::to_string)
    .unwrap_or_default();
  let also: Vec<&str> = verb.get_visible_aliases().collect();
  let also = if also.is_empty() {
    String::new()
  } else {
    format!(" Also: {}.", also.join(", "))
  };
  roff.text([roman(format!("{about}.{also}"))]);
  if let Some(example) = verb.get_before_help() {
    roff.control("PP", []);
    roff.text([roman(example.to_string())]);
  }
  roff.to_writer(out)?;
  let mut options = Vec::new();
  let own = verb.clone().mut_arg("help", |help| help.hide(true));
  Man::new(own).render_options_section(&mut options)?;
  let options = String::from_utf8_lossy(&options);
  // What works everywhere has a heading of its own, and is said once.
  let own = options.split(".SH EVERYWHERE").next().unwrap_or_default();
  out.extend(own.replace(".SH OPTIONS\n", "").as_bytes());
  Ok(())
}

fn heading(title: &str) -> Roff {
  let mut roff = Roff::new();
  roff.control("SH", [title]);
  roff
}

fn rows(title: &str, rows: impl Iterator<Item = (String, String)>) -> Roff {
  let mut roff = heading(title);
  for (name, meaning) in rows {
    roff.control("TP", []);
    roff.text([bold(name)]);
    roff.text([roman(meaning)]);
  }
  roff
}

fn environment() -> impl Iterator<Item = (String, String)> {
  let own = [
    (
      "CUTOVER_CONFIG",
      "The site's file, where no flag names one.",
    ),
    (
      "CUTOVER_LOG",
      "What a command says about itself on stderr, such as debug.",
    ),
    (
      "NO_COLOR",
      "No color, whatever else is set; bold and underline stay.",
    ),
  ];
  let keys = SHARED
    .iter()
    .map(|key| (variable(key), format!("The key {key} of the site's file.")));
  own
    .map(|(name, what)| (name.to_owned(), what.to_owned()))
    .into_iter()
    .chain(keys)
}

/// Every part begins with the same two lines about apostrophes; the first is enough.
fn once(text: &str) -> String {
  let mut out = String::with_capacity(text.len());
  for (index, line) in text.lines().enumerate() {
    if index < 2 || !(line.starts_with(".ie \\n(.g") || line.starts_with(".el .ds Aq")) {
      out.push_str(line);
      out.push('\n');
    }
  }
  out
}
