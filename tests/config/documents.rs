//! What the documents tell people to type, given to the program's own parser; and where their links
//! lead. Each is typed for real by `tests/pty/documents.rs`.

use cutover::{cli::args, model::operation::Outcome};

use std::path::Path;

use crate::pages::{pages, read, root};

/// Words that stand for something of the reader's, and one that may stand there.
const STAND_FOR: [(&str, &str); 12] = [
  ("SLOT", "green"),
  ("THAT-SLOT", "green"),
  ("SERVICE", "api"),
  ("V", "1.4.2"),
  ("VERSION", "1.4.2"),
  ("N", "128"),
  ("NAME", "ala"),
  ("FILE", "backup.sql"),
  ("TEXT", "fine"),
  ("VERB", "status"),
  ("SHELL", "bash"),
  ("ID", "1a2b"),
];

/// The simple commands of one line: split where a shell would, comments left out.
fn commands(line: &str) -> Vec<Vec<String>> {
  let words = shell_words::split(line).unwrap_or_else(|error| panic!("{line}: {error}"));
  words
    .split(|word| matches!(word.as_str(), "|" | "||" | "&&" | ";" | ">"))
    .map(<[String]>::to_vec)
    .collect()
}

/// `cutover` wherever it stands: alone, behind `ssh -t vm`, with its path, or run by cargo.
fn understood(words: &[String]) -> Result<(), String> {
  let by_cargo = words.starts_with(&["cargo".to_owned(), "run".to_owned()]);
  let at = if by_cargo {
    words.iter().position(|word| word == "--")
  } else {
    words
      .iter()
      .position(|word| word == "cutover" || word.ends_with("release/cutover"))
  };
  let Some(at) = at else {
    return Ok(());
  };
  let stand = |word: &String| {
    let known = STAND_FOR.iter().find(|(name, _)| name == word);
    known.map_or_else(|| word.clone(), |(_, value)| (*value).to_owned())
  };
  match args::parse(words[at..].iter().map(stand)) {
    Ok(_) => Ok(()),
    Err(stop) if stop.outcome == Outcome::Done => Ok(()),
    Err(stop) => Err(stop.text),
  }
}

/// A script of this repository that a document names is there.
fn is_there(words: &[String]) -> bool {
  let Some(first) = words.first() else {
    return true;
  };
  let ours = ["tests/", ".ci/", "assets/"]
    .iter()
    .any(|folder| first.starts_with(folder));
  !ours || root().join(first).exists()
}

#[test]
fn every_command_in_the_documents_is_one_the_program_understands() {
  let (mut wrong, mut tried) = (Vec::new(), 0);
  for (path, text) in pages() {
    let page = read(&text);
    let spans = page
      .spans
      .into_iter()
      .filter(|(_, span)| span.starts_with("cutover "));
    for (number, line) in page.shell.into_iter().chain(spans) {
      for words in commands(&line) {
        tried += 1;
        let place = format!("{}:{number}", path.display());
        if let Err(why) = understood(&words) {
          wrong.push(format!("{place}: {line}\n{why}"));
        }
        if !is_there(&words) {
          wrong.push(format!("{place}: {} does not exist", words[0]));
        }
      }
    }
  }
  assert!(wrong.is_empty(), "{}", wrong.join("\n"));
  assert!(tried > 150, "only {tried} commands were found");
}

#[test]
fn every_link_and_every_test_named_in_the_documents_leads_somewhere() {
  let mut wrong = Vec::new();
  for (path, text) in pages() {
    let page = read(&text);
    let folder = path.parent().expect("a folder");
    for (number, link) in page.links {
      let target = link.split('#').next().unwrap_or_default();
      if !target.is_empty() && !target.contains("://") && !folder.join(target).exists() {
        wrong.push(format!("{}:{number}: {link}", path.display()));
      }
    }
    for (number, span) in page.spans {
      let file = ["tests/", "src/"].iter().any(|at| span.starts_with(at))
        && Path::new(&span)
          .extension()
          .is_some_and(|ends| ends == "rs");
      if file && !root().join(&span).exists() {
        wrong.push(format!("{}:{number}: {span}", path.display()));
      }
    }
  }
  assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_command_that_no_longer_exists_would_be_found() {
  for line in [
    "cutover swich green",
    "ssh -t vm cutover rollback --now",
    "cutover status | cutover history --all",
    "cargo run --release -- dmeo",
  ] {
    let all = commands(line);
    assert!(all.iter().any(|words| understood(words).is_err()), "{line}");
  }
}
