//! What each action of the table does. A new row does not compile until it has its arm here.

use super::{
  deploy, doctor, go, history, lifecycle, list, look, question, restore, shell, tour, watch,
};
use crate::{
  engine::Intent,
  model::{Slot, event::Recovery},
  render::{Tone, words::coarse},
  tui::{
    action::{Action, Effect as Changes, Place},
    effect::Effect,
    state::{able, app::App, modal::Modal, panel::Panel},
  },
};

const PAGE: isize = 10;

#[expect(
  clippy::match_same_arms,
  reason = "a table: one line for each action, in the order of the actions"
)]
pub(super) fn act(app: &mut App, action: Action) -> Vec<Effect> {
  if action.row().effect == Changes::Changes
    && let Some(why) = app.able.why_not(action)
  {
    let seen = app.overdue().map_or_else(String::new, |age| {
      format!(" (seen {} ago; r looks again)", coarse(age))
    });
    let text = format!("{} is not possible now: {why}{seen}", action.row().title);
    app.say(Tone::Warn, text);
    return Vec::new();
  }
  if matches!(app.panel, Panel::Log(_)) && is_of_logs(action) {
    return super::logs::act(app, action);
  }
  match action {
    Action::Rollback if app.is_interrupted() => question::recover(app, Recovery::Rollback),
    Action::Switch if app.operation.as_ref().is_some_and(|it| it.gate().is_some()) => {
      question::gate(app)
    }
    Action::Complete if app.watched().is_some() => watch::keep(app),
    Action::Rollback | Action::Switch | Action::Smoke | Action::Complete | Action::Backup => {
      match able::intent(action, &app.live()) {
        Some(intent) => plan(app, action.row().title, intent),
        None => Vec::new(),
      }
    }
    Action::Deploy => deploy::open(app),
    Action::Lifecycle => lifecycle::open(app),
    Action::Abort => question::abort(app),
    Action::Decline => question::decline(app),
    Action::Resume => question::recover(app, Recovery::Resume),
    Action::Takeover => question::recover(app, Recovery::Rollback),
    Action::Note => question::note(app),
    Action::Shell => shell::open(app),
    Action::Restore => restore::open(app),
    Action::Weight => Vec::new(),

    Action::NextPanel => go::step_panel(app, 1),
    Action::PreviousPanel => go::step_panel(app, Panel::ALL.len() - 1),
    Action::PanelBlue => go::to(app, Panel::Environment(Slot::Blue)),
    Action::PanelGreen => go::to(app, Panel::Environment(Slot::Green)),
    Action::PanelOperation => go::to(app, Panel::Operation),
    Action::PanelLogBlue => go::to(app, Panel::Log(Slot::Blue)),
    Action::PanelLogGreen => go::to(app, Panel::Log(Slot::Green)),
    Action::PanelWatch => go::to(app, Panel::Watch),
    Action::PanelHistory => go::to(app, Panel::History),
    Action::PanelOwnLog => go::to(app, Panel::OwnLog),
    Action::OtherSide => app
      .panel
      .other()
      .map_or_else(Vec::new, |other| go::to(app, other)),
    Action::Down => go::scroll(app, 1),
    Action::Up => go::scroll(app, -1),
    Action::PageDown => go::scroll(app, PAGE),
    Action::PageUp => go::scroll(app, -PAGE),
    Action::Top => go::scroll(app, isize::MIN),
    Action::Bottom => go::scroll(app, isize::MAX),
    Action::NextService => go::scroll(app, 1),
    Action::PreviousService => go::scroll(app, -1),
    Action::Open if app.panel == Panel::History => history::open(app),
    Action::Left | Action::Right | Action::Open => Vec::new(),

    Action::Search if app.panel == Panel::History => history::search(app),
    Action::Search | Action::FindNext | Action::FindPrevious => Vec::new(),
    Action::Palette => list::palette(app),
    Action::Menu => list::menu(app),
    Action::Help => list::help(app),
    Action::Zoom => {
      app.zoomed = !app.zoomed;
      Vec::new()
    }
    Action::Copy => vec![Effect::CopyPanel],
    Action::Refresh => {
      app.say(Tone::Faint, "looking at everything again");
      vec![Effect::Observe]
    }
    Action::Preflight => list::preflight(app),
    Action::Doctor => doctor::open(app),
    Action::Tour => tour::toggle(app),
    Action::Diff => look::diff(app),
    Action::Inspect => look::inspect(app),
    Action::NextError => super::logs::act(app, action),
    Action::Follow
    | Action::Wrap
    | Action::Time
    | Action::LevelUp
    | Action::Align
    | Action::Merge
    | Action::Filter
    | Action::PreviousSource
    | Action::NextSource
    | Action::Clear
    | Action::Save => Vec::new(),

    Action::Close => go::close(app),
    Action::Quit => go::interrupt(app),
    Action::Suspend => vec![Effect::Suspend],
    Action::Redraw => vec![Effect::Redraw],
    Action::Mouse => vec![Effect::Mouse],
  }
}

/// What a log panel does in its own way.
fn is_of_logs(action: Action) -> bool {
  let row = action.row();
  row.place == Place::Logs
    || matches!(
      action,
      Action::Down
        | Action::Up
        | Action::PageDown
        | Action::PageUp
        | Action::Top
        | Action::Bottom
        | Action::Left
        | Action::Right
        | Action::Search
        | Action::FindNext
        | Action::FindPrevious
        | Action::Copy
    )
}

/// Asks the engine for a plan; the dialog opens when it is there.
pub(super) fn plan(app: &mut App, what: &str, intent: Intent) -> Vec<Effect> {
  let ticket = app.ticket();
  app.modals.push(Modal::Planning {
    ticket,
    what: what.to_owned(),
  });
  vec![Effect::Plan { ticket, intent }]
}
