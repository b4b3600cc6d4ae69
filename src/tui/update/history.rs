//! The list of what was done here: loaded when it is shown and when an operation ends, searched,
//! and opened operation by operation.

use crate::{
  model::shown::Shown,
  render::{Page, story::Story},
  tui::{
    effect::Effect,
    state::{
      app::App,
      modal::{Modal, Purpose, Reading, Writing},
    },
  },
};

pub(super) fn shown() -> Vec<Effect> {
  vec![Effect::LoadHistory]
}

/// An operation ended: who has looked at the list before looks at the new one.
pub(super) fn refreshed(app: &App) -> Option<Effect> {
  app.history.stories.as_ref().map(|_| Effect::LoadHistory)
}

pub(super) fn arrived(app: &mut App, told: Result<Vec<Story>, Shown>) -> Vec<Effect> {
  app.history.arrived(told);
  Vec::new()
}

pub(super) fn search(app: &mut App) -> Vec<Effect> {
  app.modals.push(Modal::Write(Writing {
    title: "HISTORY".to_owned(),
    label: "show what has: a version, a name, a result, a word of a note".to_owned(),
    purpose: Purpose::HistoryFilter,
    input: app.history.wanted().into(),
  }));
  Vec::new()
}

pub(super) fn open(app: &mut App) -> Vec<Effect> {
  let Some(id) = app.history.current().map(|story| story.order.id) else {
    return Vec::new();
  };
  let ticket = app.ticket();
  app.modals.push(Modal::Read(Reading {
    title: format!("OPERATION {id}"),
    page: Page::default(),
    ticket: Some(ticket),
    ..Reading::default()
  }));
  vec![Effect::LoadStory { ticket, id }]
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::{
    model::{
      event::Event,
      operation::{OperationId, Outcome},
    },
    render::{Tone, samples, story::Runner},
    tui::{msg::Msg, scene::Console},
  };

  fn story(id: u32, outcome: Outcome, reason: &str) -> Story {
    let mut order = samples::order();
    order.id = OperationId(id);
    order.plan.reason = Some(reason.into());
    let verdict = samples::verdict(outcome);
    let records = samples::records(vec![samples::begun(), Event::Ended { verdict }]);
    Story::of(order, &records, Runner::Gone)
  }

  fn opened() -> Console {
    let mut console = Console::quiet();
    assert_eq!(console.key("7"), [Effect::LoadHistory]);
    let stories = vec![
      story(130, Outcome::Done, "release day"),
      story(129, Outcome::Failed, "p95 too high"),
      story(128, Outcome::Done, "release day"),
    ];
    drop(console.tell(Msg::History(Ok(stories))));
    console
  }

  #[test]
  fn enter_opens_the_selected_operation_and_its_page_takes_the_place_of_the_promise() {
    let mut console = opened();
    console.key("j");
    let effects = console.key("enter");
    let [Effect::LoadStory { ticket, id }] = effects[..] else {
      panic!("{effects:?}");
    };
    assert_eq!(id, OperationId(129));
    let mut page = Page::default();
    page.push(Tone::Bad, "it failed at step 7");
    console.tell(Msg::Page { ticket, page });
    assert!(console.screen(80, 24).contains("it failed at step 7"));
    console.key("q");
    assert!(console.app.modals.is_empty());
  }

  #[test]
  fn a_search_narrows_as_it_is_typed_and_leaving_it_shows_everything_again() {
    let mut console = opened();
    console.key("/");
    console.text("p95");
    let ids = |console: &Console| -> Vec<u32> {
      let rows = console.app.history.rows();
      rows.iter().map(|story| story.order.id.0).collect()
    };
    assert_eq!(ids(&console), [129]);
    console.key("enter");
    assert_eq!(ids(&console), [129], "it stays narrowed");
    console.key("esc");
    assert_eq!(ids(&console), [130, 129, 128]);
    assert_eq!(console.app.panel.number(), 7, "Esc went no further");
  }

  #[test]
  fn the_selected_operation_stays_selected_when_a_newer_one_comes() {
    let mut console = opened();
    console.text("jj");
    let mut stories = console.app.history.all().to_vec();
    stories.insert(0, story(131, Outcome::Done, "hotfix"));
    drop(console.tell(Msg::History(Ok(stories))));
    let current = console.app.history.current().unwrap();
    assert_eq!(current.order.id, OperationId(128));
  }

  #[test]
  fn a_history_that_cannot_be_read_says_why() {
    let mut console = Console::quiet();
    console.key("7");
    drop(console.tell(Msg::History(Err("permission denied".into()))));
    assert!(console.screen(80, 24).contains("permission denied"));
  }
}
