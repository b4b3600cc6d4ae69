//! What the keys of the log panels do, and what the site's news mean for the logs.

use crate::{
  config::{Place, Site},
  model::{
    event::{Event, Produced, Record},
    log_source::{ProxyLog, Source},
    observation::Observation,
    operation::OperationId,
    shown::Shown,
  },
  render::Tone,
  tui::{
    action::Action,
    effect::Effect,
    state::{
      app::App,
      logs::{LogAction, LogOutcome, PaneId},
      modal::{Modal, Purpose, Writing},
      panel::Panel,
    },
  },
};

/// The pane the keys go to; a panel that is no log has the one of BLUE.
fn pane(app: &App) -> PaneId {
  if app.merged {
    PaneId::Merged
  } else {
    PaneId::Slot(app.panel.slot().unwrap_or(crate::model::Slot::Blue))
  }
}

pub(super) fn act(app: &mut App, action: Action) -> Vec<Effect> {
  let wanted = match action {
    Action::Down => LogAction::Down(1),
    Action::Up => LogAction::Up(1),
    Action::PageDown => LogAction::PageDown,
    Action::PageUp => LogAction::PageUp,
    Action::Top => LogAction::Top,
    Action::Bottom => LogAction::End,
    Action::Left => LogAction::Left,
    Action::Right => LogAction::Right,
    Action::Follow => LogAction::Follow,
    Action::Wrap => LogAction::Wrap,
    Action::Time => LogAction::Stamps,
    Action::LevelUp => LogAction::Level,
    Action::NextError => LogAction::NextError,
    Action::Align => LogAction::Align,
    Action::PreviousSource => LogAction::PreviousSource,
    Action::NextSource => LogAction::NextSource,
    Action::FindNext => LogAction::NextHit,
    Action::FindPrevious => LogAction::PreviousHit,
    Action::Clear => LogAction::Clear,
    Action::Copy => LogAction::Copy,
    Action::Save => LogAction::Save,
    Action::Merge => {
      app.merged = !app.merged;
      app.logs.merge(app.merged);
      return Vec::new();
    }
    Action::Search => return write(app, "SEARCH", Purpose::Search),
    Action::Filter => return write(app, "FILTER", Purpose::Filter),
    _ => return Vec::new(),
  };
  take(app, wanted)
}

fn write(app: &mut App, title: &str, purpose: Purpose) -> Vec<Effect> {
  let facts = app.logs.facts(pane(app), app.now.wall);
  let typed = match purpose {
    Purpose::Filter => facts.filter,
    _ => facts.search,
  };
  let input = typed.unwrap_or_default().to_owned().into();
  app.modals.push(Modal::Write(Writing {
    title: title.to_owned(),
    label: "regular expression; small letters match both cases; ! inverts; empty ends it"
      .to_owned(),
    purpose,
    input,
  }));
  Vec::new()
}

pub(super) fn take(app: &mut App, action: LogAction) -> Vec<Effect> {
  let id = pane(app);
  let outcome = app.logs.act(id, action, app.log_room());
  match outcome {
    LogOutcome::Done | LogOutcome::Show(PaneId::Merged) => Vec::new(),
    LogOutcome::Show(PaneId::Slot(slot)) => {
      app.panel = Panel::Log(slot);
      Vec::new()
    }
    LogOutcome::NotFound(what) => {
      app.say(Tone::Faint, what);
      Vec::new()
    }
    LogOutcome::Save { file, text } => vec![Effect::Save { file, text }],
    LogOutcome::Copy(text) => vec![Effect::Copy { text }],
  }
}

/// Whose logs are followed: both slots' containers, what they share, and a proxy on this host.
pub(super) fn sources(site: &Site, seen: &Observation) -> Vec<Source> {
  let mut all: Vec<Source> = seen
    .slots
    .iter()
    .flat_map(|(slot, state)| {
      state
        .containers()
        .iter()
        .map(move |container| Source::of(Some(slot), container))
    })
    .collect();
  let shared = seen.shared.value().map_or(&[] as &[_], Vec::as_slice);
  all.extend(shared.iter().map(|container| Source::of(None, container)));
  if matches!(site.router.place(), Place::Host) {
    let since = seen
      .router
      .value()
      .and_then(|router| router.proxy.started_at);
    all.extend([ProxyLog::Access, ProxyLog::Error].map(|log| Source::of_proxy(log, since)));
  }
  all
}

/// What an operation did, as a line between the others.
pub(super) fn marker(app: &mut App, id: OperationId, record: &Record) {
  let Some(watched) = &app.operation else {
    return;
  };
  let plan = &watched.order.plan;
  let words = match &record.event {
    Event::Begun { actor, .. } => {
      format!(
        "{id} {} began, by {}",
        crate::render::plan::sentence(plan),
        actor.user
      )
    }
    Event::StepFinished {
      produced: Produced::Proved { .. },
      ..
    } => plan.target.map_or_else(
      || format!("{id} proven"),
      |slot| format!("{id} users are on {}", slot.shout()),
    ),
    Event::StepFailed { failure, .. } => format!("{id} failed: {}", failure.what),
    Event::Ended { verdict } => format!("{id} {}", verdict.outcome),
    _ => return,
  };
  app.logs.marker(record.at, None, &Shown::line(&words));
}
