//! One side of the pair: its role, health, what was tested, its containers.
//!
//! ```text
//! ╔═1 [B] BLUE  LIVE  1.9.3 ═══════════════ users are here ═╗
//! ║ health  1 ok  2 ok  3 ok  4 ok  5 ok             41 ms  ║
//! ║ tested  6d ago: 4 of 4 smoke tests passed, health ok    ║
//! ║ users   41.0/s  err 0.2 %  p50 38 ms  p95 180 ms        ║
//! ║ SERVICE    STATE    HEALTH    CPU  MEM   RST  UP        ║
//! ║ api        running  healthy   12%  410M    0  6d04h     ║
//! ╚═════════════════════════════════════════════════════════╝
//! ```

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
  frame::{self, Look},
  pen::{Pen, role},
  theme::{Role, Theme},
};
use crate::{
  engine::run_state::Users,
  model::{
    Slot,
    container::Container,
    health::{HealthReport, Pass},
    observation::Observation,
    traffic::Live,
  },
  render::{
    status::{self, slots},
    words::{age, badge, coarse, millis},
  },
  tui::state::{app::App, panel::Panel},
};

/// Rows that stand above the first container.
pub(super) const ABOVE: u16 = 4;

/// What a slot is to users now.
fn part(told: Users, live: &Live, slot: Slot) -> (Role, &'static str, &'static str) {
  match told {
    Users::Moving { to } if to == slot => {
      return (Role::Warn, "next", "users are on their way here");
    }
    Users::Moving { .. } => return (Role::Warn, "LIVE?", "users are leaving"),
    Users::NotTold | Users::Proven { .. } => {}
  }
  match live {
    Live::Proven { slot: live } if *live == slot => (Role::Strong, "LIVE", "users are here"),
    Live::Claimed { slot: live } if *live == slot => {
      (Role::Warn, "LIVE?", "users should be here, not proven")
    }
    Live::Proven { .. } | Live::Claimed { .. } => (Role::Faint, "standby", "no user traffic"),
    Live::Disputed { proven } if *proven == Some(slot) => {
      (Role::Alarm, "ANSWERS USERS", "disputed")
    }
    Live::Disputed { .. } => (Role::Warn, "disputed", ""),
    Live::Unknown => (Role::Warn, "role unknown", ""),
  }
}

pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, slot: Slot, theme: Theme) {
  let live = app.live();
  let is_live = matches!(live, Live::Proven { slot: s } | Live::Claimed { slot: s } if s == slot)
    || matches!(live, Live::Disputed { proven: Some(s) } if s == slot);
  let panel = Panel::Environment(slot);
  let (role, part, users) = part(app.told(), &live, slot);
  let version = app
    .seen
    .as_ref()
    .and_then(|seen| status::version(seen, slot))
    .map_or_else(String::new, |version| format!(" {version} "));
  let label = app.site.slots[slot]
    .label
    .as_ref()
    .map_or_else(String::new, |label| format!("({label}) "));
  let users_text = format!(" {users} ");
  let inner = frame::draw(
    buffer,
    area,
    theme,
    Look::panel(is_live, app.panel == panel),
    &[
      (Role::Key, &panel.number().to_string()),
      (Role::Slot(slot), &format!(" {} ", badge(slot))),
      (Role::Text, &label),
      (role, &format!(" {part} ")),
      (Role::Strong, &version),
    ],
    &if users.is_empty() {
      vec![]
    } else {
      vec![(Role::Faint, users_text.as_str())]
    },
  );
  match &app.seen {
    None => {
      Pen::row(buffer, inner, 0, theme).put(Role::Faint, " looking ...");
    }
    Some(seen) => body(buffer, inner, app, seen, slot, theme),
  }
}

fn body(buffer: &mut Buffer, area: Rect, app: &App, seen: &Observation, slot: Slot, theme: Theme) {
  let eyes = app.eyes();
  let state = &seen.slots[slot];
  let containers = match eyes.fresh(&state.containers) {
    Ok(containers) => containers,
    Err(why) => {
      Pen::row(buffer, area, 0, theme).put(Role::Warn, &format!(" {why}"));
      return;
    }
  };
  if containers.is_empty() {
    let mut pen = Pen::row(buffer, area, 0, theme);
    pen.put(Role::Faint, " no containers yet");
    if app
      .able
      .why_not(crate::tui::action::Action::Deploy)
      .is_none()
    {
      pen.put(Role::Faint, "; ").put(Role::Key, "D");
      pen.put(Role::Faint, " deploys a version here");
    }
    return;
  }
  let mut pen = Pen::row(buffer, area, 0, theme);
  pen.put(Role::Faint, " health ");
  match eyes.fresh(&state.health) {
    Ok(report) => health(&mut pen, report),
    Err(why) => {
      pen.put(Role::Warn, &why);
    }
  }
  let fault = eyes
    .fresh(&state.health)
    .ok()
    .and_then(HealthReport::first_fault);
  let mut pen = Pen::row(buffer, area, 1, theme);
  if let Some(fault) = fault {
    pen.put(Role::Bad, &format!(" {}: {}", fault.level, fault.detail));
  } else {
    let (tone, text) = slots::tested(state, &eyes);
    pen.put(Role::Faint, " tested ");
    pen.put(super::pen::role(tone), &text);
  }
  let mut pen = Pen::row(buffer, area, 2, theme);
  pen.put(Role::Faint, " users ");
  let room = pen.room();
  for (role, text) in super::watch::line(app, slot, room) {
    pen.put(role, &text);
  }
  table(buffer, area, app, slot, containers, theme);
}

