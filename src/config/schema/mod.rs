//! THE table of keys: one row each, with its type, default and meaning.
//!
//! `TOP` is a site's file, `CONSOLE` what each person may set in a defaults file. `shape` checks a
//! file against them, `reference` makes `docs/config.md` of them. A key that is not
//! here does not exist; what the design names and this version lacks is here too, to be refused
//! by name instead of ignored.

#[rustfmt::skip]
mod keys;

pub use keys::{CONSOLE, TOP, UI};

pub use super::template::Rule;
use Kind::{Choice, Each, Table, Tables};

#[derive(Debug)]
pub struct Key {
  pub name: &'static str,
  pub kind: Kind,
  /// As written in the file; empty when there is none.
  pub default: &'static str,
  pub help: &'static str,
}

#[derive(Debug)]
pub enum Kind {
  Text(Rule),
  /// Texts in order.
  List(Rule),
  /// Names to texts.
  Texts(Rule),
  /// Any name to a text, or to texts in order.
  Lists,
  /// Any value; a table of them where a table is asked for.
  Json(Rule),
  Integer {
    least: i64,
    most: i64,
  },
  /// An integer, or this word in quotes.
  WordOrInteger {
    word: &'static str,
    least: i64,
    most: i64,
  },
  Bool,
  /// `"15s"`, at least so many milliseconds.
  Duration {
    least: u64,
  },
  /// `"5%"`.
  Share,
  /// An integer, or a text holding one.
  Port,
  /// One of `built`; `later` are known by name only.
  Choice {
    built: &'static [&'static str],
    later: &'static [&'static str],
  },
  Table(Groups),
  /// `[[name]]`.
  Tables(Groups),
  /// `[name.ANY]`.
  Each(Groups),
  /// Named by the design and not built.
  Later,
  /// Each person's own, for a defaults file: refused in a site's.
  Personal,
}

/// Rows of one table, in groups so that tables can share them.
pub type Groups = &'static [&'static [Key]];

const fn key(name: &'static str, kind: Kind, default: &'static str, help: &'static str) -> Key {
  Key {
    name,
    kind,
    default,
    help,
  }
}

const fn built(built: &'static [&'static str], later: &'static [&'static str]) -> Kind {
  Choice { built, later }
}

/// Keys which a defaults file (`/etc/cutover/config.toml`), an environment variable such as
/// `CUTOVER_DEPLOY_GATE` or a flag may set. None of them chooses what is acted upon, nor the state
/// folder: two operators with two state folders would hold two locks on one site.
pub const SHARED: [&str; 8] = [
  "state_group",
  "proof.samples",
  "proof.over",
  "retire.drain",
  "retire.after",
  "deploy.gate",
  "deploy.evidence",
  "deploy.on_failure",
];

/// The row of `name` in these groups.
pub(super) fn row(groups: Groups, name: &str) -> Option<&'static Key> {
  groups
    .iter()
    .flat_map(|group| group.iter())
    .find(|key| key.name == name)
}

/// The row a dotted path leads to, such as `services.api.check.url`; `[0]` is passed over.
pub(super) fn find(path: &str) -> Option<&'static Key> {
  [TOP, CONSOLE]
    .into_iter()
    .find_map(|groups| find_in(groups, path))
}

fn find_in(mut groups: Groups, path: &str) -> Option<&'static Key> {
  let mut any = false;
  let mut found = None;
  for part in path.split('.') {
    let part = part.split('[').next().unwrap_or(part);
    if any {
      any = false;
      continue;
    }
    let key = row(groups, part)?;
    found = Some(key);
    (groups, any) = match &key.kind {
      Table(inner) | Tables(inner) => (*inner, false),
      Each(inner) => (*inner, true),
      _ => (&[] as Groups, false),
    };
  }
  found
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn shared_keys_exist_and_paths_lead_through_named_tables() {
    for path in SHARED {
      assert!(find(path).is_some(), "{path}");
    }
    assert_eq!(
      find("services.api.check.url").map(|key| key.name),
      Some("url")
    );
    assert_eq!(
      find("smoke[3].expect.status").map(|key| key.name),
      Some("status")
    );
    assert_eq!(find("ui.theme").map(|key| key.default), Some("default"));
    assert!(find("services.api.chek").is_none());
  }
}
