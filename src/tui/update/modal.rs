//! What a key does while something lies over the dashboard, and what a yes leads to.

use tui_input::{Input as Text, InputRequest};

use super::{act, deploy, list, watch};
use crate::{
  engine::confirm::{Input, Why},
  model::{event::Answer, shown::Shown},
  render::Tone,
  tui::{
    effect::Effect,
    key::{Code, Key},
    state::{
      app::App,
      ask::Consent,
      logs::LogAction,
      modal::{Choosing, Does, Modal, Purpose, Reading, Searchable, closed},
    },
  },
};

const PAGE: usize = 10;

pub(super) fn key(app: &mut App, key: Key) -> Vec<Effect> {
  match app.modals.last_mut() {
    None => Vec::new(),
    Some(Modal::Ask(asking)) => {
      match key.code {
        Code::Tab => asking.turn(),
        // Letters belong to the answer.
        Code::Char(_) => {}
        code => asking.scroll = scrolled(asking.scroll, code),
      }
      input(app, meant(key))
    }
    Some(Modal::Planning { .. }) => {
      if is_close(key) {
        app.modals.pop();
        app.say(Tone::Faint, "nothing was changed");
      }
      Vec::new()
    }
    Some(Modal::Read(reading)) => {
      if is_close(key) || matches!(key.code, Code::Enter | Code::Char('?') | Code::F(1)) {
        app.modals.pop();
        return Vec::new();
      }
      if key.code == Code::Tab
        && let Some(intent) = reading.otherwise.take()
      {
        app.modals.pop();
        return act::plan(app, "override", intent);
      }
      if key == Key::char('y') {
        return vec![Effect::Copy {
          text: reading.page.to_string(),
        }];
      }
      reading.scroll = scrolled(reading.scroll, key.code);
      Vec::new()
    }
    Some(Modal::Deploy(_)) => deploy::key(app, key),
    Some(Modal::Write(writing)) => match key.code {
      Code::Enter => {
        let (purpose, text) = (writing.purpose, writing.input.value().trim().to_owned());
        app.modals.pop();
        written(app, purpose, &text)
      }
      _ if is_leave(key) => {
        let purpose = writing.purpose;
        app.modals.pop();
        typed(app, purpose, "");
        Vec::new()
      }
      _ => {
        edit(&mut writing.input, key);
        let (purpose, text) = (writing.purpose, writing.input.value().to_owned());
        typed(app, purpose, &text);
        Vec::new()
      }
    },
    Some(Modal::Choose(choosing)) => match pressed(choosing, key) {
      Pressed::Stay => Vec::new(),
      Pressed::Close => {
        app.modals.pop();
        Vec::new()
      }
      Pressed::Chosen(does) => {
        app.modals.pop();
        chosen(app, does)
      }
      Pressed::Refused(why) => {
        app.say(Tone::Warn, format!("not possible now: {why}"));
        Vec::new()
      }
    },
  }
}

/// Feeds the question on top, when there is one.
pub(super) fn input(app: &mut App, input: Input) -> Vec<Effect> {
  let now = app.now.since_start;
  let Some(ended) = app.asking().and_then(|asking| asking.feed(now, input)) else {
    return Vec::new();
  };
  let Some(Modal::Ask(asking)) = app.modals.pop() else {
    return Vec::new();
  };
  match ended {
    Ok(()) => consented(app, asking.consent),
    Err(why) => {
      if why == Why::Pasted {
        app.deafen();
      }
      app.say(Tone::Warn, closed(why));
      Vec::new()
    }
  }
}

/// A paste answers no question; it may fill a text field.
pub(super) fn paste(app: &mut App, text: &str) -> Vec<Effect> {
  let line = Shown::line(text.lines().next().unwrap_or_default());
  match app.modals.last_mut() {
    Some(Modal::Ask(_)) => return input(app, Input::Paste),
    Some(Modal::Write(writing)) => insert(&mut writing.input, line.as_str()),
    Some(Modal::Deploy(deploying)) => {
      insert(&mut deploying.input, line.as_str());
      deploying.selected = 0;
      deploying.settle(app.now.since_start);
    }
    Some(Modal::Choose(choosing)) if choosing.searchable == Searchable::Yes => {
      insert(&mut choosing.input, line.as_str());
      choosing.selected = 0;
    }
    Some(_) => {}
    None => app.say(Tone::Warn, "a paste is ignored here: it presses no key"),
  }
  Vec::new()
}

fn consented(app: &mut App, consent: Consent) -> Vec<Effect> {
  match consent {
    Consent::Launch(plan) => {
      app
        .modals
        .retain(|modal| !matches!(modal, Modal::Deploy(_)));
      let ticket = app.ticket();
      app.say(Tone::Strong, "starting");
      vec![Effect::Launch { ticket, plan }]
    }
    Consent::Gate { id, gate } => vec![Effect::Answer {
      id,
      gate,
      answer: Answer::Yes,
    }],
    Consent::Decline { id, gate } => vec![Effect::Answer {
      id,
      gate,
      answer: Answer::No,
    }],
    Consent::Abort { id } => vec![Effect::Abort { id }],
    Consent::Recover { id, how } => {
      let ticket = app.ticket();
      vec![Effect::Recover { ticket, id, how }]
    }
    Consent::Shell { id, name } => vec![Effect::Shell { id, name }],
    Consent::EndWatch { of } => watch::kept(app, of),
  }
}

