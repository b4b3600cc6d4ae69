//! What users get, from the proxy's access log. After a switch: now, the limit, and what the former
//! slot did before, because a bare number cannot be judged at night. Else each slot as it is.
//! ```text
//! OK: within the limits                             left 11:48 of 15:00
//!            now      limit     BLUE before
//! 5xx        0.4 %    5 %       0.2 %
//! p95        203 ms   -         180 ms
//! ```

use std::time::Duration;

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
  frame::{self, Look},
  pen::{Pen, role},
  theme::{Role, Theme},
};
use crate::{
  model::{
    Slot,
    requests::{Sum, Window},
    watch::{self, Measure, Moved, Rollback, Share, Verdict},
  },
  render::{
    watch as words,
    words::{badge, coarse, millis},
  },
  tui::state::{app::App, panel::Panel, watch::ByItself},
};

/// Columns that rate, errors and three percentiles take.
const ALL_PERCENTS: usize = 58;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  let watched = app
    .watch
    .verdict
    .as_ref()
    .filter(|(_, verdict)| !matches!(verdict, Verdict::Over | Verdict::Ended(_)));
  let title = watched.map_or_else(
    || " WATCH  what users get ".to_owned(),
    |(moved, _)| format!(" WATCH  {} after {} ", moved.to.shout(), moved.operation),
  );
  let inner = frame::draw(
    buffer,
    area,
    theme,
    Look::panel(false, app.panel == Panel::Watch),
    &[(Role::Key, "6"), (Role::Strong, &title)],
    &[(Role::Faint, " by the proxy's access log ")],
  );
  match watched {
    Some((moved, verdict)) => after(buffer, inner, app, moved, verdict, theme),
    None => slots(buffer, inner, app, theme),
  }
}

/// The watch after a switch; what is limited stands first, for screens with few rows.
fn after(
  buffer: &mut Buffer,
  area: Rect,
  app: &App,
  moved: &Moved,
  verdict: &Verdict,
  theme: Theme,
) {
  let limits = &app.site.watch;
  let mut pen = Pen::row(buffer, area, 0, theme);
  let left = words::left(moved, limits, app.now.wall);
  pen.right(Role::Text, &format!("{left} "));
  pen
    .put(Role::Text, " ")
    .put(role(words::tone(verdict)), &words::verdict(verdict));
  let now = watch::lately(moved, limits, &app.requests[moved.to], app.now.wall);
  let before = app.watch.before.as_ref().and_then(|it| it.sum(moved));
  let head = now.as_ref().map_or_else(
    || "now".to_owned(),
    |(seconds, _)| format!("last {}", coarse(Duration::from_secs(*seconds))),
  );
  let former = format!("{} before", moved.from.shout());
  let mut pen = Pen::row(buffer, area, 1, theme);
  for (text, width) in [("", 8), (head.as_str(), 12), ("limit", 12), (&former, 14)] {
    pen.cell(Role::Faint, text, width);
  }
  if before.is_none() && pen.room() > 40 {
    pen.put(Role::Faint, "not seen: this console was opened later");
  }
  for (at, row) in rows(app, now.as_ref(), before.as_ref()).iter().enumerate() {
    let at = u16::try_from(at + 2).unwrap_or(u16::MAX);
    let broken =
      row.measure.is_some() && verdict.breach().map(|breach| breach.measure) == row.measure;
    let mut pen = Pen::row(buffer, area, at, theme);
    let shown = if broken { Role::Bad } else { Role::Text };
    pen.put(Role::Text, " ").cell(Role::Faint, row.name, 7);
    pen.cell(shown, &row.now, 12);
    pen.cell(Role::Text, &row.limit, 12);
    pen.cell(Role::Faint, &row.before, 14);
  }
  keys(buffer, area, app, moved, verdict, theme);
}

struct Row {
  name: &'static str,
  measure: Option<Measure>,
  now: String,
  limit: String,
  before: String,
}

fn rows(app: &App, now: Option<&(u64, Sum)>, before: Option<&(u64, Sum)>) -> Vec<Row> {
  let limits = &app.site.watch;
  let time = |sum: Option<&Sum>, percent| match sum.map(|sum| sum.percentile(percent)) {
    Some(Some(time)) => millis(u64::from(time)),
    Some(None) => "not logged".to_owned(),
    None => "?".to_owned(),
  };
  let rate = |of: Option<&(u64, Sum)>| {
    of.map_or_else(
      || "?".to_owned(),
      |(seconds, sum)| words::rate(sum.count, *seconds),
    )
  };
  let (requests, requests_before) = (rate(now), rate(before));
  let (now, before) = (now.map(|(_, sum)| sum), before.map(|(_, sum)| sum));
  let failed = |sum: Option<&Sum>| sum.map_or_else(|| "?".to_owned(), words::share);
  let timed = |name, percent, limit: Option<String>| Row {
    name,
    measure: (percent == 95).then_some(Measure::P95),
    now: time(now, percent),
    limit: limit.unwrap_or_else(|| "-".to_owned()),
    before: time(before, percent),
  };
  let most = (limits.error_rate < Share::ALL).then(|| limits.error_rate.to_string());
  vec![
    Row {
      name: "5xx",
      measure: Some(Measure::ErrorRate),
      now: failed(now),
      limit: most.unwrap_or_else(|| "-".to_owned()),
      before: failed(before),
    },
    timed("p95", 95, limits.p95.map(words::time)),
    timed("p50", 50, None),
    timed("p99", 99, None),
    Row {
      name: "req/s",
      measure: None,
      now: requests,
      limit: "-".to_owned(),
      before: requests_before,
    },
  ]
}

