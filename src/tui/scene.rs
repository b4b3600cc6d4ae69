//! A console over the hand-built facts of `render::samples`, for the tests of this folder: a site
//! called ala, GREEN 2.0.0 live, BLUE 1.9.3 warm, and keys that come as slowly as a person's.

use std::{path::Path, sync::Arc, time::Duration};

use chrono::TimeDelta;
use ratatui::{buffer::Buffer, layout::Rect};

use super::{
  effect::Effect,
  key::{Code, Key},
  keymap::Keymap,
  msg::Msg,
  state::{
    app::{App, Now, Role},
    ask::Ticket,
    logs::Logs,
  },
  update::update,
  view::{
    self,
    theme::{Charset, Palette, Theme},
  },
};
use crate::{
  config::{self, Site},
  model::{
    Slot,
    event::Event,
    observation::Observation,
    operation::{Kind, OperationId},
    plan::{Gate, Order, Plan, PlannedStep, Risk, Step},
  },
  render::samples,
};

const SITE: &str = r#"schema = 1
name = "ala"
[runtime]
files = ["compose.yml"]
shared = ["proxy", "db"]
[services.api]
name = "api-{color}"
[services.frontend]
name = "frontend-{color}"
[version]
variable = "{COLOR}_VERSION"
[router]
service = "proxy"
[router.switch]
kind = "copy"
from = "up-{color}.conf"
to = "active.conf"
[proof]
url = "http://127.0.0.1/"
header = "X-Slot"
[[smoke]]
url = "/health"
"#;

pub(crate) fn site() -> Site {
  config::load_text(SITE, Path::new("/srv/ala/cutover.toml"), &|_| None)
    .unwrap_or_else(|faults| panic!("{faults}"))
    .site
}

/// A console and its clock.
pub(crate) struct Console {
  pub(crate) app: App,
  now: Now,
  /// Everything that was asked for, oldest first.
  pub(crate) effects: Vec<Effect>,
}

impl Console {
  pub(crate) fn new(role: Role) -> Self {
    let now = Now {
      since_start: Duration::ZERO,
      wall: samples::now(),
    };
    let app = App::new(
      Arc::new(site()),
      samples::actor(),
      role,
      Keymap::default(),
      Logs::new(1 << 20),
      now,
    );
    Self {
      app,
      now,
      effects: Vec::new(),
    }
  }

  /// An operator's console that has looked at `seen`.
  pub(crate) fn over(seen: Observation) -> Self {
    let mut console = Self::new(Role::Operator);
    console.sees(seen);
    console
  }

  pub(crate) fn quiet() -> Self {
    Self::over(samples::observation())
  }

  pub(crate) fn sees(&mut self, seen: Observation) {
    self.tell(Msg::Observed(Arc::new(seen)));
  }

  /// A word that must never be shown.
  pub(crate) fn secret(&mut self, word: &str) {
    let site = Arc::make_mut(&mut self.app.site);
    site.secrets.0.push(word.to_owned());
  }

  pub(crate) fn pass(&mut self, millis: u64) {
    self.now.since_start += Duration::from_millis(millis);
    self.now.wall += TimeDelta::milliseconds(millis.cast_signed());
  }

  /// Time goes by, and the loop notices; what it led to.
  pub(crate) fn wait(&mut self, millis: u64) -> Vec<Effect> {
    self.pass(millis);
    self.tell(Msg::Tick)
  }

  pub(crate) fn tell(&mut self, msg: Msg) -> Vec<Effect> {
    let effects = update(&mut self.app, msg, self.now);
    self.effects.extend(effects.clone());
    effects
  }

  /// One key, the last thing having been painted and read, and a moment after it.
  pub(crate) fn press(&mut self, key: &str) {
    self.tell(Msg::Painted);
    self.wait(600);
    self.key(key);
    self.wait(200);
  }

  /// One key and nothing else.
  pub(crate) fn key(&mut self, key: &str) -> Vec<Effect> {
    let key: Key = key.parse().unwrap_or_else(|why| panic!("{why}"));
    self.tell(Msg::Key(key))
  }

  /// Each character as a key.
  pub(crate) fn text(&mut self, text: &str) -> Vec<Effect> {
    let keys = text.chars().map(|c| Key::plain(Code::Char(c)));
    keys.flat_map(|key| self.tell(Msg::Key(key))).collect()
  }

