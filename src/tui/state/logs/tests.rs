//! What an operator does to a log, as a table of actions and what is then on the screen.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use proptest::prelude::*;

use super::*;
use crate::model::{
  container::ContainerId,
  log_line::{LogEntry, LogLevel},
  log_source::{Attached, SourceId},
};

const BLUE: PaneId = PaneId::Slot(Slot::Blue);
const GREEN: PaneId = PaneId::Slot(Slot::Green);
const VIEW: Viewport = Viewport {
  width: 80,
  height: 5,
  now: DateTime::UNIX_EPOCH,
};

fn second(number: i64) -> DateTime<Utc> {
  Utc.timestamp_opt(1_700_000_000 + number, 0).unwrap()
}

fn feed(slot: Option<Slot>, name: &str, lines: &[(i64, &str)]) -> Feed {
  Feed::Lines {
    source: SourceId {
      slot,
      name: name.into(),
    },
    received: second(lines.last().map_or(0, |(at, _)| *at)),
    dropped: 0,
    lines: lines
      .iter()
      .map(|(at, text)| LogEntry {
        at: Some(second(*at)),
        text: (*text).to_owned(),
      })
      .collect(),
  }
}

fn numbered(slot: Slot, name: &str, range: std::ops::Range<i64>) -> Feed {
  let texts: Vec<String> = range
    .clone()
    .map(|number| format!("{name} {number}"))
    .collect();
  let lines: Vec<(i64, &str)> = range.zip(texts.iter().map(String::as_str)).collect();
  feed(Some(slot), name, &lines)
}

fn shown(logs: &Logs, id: PaneId) -> Vec<String> {
  let screen = logs.screen(id, VIEW);
  screen
    .lines
    .iter()
    .map(|line| screen.rows[line.row].text.text.as_str()[line.part.bytes.clone()].to_owned())
    .collect()
}

fn last(logs: &Logs, id: PaneId) -> String {
  shown(logs, id).pop().unwrap_or_default()
}

fn act(logs: &mut Logs, id: PaneId, action: LogAction) -> LogOutcome {
  logs.act(id, action, VIEW)
}

fn hundred() -> Logs {
  let mut logs = Logs::new(256 * 1024);
  logs.push(numbered(Slot::Blue, "api", 0..100));
  logs
}

#[test]
fn scrolling_up_stops_the_following_and_the_end_or_f_resumes_it() {
  for back in [LogAction::End, LogAction::Follow, LogAction::Down(3)] {
    let mut logs = hundred();
    assert_eq!(last(&logs, BLUE), "api 99");
    act(&mut logs, BLUE, LogAction::Up(3));
    assert_eq!(last(&logs, BLUE), "api 96");
    act(&mut logs, BLUE, LogAction::Up(0));
    logs.push(numbered(Slot::Blue, "api", 100..314));
    let facts = logs.facts(BLUE, second(0));
    assert_eq!((facts.following, facts.new), (false, 214));
    assert_eq!(last(&logs, BLUE), "api 96");
    if back == LogAction::Down(3) {
      act(&mut logs, BLUE, LogAction::Down(1000));
    } else {
      act(&mut logs, BLUE, back);
    }
    assert_eq!(last(&logs, BLUE), "api 313");
    let facts = logs.facts(BLUE, second(0));
    assert_eq!((facts.following, facts.new), (true, 0));
  }
}

#[test]
fn f_stops_at_once_where_the_log_is() {
  let mut logs = hundred();
  act(&mut logs, BLUE, LogAction::Follow);
  logs.push(numbered(Slot::Blue, "api", 100..200));
  assert_eq!(last(&logs, BLUE), "api 99");
}

#[test]
fn only_moving_stops_the_following() {
  let mut logs = hundred();
  for action in [
    LogAction::Filter("api".into()),
    LogAction::Search("9".into()),
    LogAction::Level,
    LogAction::Wrap,
    LogAction::Stamps,
    LogAction::Right,
    LogAction::Left,
    LogAction::NextSource,
    LogAction::Align,
    LogAction::NextHit,
    LogAction::NextError,
    LogAction::Copy,
    LogAction::Save,
  ] {
    act(&mut logs, BLUE, action.clone());
    assert!(logs.facts(BLUE, second(0)).following, "{action:?}");
  }
}

#[test]
fn a_sideways_move_stays_while_lines_come() {
  let mut logs = hundred();
  act(&mut logs, BLUE, LogAction::Right);
  logs.push(feed(Some(Slot::Blue), "api", &[(200, "0123456789")]));
  assert_eq!(last(&logs, BLUE), "89");
}

#[test]
fn two_tails_that_arrive_one_after_the_other_are_shown_by_time() {
  let mut logs = Logs::new(256 * 1024);
  logs.push(feed(
    Some(Slot::Blue),
    "api",
    &[(1, "a"), (3, "c"), (5, "e")],
  ));
  logs.push(feed(Some(Slot::Blue), "web", &[(2, "b"), (4, "d")]));
  assert_eq!(shown(&logs, BLUE), ["a", "b", "c", "d", "e"]);
}

