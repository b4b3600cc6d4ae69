//! From a key to an action: the table, changed by the operator's `[keys]`.
//!
//! A clash or an unknown name is an error that shows both places; it never falls back silently.

use std::collections::HashMap;

use super::{
  action::{Action, Effect, Place, TABLE},
  key::Key,
  state::panel::Panel,
};

/// One line of `[keys]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
  pub action: String,
  pub keys: Vec<String>,
  /// `config.toml:12`.
  pub at: String,
}

#[derive(Clone, Debug)]
pub struct Keymap {
  found: HashMap<(Place, Key), Action>,
  keys: HashMap<Action, Vec<Key>>,
}

impl Default for Keymap {
  fn default() -> Self {
    Self::build(&[]).unwrap_or_else(|_| Self {
      found: HashMap::new(),
      keys: HashMap::new(),
    })
  }
}

const PLACES: [Place; 4] = [
  Place::Environment,
  Place::Logs,
  Place::Lists,
  Place::Everywhere,
];

impl Keymap {
  /// The table with the operator's keys in place of the default ones; all faults at once.
  pub fn build(settings: &[Setting]) -> Result<Self, Vec<String>> {
    let mut faults = Vec::new();
    let mut keys: HashMap<Action, (Vec<Key>, String)> = TABLE
      .iter()
      .map(|row| (row.action, (row.keys.to_vec(), "the default".to_owned())))
      .collect();
    for setting in settings {
      let Some(action) = Action::named(&setting.action) else {
        faults.push(format!(
          "{}: there is no action '{}'{}",
          setting.at,
          setting.action,
          suggestion(&setting.action)
        ));
        continue;
      };
      let mut given = Vec::new();
      for text in &setting.keys {
        match text.parse::<Key>() {
          Ok(key) => given.push(key),
          Err(why) => faults.push(format!("{}: {why}", setting.at)),
        }
      }
      if action.row().effect == Effect::Changes
        && let Some(key) = given.iter().find(|key| !may_change(**key))
      {
        faults.push(format!(
          "{}: '{key}' cannot be the key of {}: what changes the site is a capital letter or a \
           function key",
          setting.at, setting.action
        ));
      }
      keys.insert(action, (given, setting.at.clone()));
    }
    let mut found: HashMap<(Place, Key), Action> = HashMap::new();
    for row in TABLE {
      let (own, at) = &keys[&row.action];
      for key in own {
        let others = PLACES
          .into_iter()
          .filter(|place| overlap(*place, row.place))
          .filter_map(|place| found.get(&(place, *key)));
        for other in others {
          faults.push(format!(
            "'{key}' means both {} ({at}) and {} ({})",
            row.id,
            other.row().id,
            keys[other].1
          ));
        }
        found.insert((row.place, *key), row.action);
      }
    }
    if !faults.is_empty() {
      return Err(faults);
    }
    Ok(Self {
      found,
      keys: keys
        .into_iter()
        .map(|(action, (keys, _))| (action, keys))
        .collect(),
    })
  }

  pub fn action(&self, panel: Panel, key: Key) -> Option<Action> {
    PLACES
      .into_iter()
      .filter(|place| place.has(panel))
      .find_map(|place| self.found.get(&(place, key)).copied())
  }

  /// The first key of an action, for the footer and the help.
  pub fn key(&self, action: Action) -> Option<Key> {
    self
      .keys
      .get(&action)
      .and_then(|keys| keys.first().copied())
  }

  pub fn keys(&self, action: Action) -> &[Key] {
    self.keys.get(&action).map_or(&[], Vec::as_slice)
  }
}

/// Whether one panel can be both places.
fn overlap(one: Place, other: Place) -> bool {
  one == other || one == Place::Everywhere || other == Place::Everywhere
}

fn may_change(key: Key) -> bool {
  use super::key::Code;
  !key.ctrl && !key.alt && matches!(key.code, Code::Char(c) if c.is_ascii_uppercase())
    || matches!(key.code, Code::F(_))
}

fn suggestion(id: &str) -> String {
  TABLE
    .iter()
    .map(|row| (strsim::jaro_winkler(id, row.id), row.id))
    .filter(|(score, _)| *score > 0.75)
    .max_by(|one, other| one.0.total_cmp(&other.0))
    .map_or_else(String::new, |(_, id)| format!(": did you mean '{id}'?"))
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::model::Slot;

  fn setting(action: &str, keys: &[&str]) -> Setting {
    Setting {
      action: action.into(),
      keys: keys.iter().map(|&key| key.to_owned()).collect(),
      at: "config.toml:7".into(),
    }
  }

  #[test]
  fn the_table_has_no_clash_and_every_key_leads_to_its_action() {
    let keymap = Keymap::build(&[]).unwrap();
    for row in TABLE {
      let panel = match row.place {
        Place::Logs => Panel::Log(Slot::Blue),
        Place::Lists => Panel::History,
        Place::Environment | Place::Everywhere => Panel::Environment(Slot::Blue),
      };
      for key in row.keys {
        assert_eq!(keymap.action(panel, *key), Some(row.action), "{key}");
      }
    }
  }

  #[test]
  fn the_same_key_may_mean_two_things_in_two_panels() {
    let keymap = Keymap::default();
    let key = Key::char(']');
    assert_eq!(
      keymap.action(Panel::Log(Slot::Green), key),
      Some(Action::NextSource)
    );
    assert_eq!(
      keymap.action(Panel::Environment(Slot::Green), key),
      Some(Action::NextService)
    );
    assert_eq!(keymap.action(Panel::History, key), None);
  }

  #[test]
  fn a_remapped_key_replaces_the_default_ones() {
    let keymap = Keymap::build(&[setting("zoom", &["x", "f2"])]).unwrap();
    let panel = Panel::Operation;
    assert_eq!(keymap.action(panel, Key::char('x')), Some(Action::Zoom));
    assert_eq!(keymap.action(panel, Key::char('z')), None);
    assert_eq!(keymap.key(Action::Zoom), Some(Key::char('x')));
  }

  #[test]
  fn a_clash_names_both_places_and_an_unknown_action_what_was_meant() {
    let faults = Keymap::build(&[
      setting("zoom", &["R"]),
      setting("rolback", &["F5"]),
      setting("switch", &["hyper-s"]),
      setting("deploy", &["d"]),
    ])
    .unwrap_err();
    let all = faults.join("\n");
    assert!(all.contains("'R' means both zoom (config.toml:7) and rollback (the default)"));
    assert!(all.contains("no action 'rolback': did you mean 'rollback'?"));
    assert!(all.contains("'hyper-s' is not a key"));
    assert!(all.contains("'d' cannot be the key of deploy"));
  }
}
