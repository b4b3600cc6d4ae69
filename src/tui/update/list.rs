//! Lists of actions: the palette, the menu, the help, and what is possible now and why not.

use tui_input::Input;

use crate::{
  render::{Page, Tone, words::coarse},
  tui::{
    action::{Action, Effect as Changes, Group, Place, TABLE},
    effect::Effect,
    state::{
      able::Standing,
      app::App,
      modal::{Choice, Choosing, Does, Modal, Reading, Searchable},
    },
  },
};

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

pub(super) fn palette(app: &mut App) -> Vec<Effect> {
  let all = choices(app, |_| true);
  choose(app, "COMMANDS", all, Searchable::Yes);
  Vec::new()
}

pub(super) fn menu(app: &mut App) -> Vec<Effect> {
  let panel = app.panel;
  let all = choices(app, |action| {
    let row = action.row();
    row.effect == Changes::Changes || row.place != Place::Everywhere && row.place.has(panel)
  });
  choose(app, "ACTIONS", all, Searchable::No);
  Vec::new()
}

pub(super) fn help(app: &mut App) -> Vec<Effect> {
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

pub(super) fn preflight(app: &mut App) -> Vec<Effect> {
  let mut page = Page::default();
  for row in TABLE.iter().filter(|row| row.effect == Changes::Changes) {
    match app.standing(row.action) {
      Standing::Possible => page.push(Tone::Good, format!("[ok] {}", row.title)),
      Standing::Unsure(age) => {
        let age = coarse(age);
        let text = format!(
          "[??] {}: it was {age} ago; looks again before it asks",
          row.title
        );
        page.wrapped(Tone::Warn, &text, 5);
      }
      Standing::Not(why) => page.wrapped(Tone::Warn, &format!("[--] {}: {why}", row.title), 5),
    }
  }
  app.modals.push(Modal::Read(Reading {
    title: "PREFLIGHT  what is possible now, and why not".to_owned(),
    page,
    ..Reading::default()
  }));
  Vec::new()
}
