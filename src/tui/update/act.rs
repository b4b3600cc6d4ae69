//! What each action of the table does. A new row does not compile until it has its arm here.

use std::time::Duration;

use tui_input::Input;

use super::{deploy, history, lifecycle, look, restore, shell};

use crate::{
  engine::{Intent, confirm::Question},
  model::{Slot, event::Recovery},
  render::{self, Page, Tone},
  tui::{
    action::{Action, Effect as Changes, Group, Place, TABLE},
    effect::Effect,
    state::{
      able,
      app::App,
      ask::{Asking, Consent},
      modal::{Choice, Choosing, Does, Modal, Purpose, Reading, Searchable, Writing},
      panel::Panel,
    },
  },
};

/// A second Ctrl-C within this quits at once.
const TWICE: Duration = Duration::from_secs(2);
const PAGE: usize = 10;

#[expect(
  clippy::match_same_arms,
  reason = "a table: one line for each action, in the order of the actions"
)]
pub(super) fn act(app: &mut App, action: Action) -> Vec<Effect> {
  if action.row().effect == Changes::Changes
    && let Some(why) = app.able.why_not(action)
  {
    let text = format!("{} is not possible now: {why}", action.row().title);
    app.say(Tone::Warn, text);
    return Vec::new();
  }
  if matches!(app.panel, Panel::Log(_)) && is_of_logs(action) {
    return super::logs::act(app, action);
  }
  match action {
    Action::Rollback if app.is_interrupted() => recover(app, Recovery::Rollback),
    Action::Switch if app.operation.as_ref().is_some_and(|it| it.gate().is_some()) => gate(app),
    Action::Rollback | Action::Switch | Action::Smoke | Action::Complete | Action::Backup => {
      match app
        .seen
        .as_ref()
        .and_then(|seen| able::intent(action, seen))
      {
        Some(intent) => plan(app, action.row().title, intent),
        None => Vec::new(),
      }
    }
    Action::Deploy => deploy::open(app),
    Action::Lifecycle => lifecycle::open(app),
    Action::Abort => abort(app),
    Action::Decline => decline(app),
    Action::Resume => recover(app, Recovery::Resume),
    Action::Takeover => recover(app, Recovery::Rollback),
    Action::Note => note(app),
    Action::Shell => shell::open(app),
    Action::Restore => restore::open(app),
    Action::Weight => Vec::new(),

    Action::NextPanel => step_panel(app, 1),
    Action::PreviousPanel => step_panel(app, Panel::ALL.len() - 1),
    Action::PanelBlue => go(app, Panel::Environment(Slot::Blue)),
    Action::PanelGreen => go(app, Panel::Environment(Slot::Green)),
    Action::PanelOperation => go(app, Panel::Operation),
    Action::PanelLogBlue => go(app, Panel::Log(Slot::Blue)),
    Action::PanelLogGreen => go(app, Panel::Log(Slot::Green)),
    Action::PanelWatch => go(app, Panel::Watch),
    Action::PanelHistory => go(app, Panel::History),
    Action::PanelOwnLog => go(app, Panel::OwnLog),
    Action::OtherSide => app
      .panel
      .other()
      .map_or_else(Vec::new, |other| go(app, other)),
    Action::Down => scroll(app, 1),
    Action::Up => scroll(app, -1),
    Action::PageDown => scroll(app, PAGE.cast_signed()),
    Action::PageUp => scroll(app, -PAGE.cast_signed()),
    Action::Top => scroll(app, isize::MIN),
    Action::Bottom => scroll(app, isize::MAX),
    Action::NextService => scroll(app, 1),
    Action::PreviousService => scroll(app, -1),
    Action::Open if app.panel == Panel::History => history::open(app),
    Action::Left | Action::Right | Action::Open => Vec::new(),

    Action::Search if app.panel == Panel::History => history::search(app),
    Action::Search | Action::FindNext | Action::FindPrevious => Vec::new(),
    Action::Palette => palette(app),
    Action::Menu => menu(app),
    Action::Help => help(app),
    Action::Zoom => {
      app.zoomed = !app.zoomed;
      Vec::new()
    }
    Action::Copy => vec![Effect::CopyPanel],
    Action::Refresh => {
      app.say(Tone::Faint, "looking at everything again");
      vec![Effect::Observe]
    }
    Action::Preflight => preflight(app),
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

    Action::Close => close(app),
    Action::Quit => interrupt(app),
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

fn gate(app: &mut App) -> Vec<Effect> {
  let Some(watched) = &app.operation else {
    return Vec::new();
  };
  let Some((gate, open)) = watched.gate() else {
    return Vec::new();
  };
  let plan = &watched.order.plan;
  let mut page = Page::default();
  page.push(Tone::Strong, format!("{}", gate.question));
  page.append(render::plan::facts_of(plan));
  for line in &open.evidence {
    page.wrapped(Tone::Plain, &format!("  [ok] {line}"), 7);
  }
  let asking = Asking::new(
    format!("SWITCH USERS  ({})", watched.id()),
    Tone::Warn,
    page,
    &Question::of_gate(gate, plan),
    Consent::Gate {
      id: watched.id(),
      gate: gate.name.clone(),
    },
  );
  app.modals.push(Modal::Ask(Box::new(asking)));
  Vec::new()
}

fn decline(app: &mut App) -> Vec<Effect> {
  let Some(watched) = &app.operation else {
    return Vec::new();
  };
  let Some((gate, _)) = watched.gate() else {
    return Vec::new();
  };
  let mut page = Page::default();
  page.wrapped(Tone::Plain, &format!("answers no to: {}", gate.question), 2);
  page.plain("users stay where they are; the standby stays as it is");
  let consent = Consent::Decline {
    id: watched.id(),
    gate: gate.name.clone(),
  };
  let title = format!("DECLINE  ({})", watched.id());
  app
    .modals
    .push(Modal::Ask(Box::new(Asking::simple(&title, page, consent))));
  Vec::new()
}

fn abort(app: &mut App) -> Vec<Effect> {
  let Some(watched) = &app.operation else {
    return Vec::new();
  };
  let mut page = Page::default();
  page.plain(render::plan::sentence(&watched.order.plan));
  page.wrapped(Tone::Plain, &format!("begun by {}", watched.order.actor), 2);
  page.plain("it stops at its next safe point and undoes what its plan says");
  let title = format!("ABORT  ({})", watched.id());
  let consent = Consent::Abort { id: watched.id() };
  app
    .modals
    .push(Modal::Ask(Box::new(Asking::simple(&title, page, consent))));
  Vec::new()
}

fn recover(app: &mut App, how: Recovery) -> Vec<Effect> {
  let Some(watched) = &app.operation else {
    return Vec::new();
  };
  let (title, text) = match how {
    Recovery::Resume => ("RESUME", "goes on from where the world stands now"),
    Recovery::Rollback => (
      "PUT USERS BACK",
      "puts back what users had before it was interrupted, and proves it",
    ),
  };
  let mut page = Page::default();
  page.plain(render::plan::sentence(&watched.order.plan));
  page.wrapped(
    Tone::Warn,
    &format!("begun by {}; nobody runs it any more", watched.order.actor),
    2,
  );
  page.plain(text);
  let consent = Consent::Recover {
    id: watched.id(),
    how,
  };
  let title = format!("{title}  ({})", watched.id());
  app
    .modals
    .push(Modal::Ask(Box::new(Asking::simple(&title, page, consent))));
  Vec::new()
}

fn note(app: &mut App) -> Vec<Effect> {
  if !app
    .operation
    .as_ref()
    .is_some_and(super::super::state::operation::Watched::is_running)
  {
    app.say(
      Tone::Warn,
      "a note belongs to a running operation: none runs",
    );
    return Vec::new();
  }
  app.modals.push(Modal::Write(Writing {
    title: "NOTE".to_owned(),
    label: "for everyone who watches".to_owned(),
    purpose: Purpose::Note,
    input: Input::default(),
  }));
  Vec::new()
}

pub(super) fn choose(app: &mut App, title: &str, all: Vec<Choice>, searchable: Searchable) {
  app.modals.push(Modal::Choose(Choosing {
    title: title.to_owned(),
    input: Input::default(),
    all,
    selected: 0,
    searchable,
  }));
}

fn choices(app: &App, keep: impl Fn(Action) -> bool) -> Vec<Choice> {
  TABLE
    .iter()
    .filter(|row| keep(row.action))
    .map(|row| Choice {
      key: app.keymap.key(row.action).map(|key| key.to_string()),
      name: row.id.to_owned(),
      help: row.help.replace('`', ""),
      does: Does::Action(row.action),
      why_not: app.able.why_not(row.action).map(str::to_owned),
    })
    .collect()
}

fn palette(app: &mut App) -> Vec<Effect> {
  let all = choices(app, |_| true);
  choose(app, "COMMANDS", all, Searchable::Yes);
  Vec::new()
}

fn menu(app: &mut App) -> Vec<Effect> {
  let panel = app.panel;
  let all = choices(app, |action| {
    let row = action.row();
    row.effect == Changes::Changes || row.place != Place::Everywhere && row.place.has(panel)
  });
  choose(app, "ACTIONS", all, Searchable::No);
  Vec::new()
}

fn help(app: &mut App) -> Vec<Effect> {
  let panel = app.panel;
  let mut all = Vec::new();
  for group in Group::ALL {
    let rows = choices(app, |action| {
      let row = action.row();
      row.group == group && row.place.has(panel)
    });
    if rows.is_empty() {
      continue;
    }
    all.push(Choice {
      key: None,
      name: group.word().to_owned(),
      help: String::new(),
      does: Does::Nothing,
      why_not: None,
    });
    for mut choice in rows {
      if let Does::Action(action) = choice.does {
        choice.does = Does::Explain(action);
        choice.why_not = None;
      }
      all.push(choice);
    }
  }
  choose(app, "HELP", all, Searchable::Yes);
  Vec::new()
}

/// Everything about one action; the help never does anything itself.
pub(super) fn explain(app: &mut App, action: Action) {
  let row = action.row();
  let keys: Vec<String> = app
    .keymap
    .keys(action)
    .iter()
    .map(ToString::to_string)
    .collect();
  let mut page = Page::default();
  page.wrapped(Tone::Plain, row.help, 0);
  page.gap();
  page.plain(format!("keys      {}", keys.join("  ")));
  page.plain(format!("where     {}", row.place.word()));
  page.plain(format!("by name   :{}", row.id));
  page.plain(match row.effect {
    Changes::Changes => "changes the site, after a question",
    Changes::Looks => "changes nothing but this screen",
  });
  if let Some(why) = app.able.why_not(action) {
    page.wrapped(Tone::Warn, &format!("not now   {why}"), 10);
  }
  app.modals.push(Modal::Read(Reading {
    title: row.title.to_uppercase(),
    page,
    ..Reading::default()
  }));
}

fn preflight(app: &mut App) -> Vec<Effect> {
  let mut page = Page::default();
  for row in TABLE.iter().filter(|row| row.effect == Changes::Changes) {
    match app.able.why_not(row.action) {
      None => page.push(Tone::Good, format!("[ok] {}", row.title)),
      Some(why) => page.wrapped(Tone::Warn, &format!("[--] {}: {why}", row.title), 5),
    }
  }
  app.modals.push(Modal::Read(Reading {
    title: "PREFLIGHT  what is possible now, and why not".to_owned(),
    page,
    ..Reading::default()
  }));
  Vec::new()
}

fn go(app: &mut App, panel: Panel) -> Vec<Effect> {
  if app.panel != panel {
    app.panel = panel;
    app.scroll = 0;
  }
  if panel == Panel::History {
    return history::shown();
  }
  Vec::new()
}

fn step_panel(app: &mut App, by: usize) -> Vec<Effect> {
  let at = app.panel.number() - 1;
  go(app, Panel::ALL[(at + by) % Panel::ALL.len()])
}

fn scroll(app: &mut App, by: isize) -> Vec<Effect> {
  if let Panel::Environment(slot) = app.panel {
    let count = app
      .seen
      .as_ref()
      .map_or(0, |seen| seen.slots[slot].containers().len());
    let selected = &mut app.selected[slot];
    *selected = selected
      .saturating_add_signed(by)
      .min(count.saturating_sub(1));
  } else if app.panel == Panel::History {
    app.history.step(by);
  } else if app.panel == Panel::OwnLog {
    app.own_log.step(by);
  } else {
    app.scroll = app
      .scroll
      .saturating_add_signed(-by.max(-isize::MAX))
      .min(10_000);
  }
  Vec::new()
}

pub(super) fn wheel(app: &mut App, lines: isize) -> Vec<Effect> {
  if app.modals.is_empty() {
    scroll(app, lines)
  } else {
    Vec::new()
  }
}

fn close(app: &mut App) -> Vec<Effect> {
  if app.zoomed {
    app.zoomed = false;
    return Vec::new();
  }
  if app.panel == Panel::History && app.history.is_narrowed() {
    app.history.narrow("");
    return Vec::new();
  }
  if !app.panel.is_on_dashboard() {
    return go(app, Panel::Environment(Slot::Blue));
  }
  vec![Effect::Quit]
}

fn interrupt(app: &mut App) -> Vec<Effect> {
  let now = app.now.since_start;
  let twice = app
    .interrupted_at
    .replace(now)
    .is_some_and(|before| now.saturating_sub(before) <= TWICE);
  if twice {
    return vec![Effect::Quit];
  }
  close(app)
}
