//! Choosing what to deploy: the list, the preflight of the chosen version while it is chosen, and
//! the way to the plan's own question.

use super::{act, modal};
use crate::{
  engine::plan,
  model::{
    offer::Offered,
    plan::{Plan, Refusal},
  },
  render::Tone,
  tui::{
    effect::Effect,
    key::{Code, Key},
    state::{
      app::App,
      ask::Ticket,
      deploy::{Candidate, Deploying, Preflight},
      modal::Modal,
    },
  },
};

const PAGE: usize = 10;

pub(super) fn open(app: &mut App) -> Vec<Effect> {
  let ticket = app.ticket();
  let deploying = Deploying::new(ticket);
  app.modals.push(Modal::Deploy(Box::new(deploying)));
  vec![Effect::Offer { ticket }]
}

/// The wizard, also while its own question lies over it.
fn wizard(app: &mut App) -> Option<&mut Deploying> {
  app.modals.iter_mut().find_map(|modal| match modal {
    Modal::Deploy(deploying) => Some(&mut **deploying),
    _ => None,
  })
}

pub(super) fn offered(app: &mut App, ticket: Ticket, offered: Vec<Offered>) -> Vec<Effect> {
  let now = app.now.since_start;
  if let Some(deploying) = wizard(app).filter(|it| it.ticket == Some(ticket)) {
    deploying.ticket = None;
    // What was chosen by hand meanwhile stays chosen.
    let chosen = deploying
      .chosen()
      .and_then(|candidate| candidate.version().cloned());
    deploying.offered = offered;
    deploying.selected = chosen
      .and_then(|version| {
        let rows = deploying.rows();
        rows.iter().position(|row| row.version() == Some(&version))
      })
      .unwrap_or(0);
    deploying.settle(now);
  }
  Vec::new()
}

/// Asks for the preflight once the choice has settled.
pub(super) fn tick(app: &mut App) -> Vec<Effect> {
  let now = app.now.since_start;
  let due = matches!(
    app.modals.last(),
    Some(Modal::Deploy(deploying)) if deploying.wake_at().is_some_and(|at| at <= now)
  );
  if !due {
    return Vec::new();
  }
  let ticket = app.ticket();
  let Some(deploying) = wizard(app) else {
    return Vec::new();
  };
  let Some(intent) = deploying.intent() else {
    return Vec::new();
  };
  deploying.preflight = Preflight::Asked(ticket);
  vec![Effect::Plan { ticket, intent }]
}

/// Whether `ticket` was the preflight of the chosen version; a stale one belongs to nobody.
pub(super) fn judged(app: &mut App, ticket: Ticket, made: &Result<Box<Plan>, Refusal>) -> bool {
  let Some(deploying) = wizard(app).filter(|it| it.preflight == Preflight::Asked(ticket)) else {
    return false;
  };
  deploying.preflight = match made {
    Ok(plan) => Preflight::Ready(plan.clone()),
    Err(refusal) => Preflight::Refused(refusal.clone()),
  };
  true
}

/// What was just seen may have changed what the preflight said.
pub(super) fn observed(app: &mut App) {
  let Some(seen) = app.seen.clone() else { return };
  let now = app.now.since_start;
  if let Some(deploying) = wizard(app)
    && let Preflight::Ready(plan) = &deploying.preflight
    && plan::changed(plan, &seen).is_some()
  {
    deploying.settle(now);
  }
}

pub(super) fn key(app: &mut App, key: Key) -> Vec<Effect> {
  let now = app.now.since_start;
  let Some(Modal::Deploy(deploying)) = app.modals.last_mut() else {
    return Vec::new();
  };
  match key.code {
    Code::Enter => return go_on(app),
    _ if modal::is_leave(key) => {
      app.modals.pop();
      return Vec::new();
    }
    Code::Up => deploying.selected = deploying.selected.saturating_sub(1),
    Code::Down => deploying.selected += 1,
    Code::PageUp => deploying.selected = deploying.selected.saturating_sub(PAGE),
    Code::PageDown => deploying.selected += PAGE,
    Code::Tab => deploying.next_source(),
    Code::BackTab => deploying.next_ready(),
    _ => {
      let before = deploying.input.value().to_owned();
      modal::edit(&mut deploying.input, key);
      if deploying.input.value() == before {
        return Vec::new();
      }
      deploying.selected = 0;
    }
  }
  deploying.settle(now);
  Vec::new()
}

