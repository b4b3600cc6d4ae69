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

#[cfg(test)]
mod tests {
  use unicode_width::UnicodeWidthStr;

  use crate::{
    model::served::Served,
    tui::{
      msg::Msg,
      scene::{Console, at_the_gate, gated},
      state::tour::{Script, Stage, Tour},
    },
  };

  fn guided() -> Console {
    let mut console = Console::quiet();
    console.app.tour = Some(Tour::new(Script {
      good: "2.1.0",
      refused: "2.2.0",
      wears_out: "2.3.0",
    }));
    console
  }

  fn stage(console: &Console) -> Stage {
    console.app.tour.as_ref().unwrap().stage
  }

  #[test]
  fn it_moves_on_by_what_is_seen_and_never_by_keys_or_time() {
    let mut console = guided();
    for key in ["D", "esc", "S", "esc", "R", "esc", "3", "1"] {
      console.press(key);
    }
    console.wait(3_600_000);
    assert_eq!(stage(&console), Stage::Deploy);
    let mut console = guided();
    assert!(console.screen(80, 24).contains("Press D, type 2.1.0"));
    console.follows(gated(), at_the_gate());
    assert_eq!(stage(&console), Stage::Switch);
    assert!(console.screen(80, 24).contains("Press S, type blue"));
  }

  #[test]
  fn it_covers_neither_header_nor_keys_nor_a_question_and_one_key_hides_it() {
    for (width, height) in [(80, 24), (160, 45)] {
      let mut console = guided();
      let plain = Console::quiet().screen(width, height);
      let rows = |screen: &str| screen.lines().map(str::to_owned).collect::<Vec<_>>();
      let before = rows(&plain);
      let with = rows(&console.screen(width, height));
      assert_eq!(with[..2], before[..2]);
      assert_eq!(with.last(), before.last());
      console.key("D");
      assert!(console.screen(width, height).contains("TOUR 1/7"));
      console.key("esc");
      console.key("u");
      assert_eq!(console.screen(width, height), plain);
      console.key("u");
      assert_eq!(rows(&console.screen(width, height)), with);
    }
  }

  #[test]
  fn every_hint_fits_the_smallest_screen_with_panels() {
    let mut console = guided();
    console.tell(Msg::Served(Served {
      sent: 12_345,
      lost: 0,
      failed: 1_234,
    }));
    for stage in Stage::ALL {
      let mut tour = console.app.tour.clone().unwrap();
      tour.stage = stage;
      let hint = tour.hint(&console.app);
      assert!(hint.is.width() <= 69, "{hint:?}");
      assert!(hint.press.width() <= 55, "{hint:?}");
    }
  }

  #[test]
  fn it_ends_in_the_words_of_the_ledger() {
    let mut console = guided();
    console.tell(Msg::Served(Served {
      sent: 12_345,
      lost: 0,
      failed: 7,
    }));
    if let Some(tour) = &mut console.app.tour {
      tour.stage = Stage::Over;
    }
    let screen = console.screen(80, 24);
    let words = "Proven: users are on [G] GREEN 2.0.0. 0 of 12,345 requests lost.";
    assert!(screen.contains(words), "{screen}");
  }

  #[test]
  fn without_a_demo_there_is_none() {
    let mut console = Console::quiet();
    console.key("u");
    assert!(console.notice().contains("cutover demo"));
  }
}
