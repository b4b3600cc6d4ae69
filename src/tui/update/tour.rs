//! The guided tour follows whatever else changed.

use crate::{
  render::Tone,
  tui::{effect::Effect, state::app::App},
};

pub(super) fn advance(app: &mut App) {
  let Some(reached) = app.tour.as_ref().map(|tour| tour.reached(app)) else {
    return;
  };
  if let Some(tour) = &mut app.tour {
    tour.stage = reached;
  }
}

pub(super) fn toggle(app: &mut App) -> Vec<Effect> {
  match &mut app.tour {
    Some(tour) => tour.toggle(),
    None => app.say(Tone::Faint, "the tour is part of cutover demo"),
  }
  Vec::new()
}