  /// What is on a terminal of this size, row by row.
  pub(crate) fn screen(&self, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let theme = Theme {
      palette: Palette::Mono,
      charset: Charset::Ascii,
    };
    view::draw(&mut buffer, area, &self.app, theme);
    let mut out = String::new();
    for y in 0..height {
      let row: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
      out.push_str(row.trim_end());
      out.push('\n');
    }
    out
  }

  pub(crate) fn write(&mut self, text: &str) {
    for c in text.chars() {
      self.press(&c.to_string());
    }
  }

  /// The plan that was asked for last.
  pub(crate) fn planned(&mut self, plan: Plan) {
    let ticket = self.planning();
    let plan = Ok(Box::new(plan));
    self.tell(Msg::Planned { ticket, plan });
  }

  pub(crate) fn planning(&self) -> Ticket {
    self
      .effects
      .iter()
      .rev()
      .find_map(|effect| match effect {
        Effect::Plan { ticket, .. } => Some(*ticket),
        _ => None,
      })
      .expect("a plan that was asked for")
  }

  pub(crate) fn follows(&mut self, order: Order, events: Vec<Event>) {
    let id = order.id;
    self.tell(Msg::Following {
      order: Box::new(order),
    });
    for record in samples::records(events) {
      let record = Box::new(record);
      self.tell(Msg::Recorded { id, record });
    }
  }

  /// What of `effects` reaches the site.
  pub(crate) fn changes(&self) -> Vec<&Effect> {
    self
      .effects
      .iter()
      .filter(|effect| {
        matches!(
          effect,
          Effect::Launch { .. }
            | Effect::Recover { .. }
            | Effect::Answer { .. }
            | Effect::Abort { .. }
        )
      })
      .collect()
  }

  pub(crate) fn notice(&self) -> &str {
    self
      .app
      .notice
      .as_ref()
      .map_or("", |notice| notice.text.as_str())
  }
}

/// GREEN back to BLUE, every check green, from what `render::samples::observation` shows.
pub(crate) fn rollback() -> Plan {
  let mut plan = samples::plan();
  plan.kind = Kind::Rollback;
  plan.risk = Risk::Green;
  plan.word = None;
  plan.warnings.clear();
  plan.target = Some(Slot::Blue);
  plan.from = Some(Slot::Green);
  std::mem::swap(&mut plan.version, &mut plan.from_version);
  plan.premise.live = Some(Slot::Green);
  plan.premise.managed = None;
  plan.notes = vec![
    "BLUE is running: readiness HOT".into(),
    "GREEN stays up for debugging".into(),
  ];
  plan
}

/// A deploy of 2.1.0 to BLUE that waits for its operator after the smoke tests.
pub(crate) fn gated() -> Order {
  let slot = Slot::Blue;
  let mut order = samples::order();
  order.id = OperationId(129);
  let plan = &mut order.plan;
  plan.kind = Kind::Deploy;
  plan.target = Some(slot);
  plan.from = Some(Slot::Green);
  plan.version = Some(samples::version("2.1.0"));
  plan.from_version = Some(samples::version("2.0.0"));
  plan.word = Some("blue".into());
  let gate = Gate {
    name: "switch".into(),
    question: "Switch all users to BLUE 2.1.0?".into(),
    word: Some("blue".into()),
  };
  let step = |step| PlannedStep {
    step,
    details: Vec::new(),
    deadline: Duration::from_mins(1),
  };
  let switch = plan.steps.split_off(1);
  plan.steps.extend([
    step(Step::WaitHealthy {
      slot,
      service: None,
    }),
    step(Step::Smoke { slot }),
    step(Step::Gate { gate }),
  ]);
  plan.steps.extend(switch);
  order
}

/// `gated` at its gate.
pub(crate) fn at_the_gate() -> Vec<Event> {
  let mut events = vec![samples::begun()];
  for (index, millis) in [(0, 1_900), (1, 21_400), (2, 6_040)] {
    events.push(Event::StepStarted { index });
    events.push(Event::StepFinished {
      index,
      produced: crate::model::event::Produced::Nothing,
      millis,
    });
  }
  events.push(Event::StepStarted { index: 3 });
  events.push(Event::GateOpened {
    index: 3,
    gate: "switch".into(),
    evidence: vec![
      "BLUE 2.1.0 is healthy on every level".into(),
      "4 of 4 smoke tests passed".into(),
    ],
    until: samples::now() + TimeDelta::minutes(30),
  });
  events
}
