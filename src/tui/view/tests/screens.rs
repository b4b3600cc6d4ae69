//! The dashboard on good and bad days, at every size that is promised.

use insta::assert_snapshot;

use super::{COLORED, LARGE, MIDDLE, MONO, SMALL, at, drawn, scenes, styles, text};
use crate::{
  model::{event::Event, operation::Outcome},
  render::samples,
  tui::{scene::Console, state::panel::Panel},
};

#[test]
fn a_quiet_site() {
  let console = Console::quiet();
  assert_snapshot!(at(&console.app, COLORED, &[SMALL, MIDDLE, LARGE]));
}

#[test]
fn a_quiet_site_in_ascii_without_color() {
  let console = Console::quiet();
  let buffer = drawn(&console.app, SMALL, MONO);
  assert!(text(&buffer).is_ascii());
  assert_snapshot!(format!("{}\n{}", text(&buffer), styles(&buffer)));
}

#[test]
fn a_bad_night() {
  let console = scenes::bad_night();
  assert_snapshot!(at(&console.app, COLORED, &[SMALL, MIDDLE, LARGE]));
}

#[test]
fn a_bad_night_in_its_styles() {
  let console = scenes::bad_night();
  let colored = styles(&drawn(&console.app, SMALL, COLORED));
  let buffer = drawn(&console.app, SMALL, MONO);
  assert_snapshot!(format!("{}\n{}\n{colored}", text(&buffer), styles(&buffer)));
}

#[test]
fn an_interrupted_operation() {
  let console = scenes::interrupted();
  assert_snapshot!(at(&console.app, COLORED, &[SMALL, MIDDLE]));
}

#[test]
fn an_operation_that_waits_for_its_operator() {
  let console = scenes::waiting();
  assert_snapshot!(at(&console.app, COLORED, &[SMALL, LARGE]));
}

#[test]
fn a_failure_card() {
  let mut console = scenes::failed();
  let dashboard = at(&console.app, COLORED, &[SMALL, MIDDLE]);
  console.app.panel = Panel::Operation;
  console.app.zoomed = true;
  let zoomed = at(&console.app, COLORED, &[SMALL]);
  assert_snapshot!(format!("{dashboard}{zoomed}"));
}

#[test]
fn how_an_operation_ended_is_read_whole_at_80_columns() {
  let mut console = Console::quiet();
  let mut verdict = samples::verdict(Outcome::Done);
  verdict.summary =
    "restored_20261128_113942 is in use now; the former database is kept as ala_before_20261128"
      .into();
  let events = vec![samples::begun(), Event::Ended { verdict }];
  console.follows(samples::order(), events);
  let screen = console.screen(80, 24);
  assert!(screen.contains("ala_before_20261128"), "{screen}");
}

#[test]
fn an_empty_standby() {
  let console = scenes::empty_standby();
  assert_snapshot!(at(&console.app, COLORED, &[SMALL, MIDDLE]));
}

#[test]
fn docker_is_down() {
  let console = scenes::docker_down();
  assert_snapshot!(at(&console.app, COLORED, &[SMALL, MIDDLE]));
}

#[test]
fn what_was_seen_is_old() {
  let console = scenes::stale();
  assert_snapshot!(at(&console.app, COLORED, &[SMALL]));
}

#[test]
fn forty_containers() {
  let mut console = scenes::forty_containers();
  let top = at(&console.app, COLORED, &[SMALL, MIDDLE]);
  console.press("G");
  let end = at(&console.app, COLORED, &[SMALL]);
  assert_snapshot!(format!("{top}{end}"));
}

#[test]
fn names_of_200_characters() {
  let console = scenes::long_names();
  assert_snapshot!(at(&console.app, COLORED, &[SMALL, LARGE]));
}

#[test]
fn terminals_of_40x8_and_20x5_still_say_what_matters() {
  let mut all = String::new();
  let scenes: [fn() -> Console; 6] = [
    Console::quiet,
    scenes::bad_night,
    scenes::interrupted,
    scenes::waiting,
    scenes::empty_standby,
    scenes::docker_down,
  ];
  for scene in scenes {
    let console = scene();
    all.push_str(&at(&console.app, COLORED, &[(40, 8), (20, 5)]));
  }
  assert_snapshot!(all);
}

#[test]
fn every_size_can_be_drawn_with_anything_open() {
  let scenes: [fn() -> Console; 6] = [
    Console::quiet,
    scenes::bad_night,
    scenes::waiting,
    scenes::failed,
    scenes::long_names,
    scenes::forty_containers,
  ];
  for scene in scenes {
    let mut console = scene();
    for key in ["f5", ":", "X", "p", "S"] {
      console.press("esc");
      console.press(key);
      for width in [1, 2, 3, 7, 20, 59, 60, 61, 79, 99, 100, 119, 120, 300] {
        for height in [1, 2, 3, 5, 14, 15, 16, 24, 29, 30, 100] {
          drawn(&console.app, (width, height), COLORED);
        }
      }
    }
  }
}

#[test]
fn the_watch_after_a_switch() {
  let mut all = String::new();
  for (name, console) in [
    ("within its limits", scenes::watched(scenes::Users::Fine)),
    ("a broken limit", scenes::watched(scenes::Users::Failing)),
    ("not enough data", scenes::watched(scenes::Users::Few)),
    ("over", scenes::watched(scenes::Users::Gone)),
  ] {
    let screens = at(&console.app, COLORED, &[SMALL, LARGE]);
    for part in ["=== ", name, "\n", &screens] {
      all.push_str(part);
    }
  }
  let mut zoomed = scenes::watched(scenes::Users::Failing);
  zoomed.text("z");
  all.push_str(&at(&zoomed.app, COLORED, &[SMALL]));
  assert_snapshot!(all);
}
