//! The choice of what to deploy: where it goes, what could be deployed, and what the preflight of
//! the chosen version says.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
  modal::{field, opened},
  pen::Pen,
  theme::{Role, Theme},
};
use crate::{
  engine::intent::WhenReady,
  model::{
    offer::{Offered, Origin, Standing},
    plan::ImageSource,
  },
  render::{
    status,
    words::{ago, badge, count},
  },
  tui::state::{
    app::App,
    deploy::{Candidate, Deploying, Preflight},
  },
};

/// Rows beside the list: target, field, two choices, verdict and what it says.
const OTHERS: usize = 8;
const LEAST_LIST: usize = 3;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, it: &Deploying, app: &App, theme: Theme) {
  let rows = it.rows();
  let list = rows.len().max(it.offered.len()).max(LEAST_LIST);
  let inner = opened(
    buffer,
    area,
    list + OTHERS,
    theme,
    Role::Focus,
    "DEPLOY",
    &format!("{} @ {}", app.site.name, app.me.host),
  );
  target(buffer, inner, app, theme);
  Pen::row(buffer, inner, 1, theme).put(Role::Faint, "version ");
  let typed = Rect {
    x: inner.x + 9.min(inner.width),
    width: inner.width.saturating_sub(9),
    ..inner
  };
  field(buffer, typed, 1, &it.input, theme);
  let height = usize::from(inner.height).saturating_sub(OTHERS);
  let first = (it.selected + 1).saturating_sub(height);
  for (at, candidate) in rows.iter().enumerate().skip(first).take(height) {
    let row = 2 + u16::try_from(at - first).unwrap_or(0);
    let mut pen = Pen::row(buffer, inner, row, theme);
    let more = rows.len() - at;
    if at + 1 == first + height && more > 1 {
      pen.put(Role::Warn, &format!("  {more} more: Down"));
    } else {
      line(&mut pen, candidate, at == it.selected, app);
    }
  }
  if it.ticket.is_some() {
    let row = 2 + u16::try_from(rows.len().min(height.saturating_sub(1))).unwrap_or(0);
    Pen::row(buffer, inner, row, theme).put(Role::Faint, "  looking for versions ...");
  } else if rows.is_empty() {
    Pen::row(buffer, inner, 2, theme).put(
      Role::Faint,
      "  none is known on this machine: type the one to deploy",
    );
  }
  let below = Rect {
    y: inner.y + u16::try_from(2 + height).unwrap_or(0),
    height: inner
      .height
      .saturating_sub(u16::try_from(2 + height).unwrap_or(0)),
    ..inner
  };
  choices(buffer, below, it, theme);
  preflight(buffer, below, it, theme);
}

fn target(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  let mut pen = Pen::row(buffer, area, 0, theme);
  pen.put(Role::Faint, "to       ");
  let Some((seen, live)) = app
    .seen
    .as_ref()
    .and_then(|seen| Some((seen, app.live().slot()?)))
  else {
    pen.put(Role::Warn, "it is not certain who is live");
    return;
  };
  let standby = live.other();
  pen.put(Role::Slot(standby), &badge(standby));
  let now = status::version(seen, standby)
    .map_or_else(|| "empty".to_owned(), |version| format!("now {version}"));
  pen.put(Role::Text, &format!(" standby, {now}"));
  pen.right(
    Role::Faint,
    &format!("   {} is live, so never there", badge(live)),
  );
}

