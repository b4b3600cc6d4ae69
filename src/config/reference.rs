//! The reference page made of the schema, and the texts a new site starts from.

use std::fmt::Write;

use super::{
  layers::{ui_keys, variable},
  schema::{Groups, Key, Kind, Rule, SHARED, TOP, UI},
};

/// The commented default configuration.
pub const DEFAULT: &str = include_str!("../../assets/default.toml");

/// A worked example for each team's topology, by name.
pub const PROFILES: [(&str, &str); 3] = [
  ("ala", include_str!("../../assets/profiles/ala.toml")),
  (
    "nocturna",
    include_str!("../../assets/profiles/nocturna.toml"),
  ),
  (
    "cryoprotect",
    include_str!("../../assets/profiles/cryoprotect.toml"),
  ),
];

const HEAD: &str = include_str!("../../assets/config-head.md");
const CONSOLE_HEAD: &str = include_str!("../../assets/config-console.md");

/// `docs/config.md`.
pub fn reference() -> String {
  let mut out = HEAD.to_owned();
  out.push_str(
    "\n## Keys that may be set outside the file\n\n| key | environment variable |\n|---|---|\n",
  );
  for key in SHARED {
    let _ = writeln!(out, "| `{key}` | `{}` |", variable(key));
  }
  out.push_str("\n## Keys\n");
  table(&mut out, "Top level", TOP, "");
  out.push('\n');
  out.push_str(CONSOLE_HEAD);
  table(&mut out, "`[ui]`", UI, "ui");
  out.push_str("\n| key | environment variable |\n|---|---|\n");
  for key in ui_keys() {
    let _ = writeln!(out, "| `{key}` | `{}` |", variable(&key));
  }
  out
}

fn table(out: &mut String, title: &str, groups: Groups, path: &str) {
  let rows: Vec<&Key> = groups.iter().flat_map(|group| group.iter()).collect();
  let _ = writeln!(
    out,
    "\n### {title}\n\n| key | type | default | meaning |\n|---|---|---|---|"
  );
  for key in &rows {
    if matches!(key.kind, Kind::Later | Kind::Personal) {
      continue;
    }
    let default = if key.default.is_empty() {
      "–".to_owned()
    } else {
      format!("`{}`", key.default)
    };
    let _ = writeln!(
      out,
      "| `{}` | {} | {default} | {} |",
      key.name,
      kind(&key.kind),
      key.help
    );
  }
  let later: Vec<String> = rows
    .iter()
    .filter(|key| matches!(key.kind, Kind::Later))
    .map(|key| format!("`{}`", key.name))
    .collect();
  if !later.is_empty() {
    let _ = writeln!(
      out,
      "\nKnown by name and refused by this version: {}.",
      later.join(", ")
    );
  }
  for key in rows {
    let inner = if path.is_empty() {
      key.name.to_owned()
    } else {
      format!("{path}.{}", key.name)
    };
    match key.kind {
      // Both slots have the same keys.
      Kind::Table(_) if inner == "slots.green" => {}
      Kind::Table(groups) if inner == "slots.blue" => {
        table(out, "`[slots.blue]` and `[slots.green]`", groups, &inner);
      }
      Kind::Table(groups) => table(out, &format!("`[{inner}]`"), groups, &inner),
      Kind::Tables(groups) => table(out, &format!("`[[{inner}]]`"), groups, &inner),
      Kind::Each(groups) => {
        table(
          out,
          &format!("`[{inner}.NAME]`"),
          groups,
          &format!("{inner}.NAME"),
        );
      }
      _ => {}
    }
  }
}

fn kind(kind: &Kind) -> String {
  match kind {
    Kind::Text(rule) => format!("text{}", holes(*rule)),
    Kind::List(rule) => format!("list of texts{}", holes(*rule)),
    Kind::Texts(rule) => format!("table of texts{}", holes(*rule)),
    Kind::Json(rule) => format!("any value{}", holes(*rule)),
    Kind::Integer { least, most } if least == most => format!("{least}"),
    Kind::Integer { least, most } => format!("integer, {least} to {most}"),
    Kind::Lists => "table of texts or lists of them".into(),
    Kind::WordOrInteger { word, least, most } => {
      format!("`{word}`, or an integer, {least} to {most}")
    }
    Kind::Bool => "`true` or `false`".into(),
    Kind::Duration { .. } => "duration".into(),
    Kind::Share => "share such as `5%`".into(),
    Kind::Port => "port".into(),
    Kind::Choice { built, later } => {
      let mut words: Vec<String> = built.iter().map(|word| format!("`{word}`")).collect();
      if !later.is_empty() {
        words.push(format!("(later: {})", later.join(", ")));
      }
      words.join(" ")
    }
    Kind::Table(_) => "table".into(),
    Kind::Tables(_) => "list of tables".into(),
    Kind::Each(_) => "table of tables".into(),
    Kind::Later | Kind::Personal => String::new(),
  }
}

/// A mark for each kind of hole; explained at the head of the page.
fn holes(rule: Rule) -> &'static str {
  match rule {
    Rule::Fixed => "",
    Rule::Slots => " ◐",
    Rule::Captures => " ↩",
    Rule::SlotsAndCaptures => " ◐ ↩",
  }
}