#[test]
fn a_clock_that_is_set_back_hides_no_new_line() {
  let mut logs = hundred();
  logs.push(feed(
    Some(Slot::Blue),
    "api",
    &[(-3600, "after the clock was set back")],
  ));
  assert_eq!(last(&logs, BLUE), "after the clock was set back");
}

#[test]
fn a_filter_is_kept_for_new_lines_and_never_hides_a_gap() {
  let mut logs = hundred();
  act(&mut logs, BLUE, LogAction::Filter("!api".into()));
  assert_eq!(shown(&logs, BLUE), [""; 0]);
  logs.push(Feed::Lines {
    source: SourceId {
      slot: Some(Slot::Blue),
      name: "api".into(),
    },
    received: second(101),
    dropped: 12,
    lines: vec![],
  });
  logs.push(feed(
    Some(Slot::Blue),
    "api",
    &[(102, "api x"), (103, "other")],
  ));
  let lines = shown(&logs, BLUE);
  assert!(lines[0].starts_with("12 lines of api dropped"), "{lines:?}");
  assert_eq!(lines[1..], ["other"]);
  assert_eq!(logs.facts(BLUE, second(0)).dropped, 12);
}

#[test]
fn n_looks_below_and_capital_n_above() {
  let mut logs = hundred();
  act(&mut logs, BLUE, LogAction::Search("5$".into()));
  let hit = |logs: &Logs| {
    let screen = logs.screen(BLUE, VIEW);
    let row = screen.rows.iter().find(|row| row.hit).unwrap();
    row.text.text.to_string()
  };
  assert!(matches!(
    act(&mut logs, BLUE, LogAction::NextHit),
    LogOutcome::NotFound(_)
  ));
  for wanted in ["api 95", "api 85", "api 75"] {
    assert_eq!(
      act(&mut logs, BLUE, LogAction::PreviousHit),
      LogOutcome::Done
    );
    assert_eq!(hit(&logs), wanted);
  }
  act(&mut logs, BLUE, LogAction::NextHit);
  assert_eq!(hit(&logs), "api 85");
}

#[test]
fn e_goes_back_through_the_errors_of_both_slots_and_round() {
  let mut logs = hundred();
  logs.push(feed(
    Some(Slot::Blue),
    "api",
    &[(101, "ERROR old"), (102, "  at frame")],
  ));
  logs.push(numbered(Slot::Green, "api", 103..150));
  logs.push(feed(Some(Slot::Green), "api", &[(150, "ERROR new")]));
  logs.push(numbered(Slot::Green, "api", 151..180));
  assert_eq!(logs.facts(BLUE, second(0)).errors, 1);
  for pane in [GREEN, BLUE, GREEN] {
    assert_eq!(
      act(&mut logs, BLUE, LogAction::NextError),
      LogOutcome::Show(pane)
    );
    let screen = logs.screen(pane, VIEW);
    assert!(
      screen
        .rows
        .iter()
        .any(|row| row.hit && row.text.text.as_str().starts_with("ERROR"))
    );
  }
}

#[test]
fn aligned_panes_stand_at_the_same_time() {
  let mut logs = hundred();
  logs.push(numbered(Slot::Green, "web", 0..100));
  act(&mut logs, BLUE, LogAction::Align);
  act(&mut logs, BLUE, LogAction::Up(40));
  assert_eq!(shown(&logs, BLUE)[0], "api 55");
  assert_eq!(shown(&logs, GREEN)[0], "web 55");
  act(&mut logs, GREEN, LogAction::End);
  assert!(logs.facts(BLUE, second(0)).following);
}

#[test]
fn sources_are_walked_one_at_a_time_and_the_proxy_is_one_of_them() {
  let mut logs = hundred();
  logs.push(numbered(Slot::Blue, "web", 0..3));
  logs.push(feed(None, "proxy", &[(50, "GET / 200")]));
  let now = |logs: &Logs| match logs.facts(BLUE, second(0)).showing {
    Showing::All(count) => format!("all {count}"),
    Showing::One(name) => name.to_owned(),
  };
  assert_eq!(now(&logs), "all 2");
  for wanted in ["api", "web", "proxy", "all 2"] {
    act(&mut logs, BLUE, LogAction::NextSource);
    assert_eq!(now(&logs), wanted);
    if wanted == "proxy" {
      assert_eq!(shown(&logs, BLUE), ["GET / 200"]);
    }
  }
  act(&mut logs, BLUE, LogAction::PreviousSource);
  assert_eq!(now(&logs), "proxy");
}

#[test]
fn the_minimum_level_takes_a_stack_trace_with_its_error() {
  let mut logs = Logs::new(256 * 1024);
  let lines = [
    (1, "INFO fine"),
    (2, "ERROR broken"),
    (3, "  at frame"),
    (4, "no level"),
  ];
  logs.push(feed(Some(Slot::Blue), "api", &lines));
  for (shows, least) in [
    (4, Some(LogLevel::Info)),
    (2, Some(LogLevel::Warn)),
    (2, Some(LogLevel::Error)),
    (4, None),
  ] {
    act(&mut logs, BLUE, LogAction::Level);
    assert_eq!(logs.facts(BLUE, second(0)).least, least);
    assert_eq!(shown(&logs, BLUE).len(), shows, "{least:?}");
  }
}

