//! The two lines that are always there: who is live and how sure that is, how to get back, who
//! says so, who is here. Below them whatever is wrong, loudest first.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
  findings,
  layout::MOST_ALARMS,
  page,
  pen::Pen,
  theme::{Role, Theme},
};
use crate::{
  engine::run_state::Users,
  model::{
    observation::{Observation, Phase},
    traffic::{Live, Testimony, Warmth, Witness, WitnessKind},
  },
  render::{
    Page, Tone, status,
    words::{age, badge, clock, coarse},
  },
  tui::state::app::{App, Role as Part},
};

/// Who is live, in the fewest words: `LIVE [B] BLUE 1.9.3`.
pub(super) fn live(app: &App) -> (Role, String) {
  let version = |slot| {
    app
      .seen
      .as_ref()
      .and_then(|seen| status::version(seen, slot))
      .map_or_else(String::new, |version| format!(" {version}"))
  };
  if let Users::Moving { to } = app.told() {
    return (
      Role::Warn,
      format!("USERS MOVE TO {}{}", badge(to), version(to)),
    );
  }
  match app.live() {
    Live::Proven { slot } => (
      Role::Slot(slot),
      format!("LIVE {}{}", badge(slot), version(slot)),
    ),
    Live::Claimed { slot } => (
      Role::Warn,
      format!("LIVE? {}{} NOT PROVEN", badge(slot), version(slot)),
    ),
    Live::Disputed { proven: Some(slot) } => (
      Role::Alarm,
      format!("LIVE DISPUTED (proxy answers {})", slot.shout()),
    ),
    Live::Disputed { proven: None } => (Role::Alarm, "LIVE DISPUTED".to_owned()),
    Live::Unknown => (Role::Alarm, "LIVE UNKNOWN".to_owned()),
  }
}

/// Whether and how fast users can be sent back: `rollback HOT 1 s`.
pub(super) fn readiness(app: &App) -> (Role, String) {
  let Some(seen) = &app.seen else {
    return (Role::Off, "rollback ?".to_owned());
  };
  if let Some(age) = app.overdue() {
    return (Role::Stale, format!("rollback? {} old", coarse(age)));
  }
  let ready = &seen.readiness;
  if ready.target.is_some() && app.told() != Users::NotTold {
    return (Role::Off, "rollback ?".to_owned());
  }
  let seconds = ready
    .expected_seconds
    .filter(|_| ready.warmth != Warmth::None)
    .map_or_else(String::new, |seconds| format!(" {seconds} s"));
  let role = match ready.warmth {
    Warmth::None => Role::Off,
    Warmth::Hot if ready.why_not.is_empty() => Role::Good,
    Warmth::Hot | Warmth::Warm | Warmth::Cold => Role::Warn,
  };
  (role, format!("rollback {}{seconds}", ready.warmth))
}

pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  let wide = area.width >= 120;
  let mut pen = Pen::row(buffer, area, 0, theme);
  let (role, text) = readiness(app);
  pen.right(Role::Text, " ");
  pen.right(role, &text).right(Role::Text, "  ");
  if app.site.production {
    pen.put(Role::Alarm, " PRODUCTION ").put(Role::Text, " ");
  } else {
    pen.put(Role::Strong, " cutover ");
  }
  let site = &app.site.name;
  let host = app.me.host.as_str();
  if wide {
    pen.put(Role::Faint, " site ").put(Role::Strong, site);
    pen.put(Role::Faint, "  host ").put(Role::Text, host);
    pen.put(Role::Text, "    ");
  } else {
    pen
      .put(Role::Text, site)
      .put(Role::Faint, &format!("@{host}  "));
  }
  let (role, text) = live(app);
  pen.put(role, &text);
  pen.put(Role::Text, &since(app));
  witnesses(buffer, area, app, theme, wide);
}

/// For how long users have been where they are; while they move, nobody has that.
fn since(app: &App) -> String {
  if matches!(app.told(), Users::Moving { .. }) {
    return String::new();
  }
  let record = app.seen.as_ref().and_then(|seen| seen.record.as_ref());
  match (app.live(), record) {
    (Live::Proven { slot } | Live::Claimed { slot }, Some(record))
      if record.live == slot && record.moved_by.is_some() =>
    {
      format!(" for {}", coarse(age(record.since, app.now.wall)))
    }
    _ => String::new(),
  }
}