/// What changes with every letter of a line that is being written.
fn typed(app: &mut App, purpose: Purpose, text: &str) {
  if purpose == Purpose::HistoryFilter {
    app.history.narrow(text);
  }
}

fn written(app: &mut App, purpose: Purpose, text: &str) -> Vec<Effect> {
  match purpose {
    Purpose::Note if text.is_empty() => Vec::new(),
    Purpose::Search => super::logs::take(app, LogAction::Search(text.to_owned())),
    Purpose::Filter => super::logs::take(app, LogAction::Filter(text.to_owned())),
    Purpose::Note => app
      .operation
      .as_ref()
      .map(|watched| Effect::Note {
        id: watched.id(),
        text: Shown::line(text),
      })
      .into_iter()
      .collect(),
    Purpose::HistoryFilter => Vec::new(),
  }
}

fn chosen(app: &mut App, does: Does) -> Vec<Effect> {
  match does {
    Does::Action(action) => act::act(app, action),
    Does::Plan(intent) => act::plan(app, "that", intent),
    Does::Explain(action) => {
      list::explain(app, action);
      Vec::new()
    }
    Does::Nothing => Vec::new(),
  }
}

enum Pressed {
  Stay,
  Close,
  Chosen(Does),
  Refused(String),
}

fn pressed(choosing: &mut Choosing, key: Key) -> Pressed {
  let searchable = choosing.searchable == Searchable::Yes;
  let count = choosing.rows().len();
  match key.code {
    Code::Enter => return pick(choosing),
    _ if is_leave(key) => return Pressed::Close,
    Code::Up => choosing.selected = choosing.selected.saturating_sub(1),
    Code::Down => choosing.selected += 1,
    Code::PageUp => choosing.selected = choosing.selected.saturating_sub(PAGE),
    Code::PageDown => choosing.selected += PAGE,
    _ if searchable => {
      edit(&mut choosing.input, key);
      choosing.selected = 0;
    }
    Code::Char('k') => choosing.selected = choosing.selected.saturating_sub(1),
    Code::Char('j') => choosing.selected += 1,
    Code::Char('q' | ' ') => return Pressed::Close,
    _ => {
      let text = key.to_string();
      let found = choosing
        .all
        .iter()
        .position(|choice| choice.key.as_ref() == Some(&text));
      if let Some(index) = found {
        choosing.selected = index;
        return pick(choosing);
      }
    }
  }
  choosing.selected = choosing.selected.min(count.saturating_sub(1));
  Pressed::Stay
}

fn pick(choosing: &Choosing) -> Pressed {
  match choosing.current() {
    None => Pressed::Stay,
    Some(choice) => match &choice.why_not {
      Some(why) => Pressed::Refused(why.clone()),
      None => Pressed::Chosen(choice.does.clone()),
    },
  }
}

fn meant(key: Key) -> Input {
  match key.code {
    Code::Esc => Input::Escape,
    Code::Char('c') if key.ctrl => Input::Interrupt,
    Code::Enter => Input::Enter,
    Code::Backspace => Input::Backspace,
    _ => key.typed().map_or(Input::Other, Input::Key),
  }
}

/// Esc may lag in a multiplexer, so `q` closes what has no text field.
fn is_close(key: Key) -> bool {
  is_leave(key) || key == Key::char('q')
}

/// What closes also a text field.
pub(super) fn is_leave(key: Key) -> bool {
  key.code == Code::Esc || key == Key::ctrl('c')
}

fn scrolled(at: usize, code: Code) -> usize {
  match code {
    Code::Up | Code::Char('k') => at.saturating_sub(1),
    Code::Down | Code::Char('j') => at + 1,
    Code::PageUp => at.saturating_sub(PAGE),
    Code::PageDown | Code::Char(' ') => at + PAGE,
    Code::Home | Code::Char('g') => 0,
    Code::End | Code::Char('G') => usize::MAX / 2,
    _ => at,
  }
}

pub(super) fn edit(text: &mut Text, key: Key) {
  let request = match key.code {
    Code::Backspace => Some(InputRequest::DeletePrevChar),
    Code::Delete => Some(InputRequest::DeleteNextChar),
    Code::Left => Some(InputRequest::GoToPrevChar),
    Code::Right => Some(InputRequest::GoToNextChar),
    Code::Home => Some(InputRequest::GoToStart),
    Code::End => Some(InputRequest::GoToEnd),
    Code::Char('u') if key.ctrl => Some(InputRequest::DeleteLine),
    _ => key.typed().map(InputRequest::InsertChar),
  };
  if let Some(request) = request {
    text.handle(request);
  }
}

pub(super) fn insert(text: &mut Text, line: &str) {
  for c in line.chars() {
    text.handle(InputRequest::InsertChar(c));
  }
}

/// Text that was asked for takes the place of its promise, if it is still wanted.
pub(super) fn arrived(reading: &mut Reading, page: crate::render::Page) {
  reading.page = page;
  reading.ticket = None;
}
