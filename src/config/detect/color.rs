//! Color words in names, and the one template that stands for both slots' names.

use crate::model::{BySlot, Slot};

/// The slot a name speaks of, with the name's template; none when it names both or neither.
pub(super) fn of(name: &str) -> Option<(Slot, String)> {
  let has = |slot: Slot| name.contains(slot.name()) || name.contains(slot.shout());
  let slot = match Slot::BOTH.map(has) {
    [true, false] => Slot::Blue,
    [false, true] => Slot::Green,
    _ => return None,
  };
  Some((slot, template(name, slot)))
}

/// The name with the slot's word replaced.
pub(super) fn template(name: &str, slot: Slot) -> String {
  name
    .replace(slot.name(), "{color}")
    .replace(slot.shout(), "{COLOR}")
}

/// The one template of two texts, when they differ in nothing but the slot's word.
pub(super) fn pair(texts: &BySlot<String>) -> Option<String> {
  let made = template(&texts.blue, Slot::Blue);
  (texts.blue != texts.green && made == template(&texts.green, Slot::Green)).then_some(made)
}

/// The template filled for a slot.
pub(super) fn filled(template: &str, slot: Slot) -> String {
  template
    .replace("{color}", slot.name())
    .replace("{COLOR}", slot.shout())
}

/// What is left of a template without its color: the key of a service.
pub(super) fn stem(template: &str) -> String {
  let bare = template.replace("{color}", "").replace("{COLOR}", "");
  let parts: Vec<&str> = bare
    .split(|c: char| !c.is_ascii_alphanumeric())
    .filter(|part| !part.is_empty())
    .collect();
  if parts.is_empty() {
    "app".to_owned()
  } else {
    parts.join("-").to_lowercase()
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_name_has_one_color_or_none() {
    assert_eq!(of("api-blue"), Some((Slot::Blue, "api-{color}".to_owned())));
    assert_eq!(
      of("GREEN_VERSION"),
      Some((Slot::Green, "{COLOR}_VERSION".to_owned()))
    );
    assert_eq!(of("docker-compose.blue-green.yml"), None);
    assert_eq!(of("proxy"), None);
    assert_eq!(stem("nocturna-api-{color}"), "nocturna-api");
    assert_eq!(stem("{color}"), "app");
  }
}