fn witnesses(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme, wide: bool) {
  let mut pen = Pen::row(buffer, area, 1, theme);
  pen.right(Role::Text, " ");
  pen.right(Role::Text, &clock(app.now.wall));
  let me = match app.role {
    Part::Operator => format!("{}  ", app.me.user),
    Part::Observer => format!("{} [only watching]  ", app.me.user),
  };
  pen.right(Role::Faint, &me);
  if app.watching > 1 {
    pen.right(Role::Strong, &format!(" {} watch  ", app.watching));
  }
  let Some(seen) = &app.seen else {
    pen.put(Role::Faint, " looking at the site ...");
    return;
  };
  pen.put(Role::Faint, " witnesses ");
  for witness in &seen.witnesses {
    let (told, testimony) = since_told(app.told(), witness);
    let stale = !told && app.eyes().is_stale(witness.at);
    let name = match witness.kind {
      WitnessKind::Proof => "proof",
      WitnessKind::ManagedFile if wide => "managed file",
      WitnessKind::ManagedFile => "file",
      WitnessKind::StateFile if wide => "state file",
      WitnessKind::StateFile => "state",
      WitnessKind::Containers if wide => "containers",
      WitnessKind::Containers => "run",
    };
    let (role, says) = match testimony {
      _ if stale => (Role::Stale, "?"),
      Testimony::Slot { slot } => (Role::Slot(slot), slot.shout()),
      Testimony::Both if witness.kind == WitnessKind::Containers => (Role::Text, "both"),
      Testimony::Both => (Role::Bad, "BOTH"),
      Testimony::Silent => (Role::Faint, "-"),
      Testimony::Unknown => (Role::Warn, "?"),
    };
    pen.put(Role::Faint, name).put(Role::Faint, "=");
    pen.put(role, says).put(Role::Text, "  ");
  }
}

/// What a witness says after an operation proved where users are: the proof is that one, and what others
/// said before it is no contradiction.
fn since_told(told: Users, witness: &Witness) -> (bool, Testimony) {
  match told {
    Users::Proven { slot, .. } if witness.kind == WitnessKind::Proof => {
      (true, Testimony::Slot { slot })
    }
    Users::Proven { slot, at }
      if witness.at < at && witness.slot().is_some_and(|said| said != slot) =>
    {
      (true, Testimony::Unknown)
    }
    _ => (false, witness.testimony.clone()),
  }
}

/// What is wrong, loudest first, each with what to press.
pub(super) fn alarms(app: &App) -> Vec<(Role, String)> {
  let mut found = Vec::new();
  let Some(seen) = &app.seen else {
    return found;
  };
  if let Some(age) = app.overdue() {
    let age = coarse(age);
    let text = format!("NOTHING WAS SEEN FOR {age}: what is below is old, not true");
    found.push((Role::Alarm, text));
  }
  if let Some(why) = seen.runtime.why_not() {
    found.push((Role::Alarm, format!("DOCKER: {why}")));
  }
  disputed(app, &mut found);
  interrupted(seen, &mut found);
  found.extend(super::watch::alarm(app));
  // Most of it speaks of the slot that was live: from before users were moved, it is no alarm about now.
  if !matches!(app.told(), Users::Proven { .. }) {
    let drift = seen.drift.iter();
    found.extend(drift.map(|drift| (Role::Bad, drift.to_string())));
  }
  found
}

/// The same, each in at most two rows of `width` columns: what to press is at its end. What the
/// doctor found stands last of those that have room.
pub(super) fn alarm_rows(app: &App, width: u16) -> Vec<(Role, String)> {
  let width = usize::from(width.saturating_sub(2));
  let mut rows: Vec<(Role, String)> = in_rows(app, width);
  if let Some(strip) = findings::strip(app, width) {
    rows.insert(rows.len().min(usize::from(MOST_ALARMS) - 1), strip);
  }
  rows
}

fn in_rows(app: &App, width: usize) -> Vec<(Role, String)> {
  alarms(app)
    .into_iter()
    .flat_map(|(role, text)| {
      let mut page = Page::default();
      page.wrapped(Tone::Plain, &format!("!! {text}"), 3);
      let mut rows = page::rows(&page, width).into_iter().map(|(_, row)| row);
      let first = rows.next().unwrap_or_default();
      let rest: Vec<String> = rows.collect();
      let second = (!rest.is_empty()).then(|| format!("   {}", words(&rest)));
      [Some(first), second]
        .into_iter()
        .flatten()
        .map(move |row| (role, row))
    })
    .collect()
}

fn words(rows: &[String]) -> String {
  let words: Vec<&str> = rows.iter().map(|row| row.trim()).collect();
  words.join(" ")
}

fn disputed(app: &App, found: &mut Vec<(Role, String)>) {
  if let Live::Disputed { proven } = app.live() {
    found.push((
      Role::Alarm,
      match proven {
        Some(slot) => format!(
          "WITNESSES DISAGREE: the proxy answers {0}. S, then {1}: write down what is true; moves nobody",
          slot.shout(),
          slot
        ),
        None => "WITNESSES DISAGREE and the proxy names no slot: p shows what each one says".to_owned(),
      },
    ));
  }
}

fn interrupted(seen: &Observation, found: &mut Vec<(Role, String)>) {
  if let Some(operation) = &seen.operation
    && operation.phase == Phase::Interrupted
  {
    let at = operation
      .step
      .as_ref()
      .map_or_else(String::new, |step| format!(" at {step}"));
    found.push((
      Role::Alarm,
      format!(
        "{} ({}) WAS INTERRUPTED{at}. R: put users back.  :resume: go on",
        operation.id, operation.kind
      ),
    ));
  }
}
