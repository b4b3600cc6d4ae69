//! Questions about the running operation, which no plan stands behind: its gate, stopping it,
//! picking it up again, a note to everyone who watches it.

use tui_input::Input;

use crate::{
  engine::confirm::Question,
  model::event::Recovery,
  render::{self, Page, Tone},
  tui::{
    effect::Effect,
    state::{
      app::App,
      ask::{Asking, Consent},
      modal::{Modal, Purpose, Writing},
      operation::Watched,
    },
  },
};

pub(super) fn gate(app: &mut App) -> Vec<Effect> {
  let Some(watched) = &app.operation else {
    return Vec::new();
  };
  let Some((gate, open)) = watched.gate() else {
    return Vec::new();
  };
  let plan = &watched.order.plan;
  let mut page = Page::default();
  page.push(Tone::Strong, format!("{}", gate.question));
  page.append(render::plan::facts_at_gate(plan));
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

pub(super) fn decline(app: &mut App) -> Vec<Effect> {
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

pub(super) fn abort(app: &mut App) -> Vec<Effect> {
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

pub(super) fn recover(app: &mut App, how: Recovery) -> Vec<Effect> {
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

pub(super) fn note(app: &mut App) -> Vec<Effect> {
  if !app.operation.as_ref().is_some_and(Watched::is_running) {
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