#[test]
fn clearing_shows_only_what_comes_later_and_other_panes_keep_theirs() {
  let mut logs = hundred();
  logs.merge(true);
  act(&mut logs, BLUE, LogAction::Clear);
  assert_eq!(shown(&logs, BLUE), [""; 0]);
  act(&mut logs, BLUE, LogAction::Level);
  assert_eq!(shown(&logs, BLUE), [""; 0]);
  logs.push(numbered(Slot::Blue, "api", 100..101));
  assert_eq!(shown(&logs, BLUE), ["api 100"]);
  assert_eq!(shown(&logs, PaneId::Merged).len(), 5);
}

#[test]
fn what_is_saved_is_everything_in_full_and_what_is_copied_is_the_screen() {
  let mut logs = hundred();
  logs.push(feed(
    Some(Slot::Blue),
    "api",
    &[(100, "\u{1b}[31mred {\"a\":1}")],
  ));
  let LogOutcome::Save { file, text } = act(&mut logs, BLUE, LogAction::Save) else {
    panic!("nothing was saved");
  };
  assert_eq!(file, "cutover-log-blue-all-19700101T000000Z.txt");
  assert_eq!(text.lines().count(), 101);
  assert_eq!(
    text.lines().next(),
    Some("2023-11-14T22:13:20.000Z api api 0")
  );
  assert_eq!(
    text.lines().last(),
    Some("2023-11-14T22:15:00.000Z api red {\"a\":1}")
  );
  let LogOutcome::Copy(text) = act(&mut logs, BLUE, LogAction::Copy) else {
    panic!("nothing was copied");
  };
  assert_eq!(text.lines().count(), 5);
}

#[test]
fn markers_stand_where_they_happened_and_a_first_attachment_is_none() {
  let mut logs = hundred();
  let source = SourceId {
    slot: Some(Slot::Blue),
    name: "api".into(),
  };
  for (at, how) in [
    (0, Attached::First(ContainerId("f".repeat(64)).into())),
    (
      98,
      Attached::Restarted(ContainerId("4f2c1e9abc".into()).into()),
    ),
  ] {
    let source = source.clone();
    logs.push(Feed::Attached {
      source,
      at: second(at) - TimeDelta::milliseconds(1),
      how,
    });
  }
  assert_eq!(
    shown(&logs, BLUE)[2..],
    [
      "api re-attached: container 4f2c1e9 was restarted",
      "api 98",
      "api 99"
    ]
  );
}

#[test]
fn older_lines_that_are_gone_are_said_at_the_top() {
  let mut logs = Logs::new(64 * 1024);
  logs.push(numbered(Slot::Blue, "api", 0..2000));
  assert_eq!(logs.screen(BLUE, VIEW).gone, None);
  act(&mut logs, BLUE, LogAction::Top);
  let gone = logs.screen(BLUE, VIEW).gone.unwrap();
  assert_eq!(shown(&logs, BLUE)[0], format!("api {gone}"));
}

#[derive(Clone, Debug)]
enum Deed {
  Push(bool, u8, u8),
  Act(usize),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
  let push = (any::<bool>(), 0_u8..3, 0_u8..60)
    .prop_map(|(blue, name, count)| Deed::Push(blue, name, count));
  let deed = prop_oneof![push, (0_usize..16).prop_map(Deed::Act)];
  prop::collection::vec(deed, 0..60)
}

proptest! {
  #[test]
  fn whatever_is_done_a_following_pane_shows_the_newest_line_and_every_screen_is_full(deeds in deeds()) {
    let mut logs = Logs::new(24 * 1024);
    logs.merge(true);
    let moves = [
      LogAction::Up(3), LogAction::Down(2), LogAction::PageUp, LogAction::PageDown, LogAction::Top,
      LogAction::End, LogAction::Follow, LogAction::Wrap, LogAction::Level, LogAction::NextSource,
      LogAction::Search("7".into()), LogAction::PreviousHit, LogAction::NextHit, LogAction::NextError,
      LogAction::Align, LogAction::Clear,
    ];
    let mut clock = 0;
    for deed in deeds {
      match deed {
        Deed::Push(blue, name, count) => {
          let slot = if blue { Slot::Blue } else { Slot::Green };
          let count = i64::from(count);
          logs.push(numbered(slot, ["api", "web", "ERROR"][usize::from(name)], clock..clock + count));
          clock += count;
        }
        Deed::Act(number) => {
          act(&mut logs, BLUE, moves[number].clone());
        }
      }
      for id in [BLUE, GREEN, PaneId::Merged] {
        let pane = logs.pane(id);
        prop_assert!(pane.index.iter().is_sorted());
        let lines = shown(&logs, id);
        prop_assert_eq!(lines.len(), pane.index.len().min(5));
        if pane.follows() && let Some(row) = pane.index.back() {
          let side = &logs.sides[row.side()];
          let newest = side.ring.text(side.ring.get(row.number()).unwrap());
          prop_assert!(newest.ends_with(lines.last().unwrap().as_str()));
        }
      }
    }
  }
}
