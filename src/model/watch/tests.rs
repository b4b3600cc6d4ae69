use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::{Before, Ended, Limits, Measure, Moved, Share, Verdict, judge, lately, served};
use crate::model::{
  Slot,
  actor::Actor,
  operation::{Kind, OperationId},
  requests::{Request, Window},
};

/// The switch.
fn zero() -> DateTime<Utc> {
  DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn at(seconds: i64) -> DateTime<Utc> {
  zero() + TimeDelta::seconds(seconds)
}

fn actor() -> Actor {
  Actor {
    user: "alice".into(),
    as_user: None,
    from: None,
    host: "vm".into(),
    pid: 1,
  }
}

fn moved() -> Moved {
  Moved {
    operation: OperationId(128),
    kind: Kind::Switch,
    by: actor(),
    from: Slot::Blue,
    to: Slot::Green,
    at: zero(),
    ended: None,
  }
}

fn limits() -> Limits {
  Limits::default()
}

/// `rate` requests in each second of `seconds`; every `failing`th fails, none for 0.
fn window(parts: &[(std::ops::Range<i64>, i64, i64)]) -> Window {
  let mut window = Window::default();
  let mut nth = 0;
  for (seconds, rate, failing) in parts {
    for second in seconds.clone() {
      for _ in 0..*rate {
        nth += 1;
        window.add(&Request {
          at: at(second),
          status: if *failing > 0 && nth % failing == 0 {
            502
          } else {
            200
          },
          millis: Some(100),
          slot: None,
        });
      }
    }
  }
  window
}

fn verdict(parts: &[(std::ops::Range<i64>, i64, i64)], now: i64) -> Verdict {
  judge(&moved(), &limits(), &window(parts), at(now))
}

#[test]
fn a_limit_is_broken_only_when_it_was_exceeded_for_the_whole_sustained_time() {
  let parts = [(0..60, 40, 0), (60..300, 40, 10)];
  assert_eq!(verdict(&parts[..1], 60), Verdict::Within);
  let Verdict::Exceeded(breach) = verdict(&parts, 85) else {
    panic!("{:?}", verdict(&parts, 85));
  };
  assert_eq!(
    (breach.measure, breach.found, breach.limit),
    (Measure::ErrorRate, 1_000, 500)
  );
  assert_eq!((breach.since, breach.seconds), (at(60), 25));
  let Verdict::Broken(breach) = verdict(&parts, 90) else {
    panic!("{:?}", verdict(&parts, 90));
  };
  assert_eq!((breach.since, breach.seconds), (at(60), 30));
}

#[test]
fn it_is_forgiven_as_soon_as_it_holds_again() {
  let parts = [(0..60, 40, 0), (60..120, 40, 5), (120..130, 40, 0)];
  assert!(matches!(verdict(&parts, 120), Verdict::Broken(_)));
  assert_eq!(verdict(&parts, 130), Verdict::Within);
}

#[test]
fn a_burst_that_ended_does_not_break_a_limit_on_a_quiet_site() {
  // One request a second; five fail at once, which is 10 % of fifty for the next minute.
  let parts = [(0..100, 1, 0), (100..101, 5, 1), (101..150, 1, 0)];
  for now in 101..150 {
    assert!(!matches!(verdict(&parts, now), Verdict::Broken(_)), "{now}");
  }
}

#[test]
fn a_quiet_site_is_judged_by_as_many_requests_as_are_asked_for() {
  let parts = [(0..120, 1, 2)];
  assert!(matches!(
    verdict(&parts, 45),
    Verdict::TooFew {
      requests: 45,
      wanted: 50
    }
  ));
  assert!(matches!(verdict(&parts, 120), Verdict::Broken(_)));
}

#[test]
fn what_the_slot_did_before_it_was_switched_to_is_not_its_fault() {
  let parts = [(-200..-10, 40, 1), (0..30, 40, 0)];
  assert_eq!(verdict(&parts, 30), Verdict::Within);
  assert!(matches!(
    verdict(&parts, 1),
    Verdict::TooFew { requests: 0, .. }
  ));
}

#[test]
fn it_is_over_when_its_time_is_and_when_somebody_says_so() {
  let parts = [(0..900, 40, 2)];
  assert!(matches!(verdict(&parts, 899), Verdict::Broken(_)));
  assert_eq!(verdict(&parts, 900), Verdict::Over);
  let ended = Ended {
    operation: OperationId(128),
    by: actor(),
    at: at(60),
  };
  let moved = Moved {
    ended: Some(ended.clone()),
    ..moved()
  };
  let found = judge(&moved, &limits(), &window(&parts), at(300));
  assert_eq!(found, Verdict::Ended(ended));
}

#[test]
fn a_p95_that_is_not_logged_is_unknown_and_never_fine() {
  let most = |millis| Limits {
    p95: Some(Duration::from_millis(millis)),
    ..limits()
  };
  let timed = window(&[(0..60, 40, 0)]);
  assert_eq!(judge(&moved(), &most(500), &timed, at(60)), Verdict::Within);
  let Verdict::Broken(breach) = judge(&moved(), &most(50), &timed, at(60)) else {
    panic!("p95");
  };
  assert_eq!((breach.measure, breach.limit), (Measure::P95, 50));
  let mut untimed = Window::default();
  for second in 0..60 {
    for _ in 0..20 {
      untimed.add(&Request {
        at: at(second),
        status: 200,
        millis: None,
        slot: None,
      });
    }
  }
  let found = judge(&moved(), &most(500), &untimed, at(60));
  assert!(matches!(found, Verdict::Unknown { .. }), "{found:?}");
}

#[test]
fn the_former_slot_is_known_by_what_was_seen_of_it_before_the_switch() {
  let (moved, mut seen) = (moved(), window(&[(-100..-5, 10, 20)]));
  assert_eq!(Before::new(&moved, Window::default()).sum(&moved), None);
  // Requests that were still under way.
  for second in 0..20 {
    seen.add(&Request {
      at: at(second),
      status: 502,
      millis: None,
      slot: None,
    });
  }
  let mut before = Before::new(&moved, seen);
  before.add(
    &moved,
    &Request {
      at: at(-7),
      status: 200,
      millis: None,
      slot: None,
    },
  );
  let (seconds, sum) = before.sum(&moved).unwrap();
  assert_eq!((seconds, sum.count), (100, 951));
  assert!(sum.failed <= 48, "{}", sum.failed);
}

#[test]
fn a_line_that_names_no_slot_is_of_the_one_that_served_then() {
  let (moved, request) = (moved(), |second, slot| Request {
    at: at(second),
    status: 200,
    millis: None,
    slot,
  });
  let whose = |request: &Request| served(request, Some(&moved), Some(Slot::Green));
  assert_eq!(whose(&request(-1, None)), Some(Slot::Blue));
  assert_eq!(whose(&request(0, None)), Some(Slot::Green));
  assert_eq!(whose(&request(9, Some(Slot::Blue))), Some(Slot::Blue));
  assert_eq!(served(&request(0, None), None, None), None);
}

#[test]
fn now_is_the_sustained_time_or_as_long_as_it_takes() {
  let busy = window(&[(0..200, 40, 0)]);
  let (seconds, sum) = lately(&moved(), &limits(), &busy, at(200)).unwrap();
  assert_eq!((seconds, sum.count), (30, 1_200));
  let quiet = window(&[(0..200, 1, 0)]);
  let few = Limits {
    minimum_requests: 100,
    ..limits()
  };
  let (seconds, sum) = lately(&moved(), &few, &quiet, at(200)).unwrap();
  assert_eq!((seconds, sum.count), (100, 100));
  assert!(lately(&moved(), &limits(), &Window::default(), at(200)).is_none());
}

#[test]
fn shares_are_read_and_written_as_people_do() {
  for (text, share) in [
    ("5%", Some(Share(500))),
    ("5 %", Some(Share(500))),
    ("0.5%", Some(Share(50))),
    ("0.05%", Some(Share(5))),
    ("100%", Some(Share::ALL)),
    ("100.01%", None),
    ("5", None),
    ("-1%", None),
    ("%", None),
    ("1.234%", None),
  ] {
    assert_eq!(Share::parse(text), share, "{text}");
  }
  assert_eq!(Share(620).to_string(), "6.2 %");
  assert_eq!(Share(505).to_string(), "5.05 %");
  assert!(Share(500).is_exceeded_by(6, 100) && !Share(500).is_exceeded_by(5, 100));
}

proptest! {
  /// Whatever came: broken only when enough came, and more than the limit of it failed.
  #[test]
  fn no_verdict_without_requests_and_no_breach_without_failures(
    statuses in prop::collection::vec(prop::sample::select(vec![200_u16, 502]), 0..400),
    per_second in 1_usize..40,
    now in 1_i64..400,
  ) {
    let mut window = Window::default();
    for (nth, status) in statuses.iter().enumerate() {
      let second = i64::try_from(nth / per_second).unwrap();
      window.add(&Request { at: at(second), status: *status, millis: None, slot: None });
    }
    let failed = statuses.iter().filter(|status| **status >= 500).count();
    match judge(&moved(), &limits(), &window, at(now)) {
      Verdict::Broken(breach) | Verdict::Exceeded(breach) => {
        prop_assert!(statuses.len() >= 50 && failed > 0);
        prop_assert!(breach.found > breach.limit);
        prop_assert!(breach.since >= zero() && breach.since < at(now));
      }
      Verdict::Within => prop_assert!(statuses.len() >= 50),
      Verdict::TooFew { requests, wanted } => prop_assert!(requests < wanted),
      other => prop_assert!(false, "{other:?}"),
    }
  }

  #[test]
  fn a_share_is_written_as_it_is_read(hundredths in 0_u16..=10_000) {
    let share = Share(hundredths);
    prop_assert_eq!(Share::parse(&share.to_string()), Some(share));
  }
}
