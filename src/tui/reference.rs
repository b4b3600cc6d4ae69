//! Writes `docs/keys.md` from the table that the dispatcher reads, and `docs/screens/` from the
//! screens. The tests fail when they are stale; `UPDATE=1 cargo test reference` writes them anew.

use std::fmt::Write;

use super::{
  action::{Effect, Group, TABLE},
  view::tests::pictures,
};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
const SCREENS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/screens");
/// A picture is read over slow lines too.
const MOST_BYTES: usize = 60_000;

fn page() -> String {
  let mut out = String::from(
    "# The keys of the console\n\n\
     Made from the program's own table. `?` shows the keys of the panel you are in, `:` finds any \
     action by name and says why it is not possible now.\n\n\
     What changes the site is a capital letter and opens a dialog; no other key, no click and no \
     paste changes anything. In a dialog Enter alone never says yes.\n",
  );
  for group in Group::ALL {
    let word = group.word();
    let _ = write!(
      out,
      "\n## {}{}\n\n| key | name | where | does |\n|---|---|---|---|\n",
      &word[..1],
      word[1..].to_lowercase()
    );
    for row in TABLE.iter().filter(|row| row.group == group) {
      let keys: Vec<String> = row.keys.iter().map(|key| format!("`{key}`")).collect();
      let keys = if keys.is_empty() {
        format!("`:{}`", row.id)
      } else {
        keys.join(" ")
      };
      let changes = match row.effect {
        Effect::Changes => " **Asks first.**",
        Effect::Looks => "",
      };
      let _ = writeln!(
        out,
        "| {keys} | `{}` | {} | {}{changes} |",
        row.id,
        row.place.word(),
        row.help
      );
    }
  }
  out.push_str(
    "\n## Your own keys\n\n\
     In your own configuration (see [config.md](config.md)) each name above can be given other \
     keys; they take the place of the ones in the table:\n\n\
     ```toml\n[keys]\nzoom = \"f2\"\nrefresh = [\"r\", \"f5\"]\nmouse = \"ctrl-x\"\n```\n\n\
     A key is written as it is shown here: `R`, `ctrl-d`, `f1`, `space`, `pgdn`, `shift-tab`. What \
     changes the site can only be a capital letter or a function key, and always opens its dialog. \
     One key for two actions of one panel is a fault that names both lines; nothing falls back \
     silently.\n",
  );
  out
}

fn kept(path: &str, wanted: &str) {
  if std::env::var_os("UPDATE").is_some() {
    std::fs::write(path, wanted).expect("the documents can be written");
  }
  let written = std::fs::read_to_string(path).unwrap_or_default();
  assert!(
    written == wanted,
    "{path} is stale: run UPDATE=1 cargo test reference"
  );
}

#[test]
fn the_page_about_the_keys_says_what_the_table_says() {
  kept(PAGE, &page());
}

#[test]
fn the_pictures_of_the_documents_show_the_screens_as_they_are() {
  for (name, picture) in pictures::all() {
    assert!(picture.len() < MOST_BYTES, "{name}: {}", picture.len());
    kept(&format!("{SCREENS}/{name}.svg"), &picture);
  }
}
