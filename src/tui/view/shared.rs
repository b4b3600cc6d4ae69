//! What both slots share: the proxy, the database, the lock.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
  frame::{self, Look},
  pen::{Pen, role},
  theme::{Role, Theme},
};
use crate::{
  render::{
    status::slots,
    words::{age, coarse},
  },
  tui::state::app::App,
};

pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
  let inner = frame::draw(
    buffer,
    area,
    theme,
    Look::panel(false, false),
    &[(Role::Strong, " SHARED ")],
    &[],
  );
  let Some(seen) = &app.seen else { return };
  let eyes = app.eyes();
  let mut row = 0;
  match eyes.fresh(&seen.shared) {
    Ok(containers) => {
      for container in containers {
        let mut pen = Pen::row(buffer, inner, row, theme);
        pen
          .put(Role::Text, " ")
          .cell(Role::Text, &container.service, 10);
        pen.cell(role(slots::tone(container)), &slots::state(container), 9);
        pen.put(role(slots::tone(container)), slots::health_word(container));
        row += 1;
      }
    }
    Err(why) => {
      Pen::row(buffer, inner, row, theme).put(Role::Warn, &format!(" {why}"));
      row += 1;
    }
  }
  let mut line = |label: &str, shown: Role, text: &str| {
    let mut pen = Pen::row(buffer, inner, row, theme);
    pen.put(Role::Text, " ").cell(Role::Faint, label, 10);
    pen.put(shown, text);
    row += 1;
  };
  match eyes.fresh(&seen.router) {
    Ok(facts) => {
      match &facts.test {
        Ok(()) => line("proxy", Role::Good, "its own test passes"),
        Err(why) => line("proxy", Role::Bad, why.as_str()),
      }
      let draining = facts
        .workers
        .as_ref()
        .map_or(0, |it| it.shutting_down.len());
      if draining > 0 {
        line(
          "draining",
          Role::Warn,
          &format!("{draining} former workers"),
        );
      }
    }
    Err(why) => line("proxy", Role::Warn, &why),
  }
  match &seen.lock {
    Some(holder) => line(
      "lock",
      Role::Strong,
      &format!(
        "{} {} {}",
        holder.operation,
        holder.actor.user,
        coarse(age(holder.since, app.now.wall))
      ),
    ),
    None => line("lock", Role::Text, "free"),
  }
  if let Some(runtime) = seen.runtime.value() {
    line("engine", Role::Faint, runtime.engine.as_str());
  }
}
