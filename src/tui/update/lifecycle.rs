//! Start, stop and restart: of a slot, or of the service that is selected there. What is live is
//! offered last and asks for more than a key.

use super::list;
use crate::{
  engine::{Intent, intent::Force},
  model::Slot,
  tui::{
    effect::Effect,
    state::{
      app::App,
      modal::{Choice, Does, Searchable},
    },
  },
};

pub(super) fn open(app: &mut App) -> Vec<Effect> {
  let slot = app.panel.slot().unwrap_or(Slot::Blue);
  let selected = app
    .container(slot)
    .map(|container| container.service.clone());
  let mut all = Vec::new();
  if let Some(service) = selected {
    all.extend(rows(slot, Some(&service)));
  }
  all.extend(rows(slot, None));
  all.extend(rows(slot.other(), None));
  list::choose(app, "START / STOP / RESTART", all, Searchable::No);
  Vec::new()
}

fn rows(slot: Slot, service: Option<&String>) -> [Choice; 3] {
  let what = service.map_or_else(
    || slot.shout().to_owned(),
    |service| format!("{service} of {}", slot.shout()),
  );
  let service = service.cloned();
  let row = |verb: &str, help: &str, intent| Choice {
    key: None,
    name: format!("{verb} {what}"),
    help: help.to_owned(),
    does: Does::Plan(intent),
    why_not: None,
  };
  [
    row(
      "restart",
      "the same containers; its tests are void",
      Intent::Restart {
        slot,
        service: service.clone(),
        force: Force::No,
      },
    ),
    row(
      "stop",
      "after draining; the containers are kept",
      Intent::Stop {
        slot,
        service: service.clone(),
        force: Force::No,
      },
    ),
    row(
      "start",
      "existing containers; never creates any",
      Intent::Start { slot, service },
    ),
  ]
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::tui::scene::Console;

  #[test]
  fn the_selected_service_is_offered_first_and_every_choice_is_only_planned() {
    let mut console = Console::quiet();
    console.text("1jX");
    let screen = console.screen(100, 30);
    assert!(screen.contains("restart frontend of BLUE"), "{screen}");
    assert!(screen.contains("stop GREEN"), "{screen}");
    let effects = console.key("enter");
    let [Effect::Plan { intent, .. }] = &effects[..] else {
      panic!("{effects:?}");
    };
    assert_eq!(
      *intent,
      Intent::Restart {
        slot: Slot::Blue,
        service: Some("frontend".into()),
        force: Force::No,
      }
    );
  }
}
