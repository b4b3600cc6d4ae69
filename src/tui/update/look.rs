//! Pages about what is selected: one container, and live against standby.

use crate::{
  model::Slot,
  render::{self, Page, Tone},
  tui::{
    effect::Effect,
    state::{
      app::App,
      modal::{Modal, Reading},
    },
  },
};

pub(super) fn inspect(app: &mut App) -> Vec<Effect> {
  let slot = app.panel.slot().unwrap_or(Slot::Blue);
  let Some(container) = app.container(slot) else {
    app.say(Tone::Faint, format!("{} has no containers", slot.shout()));
    return Vec::new();
  };
  let pins = app
    .seen
    .as_ref()
    .and_then(|seen| seen.slots[slot].pins.as_ref());
  let page = render::inspect::page(slot, container, pins, &app.eyes());
  read(app, "INSPECT", page)
}

pub(super) fn diff(app: &mut App) -> Vec<Effect> {
  let Some(seen) = &app.seen else {
    return Vec::new();
  };
  let page = render::diff::page(seen, &app.eyes());
  read(app, "LIVE AGAINST STANDBY", page)
}

/// A health check may print what it was called with: the site's secrets are masked here too.
fn read(app: &mut App, title: &str, mut page: Page) -> Vec<Effect> {
  for line in &mut page.0 {
    line.text = app.site.secrets.mask(&line.text);
  }
  app.modals.push(Modal::Read(Reading {
    title: title.to_owned(),
    page,
    ..Reading::default()
  }));
  Vec::new()
}

#[cfg(test)]
mod tests {
  use crate::{model::Known, render::samples, tui::scene::Console};

  #[test]
  fn i_tells_about_the_selected_container_and_d_about_both_slots() {
    let mut console = Console::quiet();
    console.text("2ji");
    assert!(
      console
        .screen(100, 40)
        .contains("frontend-green  frontend of [G] GREEN")
    );
    console.text("qd");
    assert!(console.screen(100, 40).contains("LIVE AGAINST STANDBY"));
    assert!(console.screen(100, 40).contains("GREEN  2.0.0"));
  }

  #[test]
  fn a_secret_in_what_a_health_check_said_is_masked() {
    let mut seen = samples::observation();
    let mut containers = seen.slots.green.containers().to_vec();
    containers[0].health_output = Some("curl -u app:hunter22 failed".into());
    seen.slots.green.containers = Known::yes(containers, samples::before(2));
    let mut console = Console::over(seen);
    console.secret("hunter22");
    console.text("2i");
    let screen = console.screen(100, 40);
    assert!(screen.contains("curl -u app:********"), "{screen}");
    assert!(!screen.contains("hunter22"));
  }
}
