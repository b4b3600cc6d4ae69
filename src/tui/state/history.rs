//! Every operation of the site, newest first, narrowed to what was searched for.

use crate::{
  model::shown::Shown,
  render::{history, story::Story},
};

#[derive(Debug, Default)]
pub struct History {
  /// `None` until it was asked for and came.
  pub stories: Option<Result<Vec<Story>, Shown>>,
  /// Among those that are shown.
  pub selected: usize,
  wanted: String,
}

impl History {
  pub fn all(&self) -> &[Story] {
    match &self.stories {
      Some(Ok(stories)) => stories,
      Some(Err(_)) | None => &[],
    }
  }

  /// What is shown: every word that was typed stands somewhere in the line, the reason or a note.
  pub fn rows(&self) -> Vec<&Story> {
    let wanted = self.wanted.to_lowercase();
    let words: Vec<&str> = wanted.split_whitespace().collect();
    self
      .all()
      .iter()
      .filter(|story| {
        let text = text(story);
        words.iter().all(|word| text.contains(word))
      })
      .collect()
  }

  pub fn current(&self) -> Option<&Story> {
    self.rows().get(self.selected).copied()
  }

  pub fn wanted(&self) -> &str {
    &self.wanted
  }

  pub fn is_narrowed(&self) -> bool {
    !self.wanted.is_empty()
  }

  pub fn narrow(&mut self, wanted: &str) {
    wanted.clone_into(&mut self.wanted);
    self.selected = 0;
  }

  pub fn step(&mut self, by: isize) {
    let last = self.rows().len().saturating_sub(1);
    self.selected = self.selected.saturating_add_signed(by).min(last);
  }

  /// The same operation stays selected when newer ones come before it.
  pub fn arrived(&mut self, told: Result<Vec<Story>, Shown>) {
    let before = self.current().map(|story| story.order.id);
    self.stories = Some(told);
    let rows = self.rows();
    let same = rows
      .iter()
      .position(|story| Some(story.order.id) == before)
      .filter(|_| self.selected > 0);
    self.selected = same.unwrap_or(0);
  }
}

fn text(story: &Story) -> String {
  let mut text = history::row(story).join(" ");
  let reason = story.order.plan.reason.iter().map(ToString::to_string);
  let notes = story.notes.iter().map(|note| note.text.to_string());
  for more in reason.chain(notes) {
    text.push(' ');
    text.push_str(&more);
  }
  text.to_lowercase()
}