fn line(pen: &mut Pen<'_>, candidate: &Candidate<'_>, selected: bool, app: &App) {
  let shown = if selected { Role::Selected } else { Role::Text };
  pen.put(shown, if selected { "> " } else { "  " });
  match candidate {
    Candidate::Offered(offered) => {
      pen.cell(shown, offered.version.as_str(), 20);
      let age = offered
        .at
        .map_or_else(String::new, |at| ago(at, app.now.wall));
      pen.put(Role::Text, " ").cell(Role::Faint, &age, 12);
      for standing in &offered.standing {
        let (role, text) = match standing {
          Standing::Live(slot) => (Role::Slot(*slot), format!("LIVE {}", badge(*slot))),
          Standing::Standby(slot) => (Role::Slot(*slot), format!("on {}", badge(*slot))),
          Standing::Unsure(slot) => (Role::Warn, format!("on {}, live?", badge(*slot))),
        };
        pen.put(role, &text).put(Role::Text, "  ");
      }
      pen.cell(Role::Faint, &origins(offered), pen.room());
    }
    Candidate::Typed(Ok(version)) => {
      pen.cell(shown, version.as_str(), 20);
      pen.put(Role::Warn, " as typed; not known on this machine");
    }
    Candidate::Typed(Err(why)) => {
      pen.put(Role::Warn, &why.to_string());
    }
  }
}

fn origins(offered: &Offered) -> String {
  let words: Vec<&str> = offered
    .origins
    .iter()
    .map(|origin| match origin {
      Origin::Images => "images here",
      Origin::Pins => "deployed before",
      Origin::Source => "source tag",
    })
    .collect();
  let lacking = if offered.lacking.is_empty() {
    String::new()
  } else {
    format!("; no image of {}", offered.lacking.join(", "))
  };
  format!("{}{lacking}", words.join(", "))
}

fn choices(buffer: &mut Buffer, area: Rect, it: &Deploying, theme: Theme) {
  let source = match it.source {
    None => "as configured",
    Some(ImageSource::Build) => "build here",
    Some(ImageSource::Rebuild) => "build here, without any cache",
    Some(ImageSource::Pull) => "pull",
    Some(ImageSource::Recorded) => "recorded",
  };
  let ready = match it.ready {
    WhenReady::Ask => "wait and ask before users move",
    WhenReady::Stop => "stop there; users stay where they are",
    WhenReady::Switch => "switch users at once",
  };
  for (row, label, value, key) in [
    (0, "images   ", source, "Tab"),
    (1, "then     ", ready, "Shift-Tab"),
  ] {
    let mut pen = Pen::row(buffer, area, row, theme);
    pen.put(Role::Faint, label).put(Role::Text, value);
    pen.put(Role::Text, "   ").put(Role::Key, key);
    pen.put(Role::Faint, " changes");
  }
}

fn preflight(buffer: &mut Buffer, area: Rect, it: &Deploying, theme: Theme) {
  let mut pen = Pen::row(buffer, area, 2, theme);
  match &it.preflight {
    Preflight::Idle => {}
    Preflight::Settling { .. } | Preflight::Asked(_) => {
      pen.put(Role::Faint, "checking ...");
    }
    Preflight::Ready(plan) => {
      let warnings = plan.warnings.len();
      let steps = count(plan.steps.len() as u64, "step");
      let text = match warnings {
        0 => format!("[ok] ready, {steps}"),
        _ => format!("[ok] ready, {steps}, {}", count(warnings as u64, "warning")),
      };
      pen.put(
        if warnings == 0 {
          Role::Good
        } else {
          Role::Warn
        },
        &text,
      );
      for (row, warning) in (3..5).zip(&plan.warnings) {
        let mut pen = Pen::row(buffer, area, row, theme);
        pen.cell(Role::Warn, &format!("!! {warning}"), pen.room());
      }
    }
    Preflight::Refused(refusal) => {
      pen.put(Role::Bad, "[XX] not possible");
      for (row, fault) in (3..5).zip(&refusal.faults) {
        let mut pen = Pen::row(buffer, area, row, theme);
        pen.cell(Role::Bad, &format!("!! {}", fault.what), pen.room());
      }
    }
  }
  let mut pen = Pen::row(buffer, area, area.height.saturating_sub(1), theme);
  pen
    .put(Role::Key, "Enter")
    .put(Role::Text, " shows the plan and asks   ");
  pen.put(Role::Key, "Esc").put(Role::Text, " leaves");
}
