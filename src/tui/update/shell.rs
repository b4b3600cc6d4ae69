//! A shell in the selected container, after a question that says whether users are there.

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
  // Only what is certainly not live may be called so.
  let live = app.live().slot().is_none_or(|live| live == slot);
  let mut page = Page::default();
  let (title, tone) = if live {
    page.push(
      Tone::Warn,
      format!(
        "{} is LIVE: what you type there happens to users",
        badge(slot)
      ),
    );
    ("SHELL IN A LIVE CONTAINER", Tone::Warn)
  } else {
    ("SHELL", Tone::Good)
  };
  page.plain(format!("opens a shell in {name}; 'exit' comes back here"));
  let mut asking = Asking::simple(title, page, Consent::Shell { id, name });
  asking.tone = tone;
  app.modals.push(Modal::Ask(Box::new(asking)));
  Vec::new()
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::tui::{msg::Msg, scene::Console};

  fn yes(console: &mut Console) -> Vec<Effect> {
    console.tell(Msg::Painted);
    console.wait(600);
    let mut effects = console.key("y");
    effects.extend(console.wait(200));
    effects
  }

  #[test]
  fn the_question_says_whether_users_are_there() {
    let mut console = Console::quiet();
    assert!(console.text("1E").is_empty());
    assert!(!console.screen(80, 24).contains("happens to users"));
    let effects = yes(&mut console);
    assert!(
      matches!(&effects[..], [Effect::Shell { name, .. }] if name == "api-blue"),
      "{effects:?}"
    );
    assert!(console.text("2E").is_empty());
    assert!(console.screen(80, 24).contains("[G] GREEN is LIVE"));
    let effects = yes(&mut console);
    assert!(
      matches!(&effects[..], [Effect::Shell { name, .. }] if name == "api-green"),
      "{effects:?}"
    );
  }

  #[test]
  fn enter_alone_opens_nothing() {
    let mut console = Console::quiet();
    console.text("2E");
    console.tell(Msg::Painted);
    console.wait(600);
    assert!(console.key("enter").is_empty());
    assert!(console.app.modals.is_empty());
  }
}
