//! What the scripts beside the site would do to it. They stay where they are when cutover takes
//! over, and somebody runs them at night.
//!
//! `words` knows what a command is, each other file one family of defects. A defect is red when
//! running the script can take users down, or says "done" when it is not.

mod data;
mod files;
mod hands;
mod health;
mod live;
mod proof;
mod reload;
mod state;
mod together;
mod words;
mod write;

use super::{
  compose::{ComposeFile, Service},
  facts::{Texts, joined},
  shell::{Command, Script},
};
use crate::model::finding::{Finding, Place};

pub(super) use files::is_state_file;

/// One script among the texts around it.
struct Case<'a> {
  script: &'a Script,
  texts: &'a Texts<'a>,
}

pub(super) fn findings(texts: &Texts<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  for script in &texts.scripts {
    let case = Case { script, texts };
    found.extend(write::findings(&case));
    found.extend(reload::findings(&case));
    found.extend(proof::findings(&case));
    found.extend(state::findings(&case));
    found.extend(live::findings(&case));
    found.extend(health::findings(&case));
    found.extend(data::findings(&case));
    found.extend(hands::findings(&case));
  }
  found.extend(together::findings(texts));
  found
}

impl<'a> Case<'a> {
  fn commands(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Command)> {
    self.script.commands.iter().enumerate()
  }

  fn after(&self, index: usize) -> impl Iterator<Item = (usize, &'a Command)> {
    self.commands().skip(index + 1)
  }

  fn at(&self, command: &Command) -> Place {
    Place::line(&self.script.path, command.line)
  }

  /// The proxies it may speak of.
  fn proxies(&self) -> Vec<(&'a ComposeFile, &'a Service)> {
    self.texts.proxies_near(&self.script.path)
  }

  /// Where the proxy is reloaded last.
  fn last_reload(&self) -> Option<usize> {
    self
      .commands()
      .rev()
      .find(|(_, command)| words::reload(command).is_some())
      .map(|(index, _)| index)
  }

  /// Every write of a file of the proxy's configuration.
  fn proxy_writes(&self) -> Vec<(usize, &'a Command, files::Write)> {
    self
      .commands()
      .flat_map(|(index, command)| {
        files::writes(command)
          .into_iter()
          .filter(|write| files::is_proxy_file(&write.path))
          .map(move |write| (index, command, write))
      })
      .collect()
  }

  /// Whether it moves users.
  fn switches(&self) -> bool {
    self.last_reload().is_some() && !self.proxy_writes().is_empty()
  }

  /// The paths of the site's folder a word of this script may mean.
  fn paths(&self, word: &str) -> Vec<String> {
    let own = self.script.folder();
    let meant = match word.strip_prefix("@here") {
      Some(rest) => vec![joined(own, rest.trim_start_matches('/'))],
      None => vec![joined("", word), joined(own, word)],
    };
    let root = &self.texts.files.root;
    let below = |path: String| match path.strip_prefix(root.as_str()) {
      Some(rest) if !root.is_empty() => rest.trim_start_matches('/').to_owned(),
      _ => path,
    };
    meant.into_iter().map(below).collect()
  }

  /// What the next command does if this one fails: only says something.
  fn is_swallowed(&self, index: usize) -> bool {
    let next = self.script.commands.get(index + 1);
    next.is_some_and(|next| next.join == super::shell::Join::Or && words::only_says(next))
  }
}
