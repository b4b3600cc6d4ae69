//! What the managed file would hold for each slot, and which slot a given text names.
//!
//! A text may carry `{generation}` and `{operation}`: they are filled when it is written and stand
//! for any number when it is recognised. Nothing is ever appended or guessed: a text that is not
//! exactly one slot's names no slot.

use crate::model::{BySlot, Slot};

/// One slot's text with its two placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
  parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
  Text(String),
  Generation,
  Operation,
}

const GENERATION: &str = "{generation}";
const OPERATION: &str = "{operation}";

/// What a text says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::adapters::router) struct Named {
  pub(in crate::adapters::router) slot: Option<Slot>,
  pub(in crate::adapters::router) generation: Option<u64>,
}

/// One place of a text where one slot's template stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
  pub(super) slot: Slot,
  pub(super) from: usize,
  pub(super) to: usize,
  pub(super) generation: Option<u64>,
}

impl Template {
  pub(super) fn new(text: &str) -> Self {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
      let next = [(GENERATION, Part::Generation), (OPERATION, Part::Operation)]
        .into_iter()
        .filter_map(|(word, part)| Some((rest.find(word)?, word.len(), part)))
        .min_by_key(|(at, ..)| *at);
      let Some((at, length, part)) = next else {
        parts.push(Part::Text(rest.to_owned()));
        break;
      };
      let (before, after) = rest.split_at(at);
      if !before.is_empty() {
        parts.push(Part::Text(before.to_owned()));
      }
      parts.push(part);
      rest = after.get(length..).unwrap_or_default();
    }
    Self { parts }
  }

  pub(super) fn fill(&self, generation: u64, operation: u32) -> String {
    self
      .parts
      .iter()
      .map(|part| match part {
        Part::Text(text) => text.clone(),
        Part::Generation => generation.to_string(),
        Part::Operation => operation.to_string(),
      })
      .collect()
  }

  /// Where the template ends when it stands at the start of `text`.
  fn stands_at(&self, text: &str) -> Option<(usize, Option<u64>)> {
    let (mut rest, mut generation) = (text, None);
    for part in &self.parts {
      rest = match part {
        Part::Text(literal) => rest.strip_prefix(literal.as_str())?,
        Part::Generation => {
          let (number, after) = number(rest, GENERATION)?;
          generation = generation.or(number);
          after
        }
        Part::Operation => number(rest, OPERATION)?.1,
      };
    }
    Some((text.len() - rest.len(), generation))
  }
}

/// A number, or the placeholder itself as in a source that was copied by hand.
fn number<'a>(text: &'a str, placeholder: &str) -> Option<(Option<u64>, &'a str)> {
  if let Some(after) = text.strip_prefix(placeholder) {
    return Some((None, after));
  }
  let end = text
    .find(|c: char| !c.is_ascii_digit())
    .unwrap_or(text.len());
  let (digits, after) = text.split_at(end);
  Some((Some(digits.parse().ok()?), after))
}

/// Which slot the whole text is; none when it is neither or when both slots have the same text.
pub(super) fn whole(text: &str, templates: &BySlot<Template>) -> Named {
  let fits = Slot::BOTH.map(|slot| {
    let (end, generation) = templates[slot].stands_at(text)?;
    (end == text.len()).then_some((slot, generation))
  });
  match fits {
    [Some((slot, generation)), None] | [None, Some((slot, generation))] => Named {
      slot: Some(slot),
      generation,
    },
    _ => Named::default(),
  }
}

/// Every place where one slot's text stands. A place inside a longer one of the other slot is not
/// a place of its own, so that `a:1` inside `a:10` counts once.
pub(super) fn places(text: &str, templates: &BySlot<Template>) -> Vec<Place> {
  let mut all = Vec::new();
  for (slot, template) in templates.iter() {
    if template.parts.is_empty() {
      continue;
    }
    for (from, _) in text.char_indices() {
      let here = text.get(from..).unwrap_or_default();
      if let Some((length, generation)) = template.stands_at(here) {
        all.push(Place {
          slot,
          from,
          to: from + length,
          generation,
        });
      }
    }
  }
  all
    .iter()
    .filter(|place| {
      !all.iter().any(|other| {
        other.from <= place.from
          && place.to <= other.to
          && other.to - other.from > place.to - place.from
      })
    })
    .copied()
    .collect()
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  fn pair(blue: &str, green: &str) -> BySlot<Template> {
    BySlot {
      blue: Template::new(blue),
      green: Template::new(green),
    }
  }

  #[test]
  fn a_rendered_text_is_recognised_with_its_generation() {
    let templates = pair(
      "server a:1;\n# blue {generation} {operation}\n",
      "server b:1;\n# green {generation} {operation}\n",
    );
    let text = templates.green.fill(7, 128);
    assert_eq!(text, "server b:1;\n# green 7 128\n");
    assert_eq!(
      whole(&text, &templates),
      Named {
        slot: Some(Slot::Green),
        generation: Some(7)
      }
    );
    assert_eq!(whole(&format!("{text} "), &templates), Named::default());
  }

  #[test]
  fn a_source_copied_by_hand_names_its_slot_without_a_generation() {
    let templates = pair("blue {generation};", "green {generation};");
    assert_eq!(
      whole("blue {generation};", &templates),
      Named {
        slot: Some(Slot::Blue),
        generation: None
      }
    );
  }

  #[test]
  fn the_same_text_for_both_slots_names_none() {
    assert_eq!(whole("same", &pair("same", "same")), Named::default());
  }

  #[test]
  fn a_shorter_text_inside_the_longer_one_is_not_a_second_place() {
    let templates = pair("server app:1", "server app:10");
    let found = places("x server app:10; y", &templates);
    assert_eq!(found.len(), 1);
    assert_eq!(
      (found[0].slot, found[0].from, found[0].to),
      (Slot::Green, 2, 15)
    );
  }

  #[test]
  fn every_place_is_counted() {
    let templates = pair("api-blue:80", "api-green:80");
    assert_eq!(
      places("api-blue:80 api-green:80 api-blue:80", &templates).len(),
      3
    );
    assert_eq!(places("nothing here", &templates), []);
    assert_eq!(places("x", &pair("", "")), []);
  }

  proptest! {
    #[test]
    fn what_was_filled_is_recognised(text in "[a-z {};\n]{0,40}", generation: u64, operation: u32) {
      let templates = pair(&format!("B {text}{{generation}}|{{operation}}"), "G");
      let filled = templates.blue.fill(generation, operation);
      prop_assert_eq!(whole(&filled, &templates).slot, Some(Slot::Blue));
    }

    #[test]
    fn any_text_is_searched_without_failing(text in "\\PC*", blue in "\\PC{0,8}", green in "\\PC{0,8}") {
      let templates = pair(&blue, &green);
      let _ = (whole(&text, &templates), places(&text, &templates));
    }
  }
}