fn health(pen: &mut Pen<'_>, report: &HealthReport) {
  let slowest = report.levels.iter().filter_map(|level| level.millis).max();
  if let Some(slowest) = slowest
    && pen.room() > 40
  {
    pen.right(Role::Faint, &format!("{} ", millis(slowest)));
  }
  for level in &report.levels {
    let (role, word) = match level.pass {
      Pass::Ok => (Role::Good, "ok"),
      Pass::Failing => (Role::Bad, "FAIL"),
      Pass::Unknown => (Role::Warn, "?"),
      Pass::Absent => (Role::Faint, "-"),
    };
    let name = if pen.room() > 48 {
      format!("{} ", level.level.word())
    } else {
      String::new()
    };
    pen.put(Role::Faint, &format!("{} {name}", level.level.number()));
    pen.put(role, word).put(Role::Text, "  ");
  }
}

/// Which columns there is room for, leftmost first.
struct Columns {
  name: usize,
  state: usize,
  width: u16,
}

impl Columns {
  fn of(width: u16, containers: &[Container]) -> Self {
    let longest = containers
      .iter()
      .map(|container| container.service.chars().count())
      .max()
      .unwrap_or(0);
    let name = longest.clamp(7, if width >= 60 { 24 } else { 10 });
    let state = containers
      .iter()
      .map(|container| slots::state(container).chars().count())
      .max()
      .unwrap_or(0)
      .clamp(7, 10);
    Self { name, state, width }
  }

  fn figures(&self) -> bool {
    self.width >= 38
  }

  fn restarts(&self) -> bool {
    self.width >= 54
  }

  fn up(&self) -> bool {
    self.width >= 62
  }

  fn image(&self) -> bool {
    self.width >= 74
  }
}

/// `12%` of one core.
fn percent(cores: f64) -> String {
  format!("{:.0}%", cores * 100.0)
}

/// `410M`, in powers of 1,024 as limits are given.
fn memory(bytes: u64) -> String {
  let mega = bytes >> 20;
  match mega {
    0 => format!("{}K", bytes >> 10),
    1..10_000 => format!("{mega}M"),
    _ => format!("{}G", mega >> 10),
  }
}

fn table(
  buffer: &mut Buffer,
  area: Rect,
  app: &App,
  slot: Slot,
  containers: &[Container],
  theme: Theme,
) {
  let columns = Columns::of(area.width, containers);
  let mut pen = Pen::row(buffer, area, 3, theme);
  pen.put(Role::Text, " ");
  pen.cell(Role::Faint, "SERVICE", columns.name + 1);
  pen.cell(Role::Faint, "STATE", columns.state + 1);
  pen.cell(Role::Faint, "HEALTH", 10);
  if columns.figures() {
    pen.cell(Role::Faint, "CPU", 6);
    pen.cell(Role::Faint, "MEM", 7);
  }
  if columns.restarts() {
    pen.cell(Role::Faint, "RST", 5);
  }
  if columns.up() {
    pen.cell(Role::Faint, "UP", 8);
  }
  if columns.image() {
    pen.put(Role::Faint, "IMAGE");
  }
  let height = usize::from(area.height.saturating_sub(ABOVE));
  let selected = app.selected[slot].min(containers.len() - 1);
  let first = (selected + 1).saturating_sub(height);
  let focused = app.panel == Panel::Environment(slot);
  for (at, container) in containers.iter().enumerate().skip(first).take(height) {
    let row = ABOVE + u16::try_from(at - first).unwrap_or(0);
    let mut pen = Pen::row(buffer, area, row, theme);
    if height + first < containers.len() && at - first + 1 == height {
      let more = containers.len() - at;
      pen.put(Role::Warn, &format!(" {more} more: j"));
      break;
    }
    line(
      &mut pen,
      container,
      &columns,
      app,
      focused && at == selected,
    );
  }
}

fn line(pen: &mut Pen<'_>, container: &Container, columns: &Columns, app: &App, selected: bool) {
  let tone = role(slots::tone(container));
  let name = if selected { Role::Selected } else { Role::Text };
  pen.put(name, if selected { ">" } else { " " });
  pen.cell(name, &container.service, columns.name);
  pen.put(Role::Text, " ");
  pen.cell(tone, &slots::state(container), columns.state);
  pen.put(Role::Text, " ");
  pen.cell(tone, slots::health_word(container), 10);
  if columns.figures() {
    let used = app.usage.of(&container.id);
    let cores = used.and_then(|used| used.cores);
    pen.cell(
      Role::Text,
      &cores.map_or_else(|| "-".to_owned(), percent),
      6,
    );
    let memory = used.map_or_else(|| "-".to_owned(), |used| memory(used.memory));
    pen.cell(Role::Text, &memory, 7);
  }
  if columns.restarts() {
    let role = if container.restarts > 0 {
      Role::Warn
    } else {
      Role::Text
    };
    pen.cell(role, &container.restarts.to_string(), 5);
  }
  if columns.up() {
    let up = container
      .started_at
      .filter(|_| container.is_running())
      .map_or_else(|| "-".to_owned(), |at| coarse(age(at, app.now.wall)));
    pen.cell(Role::Text, &up, 8);
  }
  if columns.image() {
    pen.cell(Role::Faint, &slots::image(container), pen.room());
  }
}