/// What can be done, below the figures where there is room.
fn keys(
  buffer: &mut Buffer,
  area: Rect,
  app: &App,
  moved: &Moved,
  verdict: &Verdict,
  theme: Theme,
) {
  const FIRST: u16 = 8;
  let limits = &app.site.watch;
  let leads = match limits.rollback {
    _ if !moved.can_be_undone() => "a rollback is watched too; nothing goes back by itself",
    Rollback::Ask => "a broken limit is said here, and you decide",
    Rollback::Auto => "a broken limit rolls back by itself, 10 s after it was said",
    Rollback::Never => "a broken limit is said here; nothing rolls back by itself",
  };
  let broken = matches!(verdict, Verdict::Broken(_));
  let lines = [
    (
      if broken { Role::Strong } else { Role::Text },
      format!(
        " R roll back to {}   C keep {}: ends the watch",
        moved.from.shout(),
        moved.to.shout()
      ),
    ),
    (Role::Faint, format!(" {}", words::limits(limits))),
    (Role::Faint, format!(" {leads}")),
  ];
  for (at, (shown, text)) in (FIRST..).zip(lines) {
    Pen::row(buffer, area, at, theme).put(shown, &text);
  }
}

/// The loudest line there is while a limit is broken; nothing else.
pub(super) fn alarm(app: &App) -> Option<(Role, String)> {
  let (moved, Verdict::Broken(breach)) = app.watch.verdict.as_ref()? else {
    return None;
  };
  let (to, from) = (moved.to.shout(), moved.from.shout());
  let what = format!("{to} SINCE {}: {}.", moved.operation, words::breach(breach));
  let then = match &app.watch.by_itself {
    _ if !moved.can_be_undone() => format!("{from} was worse or is gone: decide with care"),
    ByItself::Counting { until, .. } => {
      let left = until
        .saturating_sub(app.now.since_start)
        .as_secs_f64()
        .ceil();
      format!("BACK TO {from} BY ITSELF IN {left} s. R: now.  C: keep {to}")
    }
    ByItself::Asked { .. } => format!("GOING BACK TO {from} BY ITSELF"),
    ByItself::Tried {
      why_not: Some(why), ..
    } => format!("NOT rolled back by itself: {why}. R: roll back.  C: keep {to}"),
    ByItself::Idle | ByItself::Tried { why_not: None, .. } => {
      format!("R: roll back.  C: keep {to}")
    }
  };
  Some((Role::Alarm, format!("{what} {then}")))
}

/// Each slot beside the other, when nothing is watched.
fn slots(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  if let Some(why) = &app.requests_why_not {
    Pen::row(buffer, area, 0, theme).put(Role::Warn, &format!(" {why}"));
    return;
  }
  let over = match &app.watch.verdict {
    Some((moved, Verdict::Ended(ended))) => {
      format!(
        " the watch after {} was ended by {}",
        moved.operation, ended.by
      )
    }
    Some((moved, _)) => format!(
      " the watch after {} is over: {} {}",
      moved.operation,
      moved.to.shout(),
      words::left(moved, &app.site.watch, app.now.wall)
    ),
    None => " nothing moved users that is watched".to_owned(),
  };
  let mut row = 0;
  for slot in Slot::BOTH {
    let mut pen = Pen::row(buffer, area, row, theme);
    pen.put(Role::Text, " ").put(Role::Slot(slot), &badge(slot));
    row += 1;
    let room = usize::from(area.width.saturating_sub(1));
    for line in [line(app, slot, room), spark(app, slot, theme)] {
      let mut pen = Pen::row(buffer, area, row, theme);
      pen.put(Role::Text, " ");
      for (role, text) in &line {
        pen.put(*role, text);
      }
      row += 1;
    }
    row += 1;
  }
  Pen::row(buffer, area, row, theme).put(Role::Faint, &over);
}

/// `41.0/s  err 0.2 %  p50 38 ms  p95 180 ms  p99 410 ms` of the last five minutes, in less than `room`
/// columns only `p95`; nothing where nothing came.
pub(super) fn line(app: &App, slot: Slot, room: usize) -> Vec<(Role, String)> {
  let window: &Window = &app.requests[slot];
  let now = app.now.wall;
  let (count, failed) = window.totals(now);
  if count == 0 {
    return vec![(Role::Faint, "none seen".to_owned())];
  }
  let rate = window
    .per_second(now)
    .map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}"));
  let failing = window.failing(now).unwrap_or(0.0);
  let limits = &app.site.watch;
  let mut parts = vec![
    (Role::Text, format!("{rate}/s")),
    (
      if limits.error_rate.is_exceeded_by(failed, count) {
        Role::Bad
      } else {
        Role::Text
      },
      format!("  err {:.1} %", failing * 100.0),
    ),
  ];
  let percents: &[u8] = if room < ALL_PERCENTS {
    &[95]
  } else {
    &[50, 95, 99]
  };
  for &percent in percents {
    if let Some(time) = window.percentile(now, percent) {
      let most = limits.p95.filter(|_| percent == 95);
      let above = most.is_some_and(|most| Duration::from_millis(u64::from(time)) > most);
      let role = if above { Role::Warn } else { Role::Text };
      parts.push((role, format!("  p{percent} {}", millis(u64::from(time)))));
    }
  }
  parts
}

fn spark(app: &App, slot: Slot, theme: Theme) -> Vec<(Role, String)> {
  let history = app.requests[slot].history(app.now.wall);
  let most = history.iter().copied().max().unwrap_or(0).max(1);
  let bars = theme.bars();
  let text: String = history
    .iter()
    .map(|count| {
      let height = (u64::from(*count) * 7).div_ceil(u64::from(most));
      bars[usize::try_from(height).unwrap_or(7).min(7)]
    })
    .collect();
  vec![(Role::Faint, text)]
}
