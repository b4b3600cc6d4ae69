//! The proposal as a `cutover.toml`: every value below its source, guesses marked, in the order of
//! the reference page.

use std::fmt::Write;

use super::proposal::{InForce, Proposal, Sure, Value};

const ORDER: [&str; 12] = [
  "", "slots", "runtime", "services", "version", "router", "proof", "truth", "retire", "database",
  "smoke", "hooks",
];

/// The whole file.
pub fn text(proposal: &Proposal) -> String {
  let mut out = String::from(
    "# Proposed by 'cutover init' from what it found. Each value stands below its source; what is\n\
     # marked GUESS was not seen and wants your eye. 'cutover rehearse' proves the rest and moves nobody.\n\
     schema = 1\n",
  );
  for top in ORDER {
    let mut tables: Vec<&str> = Vec::new();
    for value in &proposal.values {
      let (table, _) = split(&value.key);
      if table.split(['.', '[']).next() == Some(top) && !tables.contains(&table) {
        tables.push(table);
      }
    }
    tables.sort_by_key(|table| table.matches('.').count());
    for table in tables {
      heading(&mut out, table);
      for value in proposal
        .values
        .iter()
        .filter(|value| split(&value.key).0 == table)
      {
        line(&mut out, value);
      }
    }
  }
  out
}

/// Table and key.
fn split(key: &str) -> (&str, &str) {
  key.rsplit_once('.').unwrap_or(("", key))
}

fn heading(out: &mut String, table: &str) {
  // Writing to a String cannot fail.
  let _ = match table.split_once('[') {
    _ if table.is_empty() => Ok(()),
    Some((list, _)) => writeln!(out, "\n[[{list}]]"),
    None => writeln!(out, "\n[{table}]"),
  };
}

fn line(out: &mut String, value: &Value) {
  let guess = if value.sure == Sure::Guess {
    "GUESS: "
  } else {
    ""
  };
  if !value.source.is_empty() {
    let _ = writeln!(out, "# {guess}{}", value.source.replace('\n', " "));
  }
  let off = if value.in_force == InForce::No {
    "# "
  } else {
    ""
  };
  let _ = writeln!(out, "{off}{} = {}", split(&value.key).1, value.value);
}
