//! The scene of the pictures: a switch to GREEN ended well, users are served, both logs are alive.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
  model::{
    Slot,
    container::{Container, ContainerId},
    event::{Event, Produced},
    log_line::LogEntry,
    log_source::{Attached, Feed, SourceId},
    operation::Outcome,
    requests::Request,
    usage::Usage,
  },
  render::samples::{before, begun, ledger, now, observation, order, verdict},
  tui::{msg::Msg, scene::Console},
};

pub(super) fn console() -> Console {
  let mut console = Console::over(observation());
  switched(&mut console);
  users(&mut console);
  figures(&mut console);
  for slot in Slot::BOTH {
    log(&mut console, slot);
  }
  console.app.watching = 2;
  console.app.notice = None;
  console
}

fn switched(console: &mut Console) {
  let order = order();
  let mut events = vec![begun()];
  for (index, millis) in [310, 1_240, 4, 12, 96, 88, 640, 9, 214]
    .into_iter()
    .enumerate()
  {
    events.push(Event::StepStarted { index });
    events.push(Event::StepFinished {
      index,
      produced: if index == 6 {
        Produced::Proved { ledger: ledger() }
      } else {
        Produced::Nothing
      },
      millis,
    });
  }
  events.push(Event::Ended {
    verdict: verdict(Outcome::Done),
  });
  console.follows(order, events);
}

/// Three minutes on GREEN, and two on BLUE before them.
fn users(console: &mut Console) {
  let mut requests = Vec::new();
  for second in 0..290_i64 {
    let slot = if second < 192 {
      Slot::Green
    } else {
      Slot::Blue
    };
    let count = 34 + (second * 7 % 15);
    for nth in 0..count {
      requests.push(Request {
        at: before(second) - TimeDelta::milliseconds(nth),
        status: if (second + nth) % 400 == 17 { 502 } else { 200 },
        millis: u32::try_from(18 + nth * 4 + second % 11).ok(),
        slot: Some(slot),
      });
    }
  }
  requests.reverse();
  console.tell(Msg::Requests(Ok(requests)));
}

fn figures(console: &mut Console) {
  let seen = console.app.seen.clone().expect("what was seen");
  let containers: Vec<&Container> = Slot::BOTH
    .iter()
    .flat_map(|slot| seen.slots[*slot].containers())
    .collect();
  for seconds in [0, 2] {
    let readings = containers
      .iter()
      .zip([(3, 410), (1, 64), (310, 395), (22, 61)]);
    let readings = readings
      .map(|(container, (millis, mebibytes))| {
        let usage = Usage {
          cpu: Duration::from_millis(millis * seconds),
          memory: mebibytes << 20,
          memory_limit: Some(1 << 30),
        };
        (container.id.clone(), usage)
      })
      .collect();
    console.pass(1_000 * seconds);
    console.tell(Msg::Usage(readings));
  }
}

fn log(console: &mut Console, slot: Slot) {
  let lines: &[(&str, i64, &str)] = match slot {
    Slot::Blue => BLUE,
    Slot::Green => GREEN,
  };
  for name in ["api", "frontend"] {
    let source = SourceId {
      slot: Some(slot),
      name: name.to_owned(),
    };
    let of_mine = lines.iter().filter(|(service, ..)| *service == name);
    let of_mine = of_mine
      .map(|(_, millis, text)| LogEntry {
        at: Some(ago(*millis)),
        text: (*text).to_owned(),
      })
      .collect();
    console.tell(Msg::Log(Feed::Attached {
      source: source.clone(),
      at: before(312),
      how: Attached::First(ContainerId("4f2c1e9aa0b1".into()).into()),
    }));
    console.tell(Msg::Log(Feed::Lines {
      source,
      received: now(),
      dropped: 0,
      lines: of_mine,
    }));
  }
}

fn ago(millis: i64) -> DateTime<Utc> {
  now() - TimeDelta::milliseconds(millis)
}

/// Service, milliseconds ago, text; in the order of time.
const BLUE: &[(&str, i64, &str)] = &[
  ("api", 193_400, "INFO POST /api/orders 201 95ms"),
  ("api", 193_020, "WARN slow query 412ms orders_by_day"),
  ("frontend", 192_880, "INFO GET /assets/app.js 304 1ms"),
  ("api", 192_310, "INFO GET /api/items/77 200 41ms"),
  ("api", 190_120, "INFO no request for 2 s: users have moved"),
  ("api", 120_200, "INFO cron tick ok"),
  ("api", 60_200, "INFO cron tick ok"),
  ("api", 12_300, "INFO GET /api/health 200 3ms"),
  ("frontend", 12_280, "INFO GET / 200 2ms"),
  ("api", 2_310, "INFO GET /api/health 200 3ms"),
  ("frontend", 2_290, "INFO GET / 200 2ms"),
];

const GREEN: &[(&str, i64, &str)] = &[
  ("api", 4_820, "INFO GET /api/items 200 38ms"),
  ("api", 4_510, "INFO GET /api/items/77 200 41ms"),
  ("frontend", 4_200, "INFO GET / 200 2ms"),
  ("api", 3_930, "INFO POST /api/auth/request-code 200 61ms"),
  (
    "api",
    3_480,
    r#"{"level":"warn","msg":"slow query","ms":412,"query":"orders_by_day"}"#,
  ),
  ("api", 3_090, "INFO GET /api/items 200 36ms"),
  ("frontend", 2_760, "INFO GET /assets/app.js 304 1ms"),
  ("api", 2_310, "INFO GET /api/health 200 3ms"),
  ("frontend", 2_290, "INFO GET / 200 2ms"),
  ("api", 1_900, "INFO GET /api/items/12 200 40ms"),
  ("api", 1_420, "INFO POST /api/orders 201 95ms"),
  ("api", 1_010, "ERROR jwt: clock skew 0.4 s (tolerated)"),
  ("api", 640, "INFO GET /api/orders?day=today 200 120ms"),
  ("frontend", 330, "INFO GET / 200 2ms"),
  ("api", 90, "INFO GET /api/items/9 200 42ms"),
];
