//! What lies over the dashboard. Modals are a stack of values: the topmost has the keys.

use tui_input::Input;

use super::{
  ask::{Asking, Ticket},
  deploy::Deploying,
};
use crate::{engine::confirm::Why, render::Page};

#[derive(Debug)]
pub enum Modal {
  /// A plan is being made; any key goes back.
  Planning {
    ticket: Ticket,
    what: String,
  },
  Ask(Box<Asking>),
  /// Text to read: a refusal, help, details.
  Read(Reading),
  /// One line to type.
  Write(Writing),
  /// What to deploy.
  Deploy(Box<Deploying>),
  /// Choose one of several.
  Choose(Choosing),
}

#[derive(Debug, Default)]
pub struct Reading {
  pub title: String,
  pub page: Page,
  pub scroll: usize,
  /// The page is still on its way.
  pub ticket: Option<Ticket>,
  /// What Tab asks for instead.
  pub otherwise: Option<crate::engine::Intent>,
}

/// What a written line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
  Note,
  Search,
  Filter,
  /// Narrows the history as it is typed.
  HistoryFilter,
}

#[derive(Debug)]
pub struct Writing {
  pub title: String,
  pub label: String,
  pub purpose: Purpose,
  pub input: Input,
}

/// One row to choose, with the reason why it cannot be chosen now.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
  pub key: Option<String>,
  pub name: String,
  pub help: String,
  pub does: Does,
  pub why_not: Option<String>,
}

/// What a choice leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Does {
  Action(crate::tui::action::Action),
  Plan(crate::engine::Intent),
  /// Tells more about this action; never does it.
  Explain(crate::tui::action::Action),
  /// Shown only.
  Nothing,
}

#[derive(Debug)]
pub struct Choosing {
  pub title: String,
  pub input: Input,
  pub all: Vec<Choice>,
  pub selected: usize,
  /// Typing narrows the list.
  pub searchable: Searchable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Searchable {
  Yes,
  No,
}

impl Choosing {
  /// Rows that match what was typed, best first: every letter in order, early and together.
  pub fn rows(&self) -> Vec<&Choice> {
    let wanted = self.input.value().to_lowercase();
    if wanted.is_empty() {
      return self.all.iter().collect();
    }
    let mut found: Vec<(usize, usize, &Choice)> = self
      .all
      .iter()
      .enumerate()
      .filter_map(|(index, choice)| {
        let name = score(&choice.name.to_lowercase(), &wanted);
        let help = score(&choice.help.to_lowercase(), &wanted).map(|score| score + 1_000);
        let best = name.into_iter().chain(help).min()?;
        Some((best, index, choice))
      })
      .collect();
    found.sort_by_key(|(score, index, _)| (*score, *index));
    found.into_iter().map(|(_, _, choice)| choice).collect()
  }

  pub fn current(&self) -> Option<&Choice> {
    self.rows().get(self.selected).copied()
  }
}

/// How far apart the letters of `wanted` lie in `text`; smaller is better, `None` is no match.
fn score(text: &str, wanted: &str) -> Option<usize> {
  let mut letters = text.char_indices();
  let mut first = None;
  let mut last = 0;
  for want in wanted.chars().filter(|c| !c.is_whitespace()) {
    let (at, _) = letters.find(|(_, letter)| *letter == want)?;
    first.get_or_insert(at);
    last = at;
  }
  let first = first?;
  Some((last - first) * 4 + first)
}

/// Why a question was closed without a yes, for the line below.
pub fn closed(why: Why) -> String {
  format!("nothing was changed: {why}")
}

#[cfg(test)]
mod tests {
  use super::*;

  fn choosing(typed: &str) -> Choosing {
    let choice = |name: &str, help: &str| Choice {
      key: None,
      name: name.into(),
      help: help.into(),
      does: Does::Nothing,
      why_not: None,
    };
    Choosing {
      title: String::new(),
      input: typed.into(),
      all: vec![
        choice("restore", "load a backup"),
        choice("rollback", "send users back"),
        choice("follow", "the newest line"),
      ],
      selected: 0,
      searchable: Searchable::Yes,
    }
  }

  #[test]
  fn typing_narrows_to_what_has_the_letters_in_order_best_first() {
    let names = |typed: &str| -> Vec<String> {
      choosing(typed)
        .rows()
        .iter()
        .map(|choice| choice.name.clone())
        .collect()
    };
    assert_eq!(names(""), ["restore", "rollback", "follow"]);
    assert_eq!(names("roll"), ["rollback"]);
    assert_eq!(names("back"), ["rollback", "restore"]);
    assert!(names("xyz").is_empty());
  }
}
