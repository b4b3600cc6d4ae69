//! A shell in the selected container; where users are, only after a question.

use crate::{
  model::Slot,
  render::{Page, Tone, words::badge},
  tui::{
    effect::Effect,
    state::{
      app::App,
      ask::{Asking, Consent},
      modal::Modal,
    },
  },
};

pub(super) fn open(app: &mut App) -> Vec<Effect> {
  let slot = app.panel.slot().unwrap_or(Slot::Blue);
  let Some(container) = app.container(slot) else {
    app.say(Tone::Warn, format!("{} has no containers", slot.shout()));
    return Vec::new();
  };
  if !container.is_running() {
    let text = format!("{} is {}: no shell there", container.name, container.state);
    app.say(Tone::Warn, text);
    return Vec::new();
  }
  let (id, name) = (container.id.clone(), container.name.clone());
  // Only what is certainly not live is entered without a question.
  if app.live().slot().is_some_and(|live| live != slot) {
    return vec![Effect::Shell { id, name }];
  }
  let mut page = Page::default();
  page.push(
    Tone::Warn,
    format!(
      "{} is LIVE: what you type there happens to users",
      badge(slot)
    ),
  );
  page.plain(format!("opens a shell in {name}; 'exit' comes back here"));
  let consent = Consent::Shell { id, name };
  let mut asking = Asking::simple("SHELL IN A LIVE CONTAINER", page, consent);
  asking.tone = Tone::Warn;
  app.modals.push(Modal::Ask(Box::new(asking)));
  Vec::new()
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::tui::{msg::Msg, samples::Bench};

  #[test]
  fn the_standby_is_entered_at_once() {
    let mut bench = Bench::new();
    drop(bench.key("1"));
    let effects = bench.key("E");
    assert!(
      matches!(&effects[..], [Effect::Shell { name, .. }] if name == "api-blue"),
      "{effects:?}"
    );
  }

  #[test]
  fn a_live_container_asks_first_and_enter_alone_opens_nothing() {
    let mut bench = Bench::new();
    drop(bench.key("2"));
    assert!(bench.key("E").is_empty());
    assert!(bench.screen(80, 24).contains("[G] GREEN is LIVE"));
    drop(bench.tell(Msg::Painted));
    drop(bench.wait(600));
    assert!(bench.key("enter").is_empty());
    assert!(
      bench.app.modals.is_empty(),
      "Enter leaves everything as it is"
    );

    drop(bench.key("E"));
    drop(bench.tell(Msg::Painted));
    drop(bench.wait(600));
    let mut effects = bench.key("y");
    effects.extend(bench.wait(200));
    assert!(
      matches!(&effects[..], [Effect::Shell { name, .. }] if name == "api-green"),
      "{effects:?}"
    );
  }
}
