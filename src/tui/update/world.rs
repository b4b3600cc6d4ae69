//! What news from outside changes: a look at the site, a plan, a record of an operation.

use std::sync::Arc;

use super::{deploy, doctor, history, modal, watch};
use crate::{
  engine::{
    Intent,
    confirm::Question,
    intent::{Force, Rollback},
    plan,
    ports::Launch,
  },
  model::{
    event::Event,
    observation::Observation,
    operation::{Kind, Outcome},
    plan::{Plan, Refusal, Risk},
    shown::Shown,
  },
  render::{self, Tone},
  tui::{
    effect::Effect,
    msg::Msg,
    state::{
      app::App,
      ask::{self, Asking, Consent, Ticket},
      modal::{Modal, Reading},
      operation::Watched,
    },
  },
};

pub(super) fn news(app: &mut App, msg: Msg) -> Vec<Effect> {
  match msg {
    Msg::Observed(seen) => observed(app, seen),
    Msg::Log(feed) => {
      app.logs.push(feed);
      Vec::new()
    }
    Msg::Usage(readings) => {
      app.usage.take(app.now.since_start, readings);
      Vec::new()
    }
    Msg::Requests(Ok(requests)) => {
      app.requests_why_not = None;
      for request in &requests {
        watch::count(app, request);
      }
      Vec::new()
    }
    Msg::Requests(Err(why)) => {
      app.requests_why_not = Some(why);
      Vec::new()
    }
    Msg::Offered { ticket, offered } => deploy::offered(app, ticket, offered),
    Msg::Planned { ticket, plan } if app.watch.by_itself.has(ticket) => {
      watch::planned(app, ticket, plan)
    }
    Msg::Planned { ticket, plan } if deploy::judged(app, ticket, &plan) => Vec::new(),
    Msg::Planned { ticket, plan } => planned(app, ticket, plan),
    Msg::Launched { ticket, launch } if app.watch.by_itself.has(ticket) => {
      watch::launched(app, launch)
    }
    Msg::Launched { launch, .. } => launched(app, launch),
    Msg::Following { order } => {
      app.operation = Some(Watched::new(*order));
      app.scroll = 0;
      app.weigh();
      Vec::new()
    }
    Msg::Recorded { id, record } => {
      let Some(watched) = app.operation.as_mut().filter(|watched| watched.id() == id) else {
        return Vec::new();
      };
      watched.apply(&record);
      app.seen = app.seen.take().map(|seen| app.released(seen));
      super::logs::marker(app, id, &record);
      let effects = told(app, &record.event);
      app.weigh();
      effects
    }
    Msg::RunnerGone { id } => {
      if let Some(watched) = app.operation.as_mut().filter(|watched| watched.id() == id) {
        watched.interrupted = watched.run.verdict.is_none();
      }
      app.weigh();
      vec![Effect::Observe]
    }
    Msg::Served(served) => {
      if let Some(tour) = &mut app.tour {
        tour.served = served;
      }
      Vec::new()
    }
    Msg::Watching(count) => {
      app.watching = count;
      Vec::new()
    }
    Msg::Backups { ticket, backups } => super::restore::arrived(app, ticket, backups),
    Msg::History(told) => history::arrived(app, told),
    Msg::Diagnosed { ticket, diagnosis } => {
      doctor::arrived(app, ticket, *diagnosis);
      Vec::new()
    }
    Msg::Page { ticket, page } => {
      for modal in &mut app.modals {
        if let Modal::Read(reading) = modal
          && reading.ticket == Some(ticket)
        {
          modal::arrived(reading, page);
          break;
        }
      }
      Vec::new()
    }
    Msg::Said { tone, text } => {
      app.say(tone, text.as_str());
      Vec::new()
    }
    Msg::Key(_)
    | Msg::Repeat
    | Msg::Paste(_)
    | Msg::Resize
    | Msg::Wheel(_)
    | Msg::Painted
    | Msg::Tick
    | Msg::Gone => Vec::new(),
  }
}

fn observed(app: &mut App, seen: Arc<Observation>) -> Vec<Effect> {
  let seen = app.released(seen);
  let sources = super::logs::sources(&app.site, &seen);
  let former = app.seen.replace(seen);
  app.weigh();
  stale_question(app);
  deploy::observed(app);
  let follow = app.unfollowed().map(|id| Effect::Follow { id });
  let changed = former.is_none_or(|former| super::logs::sources(&app.site, &former) != sources);
  follow
    .into_iter()
    .chain(changed.then_some(Effect::Sources(sources)))
    .collect()
}