fn go_on(app: &mut App) -> Vec<Effect> {
  let Some(Modal::Deploy(deploying)) = app.modals.last() else {
    return Vec::new();
  };
  let why = match deploying.chosen() {
    Some(Candidate::Typed(Err(why))) => why.to_string(),
    None => "choose a version, or type one".to_owned(),
    Some(_) => match deploying.intent() {
      Some(intent) => return act::plan(app, "deploy", intent),
      None => return Vec::new(),
    },
  };
  app.say(Tone::Warn, why);
  Vec::new()
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::{
    engine::{
      Intent,
      intent::{Deploy, WhenReady},
    },
    model::{
      Slot,
      offer::{Origin, Standing},
      operation::Outcome,
      plan::{Fault, ImageSource},
    },
    render::samples,
    tui::{msg::Msg, scene::Console},
  };

  fn offers() -> Vec<Offered> {
    ["2.0.0", "2.0.0-rc1", "1.9.3"]
      .into_iter()
      .map(|version| Offered {
        version: version.parse().unwrap(),
        origins: vec![Origin::Images],
        at: Some(samples::before(90_000)),
        lacking: Vec::new(),
        standing: if version == "1.9.3" {
          vec![Standing::Standby(Slot::Blue)]
        } else {
          Vec::new()
        },
      })
      .collect()
  }

  fn opened() -> Console {
    let mut console = Console::quiet();
    let effects = console.key("D");
    let [Effect::Offer { ticket }] = effects[..] else {
      panic!("{effects:?}");
    };
    console.tell(Msg::Offered {
      ticket,
      offered: offers(),
    });
    console
  }

  fn wanted(effects: &[Effect]) -> (Ticket, Deploy) {
    let [
      Effect::Plan {
        ticket,
        intent: Intent::Deploy(deploy),
      },
    ] = effects
    else {
      panic!("{effects:?}");
    };
    (*ticket, deploy.clone())
  }

  #[test]
  fn the_preflight_of_the_chosen_version_is_asked_for_once_it_has_settled() {
    let mut console = opened();
    assert!(console.wait(100).is_empty());
    console.key("down");
    assert!(
      console.wait(200).is_empty(),
      "the choice moved on meanwhile"
    );
    let (ticket, deploy) = wanted(&console.wait(60));
    assert_eq!(deploy.version.as_str(), "2.0.0-rc1");
    assert!(console.wait(1_000).is_empty(), "it is asked for once");
    let plan = Ok(Box::new(samples::plan()));
    console.tell(Msg::Planned { ticket, plan });
    assert!(
      console
        .screen(80, 24)
        .contains("[ok] ready, 9 steps, 1 warning")
    );
  }

  #[test]
  fn a_refusal_is_shown_beside_the_choice_and_opens_no_dialog() {
    let mut console = opened();
    let (ticket, _) = wanted(&console.wait(300));
    let plan = Err(Refusal {
      outcome: Outcome::Refused,
      faults: vec![Fault::new("api has no image of 2.0.0", "pull it")],
      live: None,
    });
    console.tell(Msg::Planned { ticket, plan });
    assert!(
      console
        .screen(80, 24)
        .contains("!! api has no image of 2.0.0")
    );
    assert_eq!(console.app.modals.len(), 1);
  }

  #[test]
  fn an_answer_about_a_former_choice_is_dropped() {
    let mut console = opened();
    let (ticket, _) = wanted(&console.wait(300));
    console.key("down");
    let plan = Ok(Box::new(samples::plan()));
    console.tell(Msg::Planned { ticket, plan });
    assert!(!console.screen(80, 24).contains("[ok] ready"));
  }

  #[test]
  fn what_is_typed_is_deployed_and_not_a_version_that_only_begins_with_it() {
    let mut console = opened();
    console.text("2.0");
    let (_, deploy) = wanted(&console.key("enter"));
    assert_eq!(deploy.version.as_str(), "2.0");

    let mut console = opened();
    console.text("2.0.0-");
    console.key("down");
    let (_, deploy) = wanted(&console.key("enter"));
    assert_eq!(deploy.version.as_str(), "2.0.0-rc1");
  }

  #[test]
  fn letters_are_typed_and_never_actions() {
    let mut console = opened();
    console.text("bqRS");
    let (_, deploy) = wanted(&console.key("enter"));
    assert_eq!(deploy.version.as_str(), "bqRS");
  }

  #[test]
  fn what_is_no_version_says_so_and_asks_for_nothing() {
    let mut console = opened();
    console.text("-x");
    assert!(console.wait(1_000).is_empty());
    assert!(console.key("enter").is_empty());
    assert!(
      console
        .screen(80, 24)
        .contains("the version starts with '-'")
    );
  }

  #[test]
  fn tab_changes_where_images_come_from_and_shift_tab_what_follows() {
    let mut console = opened();
    console.key("tab");
    console.key("shift-tab");
    let (_, deploy) = wanted(&console.wait(300));
    assert_eq!(deploy.source, Some(ImageSource::Build));
    assert_eq!(deploy.ready, WhenReady::Stop);
  }

  #[test]
  fn leaving_the_question_leads_back_to_the_choice() {
    let mut console = opened();
    let (ticket, _) = wanted(&console.key("enter"));
    let plan = Ok(Box::new(samples::plan()));
    console.tell(Msg::Planned { ticket, plan });
    assert!(matches!(console.app.modals.last(), Some(Modal::Ask(_))));
    console.key("esc");
    assert!(matches!(console.app.modals.last(), Some(Modal::Deploy(_))));
    console.key("esc");
    assert!(console.app.modals.is_empty());
  }
}
