//! What the managed file would say for a slot, and how that differs from now.

use super::{
  Located, Managed,
  content::{self, Template},
  current::is_missing,
  disk,
};
use crate::{
  config::SwitchFile,
  engine::ports::PortError,
  model::{
    BySlot, Slot,
    operation::OperationId,
    router::{FileContent, NextFile},
    text_diff,
  },
};

impl Managed {
  pub(in crate::adapters::router) fn next_file(
    &self,
    located: &Located,
    slot: Slot,
    generation: u64,
    operation: OperationId,
  ) -> Result<NextFile, PortError> {
    let (hash, content) = match &self.site.router.switch {
      SwitchFile::Link { from, .. } => {
        let target = self.relative(located, &from[slot])?;
        let bytes = disk::read(&from[slot]).map_err(|error| {
          self.wrong(format!(
            "its source for {slot}, {}: {error}",
            from[slot].display()
          ))
        })?;
        (disk::link_hash(&target, &bytes), FileContent::Link(target))
      }
      kind => {
        let templates = self.templates()?;
        let mut text = templates[slot].fill(generation, operation.0);
        if matches!(kind, SwitchFile::Edit { .. }) {
          text = self.edited(located, &templates, &text)?;
        }
        (disk::hash(text.as_bytes()), FileContent::Text(text))
      }
    };
    Ok(NextFile {
      slot,
      generation,
      hash,
      content,
    })
  }

  /// The present text with every place that names a slot replaced. Places that name different
  /// slots are two truths in one file, and not for a switch to settle.
  fn edited(
    &self,
    located: &Located,
    templates: &BySlot<Template>,
    by: &str,
  ) -> Result<String, PortError> {
    let Some(FileContent::Text(text)) = self.current(located)?.content else {
      return Err(self.wrong("it is not text"));
    };
    let places = content::places(&text, templates);
    let Some(first) = places.first() else {
      return Err(self.wrong("it contains neither slot's text: put in that of the live slot"));
    };
    if places.iter().any(|place| place.slot != first.slot) {
      return Err(
        self.wrong("it contains the texts of both slots: leave only that of the live slot"),
      );
    }
    let mut edited = String::with_capacity(text.len());
    let mut from = 0;
    for place in &places {
      edited.push_str(text.get(from..place.from).unwrap_or_default());
      edited.push_str(by);
      from = place.to;
    }
    edited.push_str(text.get(from..).unwrap_or_default());
    Ok(edited)
  }

  /// A unified diff of the file against `next`.
  pub(in crate::adapters::router) fn diff(
    &self,
    located: &Located,
    next: &NextFile,
  ) -> Result<Vec<String>, PortError> {
    let text = |content: &FileContent| match content {
      FileContent::Text(text) => text.clone(),
      FileContent::Link(target) => format!("link to {target}\n"),
      FileContent::Absent => String::new(),
    };
    let before = if is_missing(&located.path) {
      String::new()
    } else {
      let current = self.current(located)?;
      current.content.as_ref().map(text).unwrap_or_default()
    };
    Ok(text_diff::unified(
      &self.shown(),
      &before,
      &text(&next.content),
    ))
  }
}