/// A dialog whose facts changed while it was open closes and says what changed.
fn stale_question(app: &mut App) {
  let Some(seen) = app.seen.clone() else { return };
  let changed = app
    .asking()
    .and_then(|asking| plan::changed(asking.plan()?, &seen));
  if let Some(what) = changed {
    app.modals.pop();
    app.say(
      Tone::Warn,
      format!("the question was closed, nothing was changed: {what}"),
    );
  }
}

fn planned(app: &mut App, ticket: Ticket, made: Result<Box<Plan>, Refusal>) -> Vec<Effect> {
  let waits =
    matches!(app.modals.last(), Some(Modal::Planning { ticket: mine, .. }) if *mine == ticket);
  if !waits {
    return Vec::new();
  }
  app.modals.pop();
  match made {
    Ok(plan) if needs_no_question(&plan) => {
      let ticket = app.ticket();
      vec![Effect::Launch { ticket, plan }]
    }
    Ok(plan) => {
      app.modals.push(Modal::Ask(Box::new(question(plan))));
      Vec::new()
    }
    Err(refusal) => {
      let otherwise = overridable(app, &refusal);
      let mut page = render::plan::refused(&refusal);
      if otherwise.is_some() {
        page.gap();
        page.push(
          Tone::Warn,
          "Tab: go on against this check. It asks for a whole phrase, typed.",
        );
      }
      app.modals.push(Modal::Read(Reading {
        title: "NOT DONE".to_owned(),
        page,
        otherwise,
        ..Reading::default()
      }));
      Vec::new()
    }
  }
}

/// Nothing that the operator could lose by it: the same rule as on the command line.
fn needs_no_question(_plan: &Plan) -> bool {
  false
}

fn question(plan: Box<Plan>) -> Asking {
  let title = match (plan.kind, plan.risk) {
    (Kind::Rollback, Risk::Green) => "ROLL BACK?  R y".to_owned(),
    _ => render::plan::sentence(&plan).to_uppercase(),
  };
  let page = render::plan::question(&plan, "Tab");
  let steps = render::plan::steps(&plan);
  let question = Question::of(&plan);
  let tone = ask::tone(plan.risk);
  Asking::new(title, tone, page, &question, Consent::Launch(plan)).with_more(steps)
}

/// A rollback to a slot that fails its checks can be forced; nothing else can.
fn overridable(app: &App, refusal: &Refusal) -> Option<Intent> {
  let seen = app.seen.as_ref()?;
  let blocked = refusal.outcome == Outcome::Refused
    && seen.readiness.target.is_some()
    && refusal
      .faults
      .iter()
      .any(|fault| fault.fix.as_str().contains("--force"));
  blocked.then_some(Intent::Rollback(Rollback {
    version: None,
    reason: None,
    force: Force::Typed,
    undoes: None,
  }))
}

fn launched(app: &mut App, launch: Result<Launch, Shown>) -> Vec<Effect> {
  match launch {
    Ok(Launch::Started(id)) => {
      app.notice = None;
      vec![Effect::Follow { id }]
    }
    Ok(Launch::Locked(holder)) => {
      let eyes = app.eyes();
      let page = render::lock::busy(holder.as_ref(), eyes.now, &eyes.typing);
      app.modals.push(Modal::Read(Reading {
        title: "SOMEBODY ELSE IS AT WORK".to_owned(),
        page,
        ..Reading::default()
      }));
      Vec::new()
    }
    Err(why) => {
      app.say(Tone::Bad, format!("it could not be started: {why}"));
      vec![Effect::Observe]
    }
  }
}

/// What an operation's own words mean for the rest of the screen.
fn told(app: &mut App, event: &Event) -> Vec<Effect> {
  match event {
    Event::Answered { .. } | Event::AbortAsked { .. } => {
      close_answered(app);
      Vec::new()
    }
    Event::Noted { actor, text } => {
      app.say(Tone::Strong, format!("note from {}: {text}", actor.user));
      Vec::new()
    }
    Event::Ended { verdict } => {
      close_answered(app);
      let tone = render::verdict::tone(verdict.outcome);
      app.say(tone, format!("{}: {}", verdict.outcome, verdict.summary));
      let mut effects = vec![Effect::Observe, Effect::Diagnose { ticket: None }];
      effects.extend(history::refreshed(app));
      effects
    }
    _ => Vec::new(),
  }
}

/// A question that somebody else answered, or that no longer waits, is closed.
fn close_answered(app: &mut App) {
  let mine = app.asking().is_some_and(|asking| {
    matches!(
      asking.consent,
      Consent::Gate { .. } | Consent::Decline { .. } | Consent::Abort { .. }
    )
  });
  if mine {
    app.modals.pop();
    app.say(Tone::Strong, "the question was answered");
  }
}
