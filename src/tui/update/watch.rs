//! The watch after a switch: counts requests, judges, and begins a rollback by itself where the
//! site wants that, from the console of whoever began the switch, once, and bound to that switch.

use crate::{
  engine::{
    Intent,
    intent::{Force, Rollback},
    ports::Launch,
  },
  model::{
    actor::Actor,
    operation::OperationId,
    plan::{Plan, Refusal, Risk},
    requests::Request,
    shown::Shown,
    watch::{self, Before, Breach, Moved, Rollback as Leads, Verdict},
  },
  render::{self, Page, Tone},
  tui::{
    effect::Effect,
    state::{
      app::{App, Role},
      ask::{Asking, Consent, Ticket},
      modal::Modal,
      operation::Watched,
      watch::{ByItself, COUNTDOWN},
    },
  },
};

pub(super) fn count(app: &mut App, request: &Request) {
  let seen = app.seen.clone();
  let moved = seen.as_ref().and_then(|seen| seen.moved.as_ref());
  let live = seen.as_ref().and_then(|seen| seen.live_slot());
  let Some(slot) = watch::served(request, moved, live) else {
    return;
  };
  app.requests[slot].add(request);
  if let (Some(moved), Some(before)) = (moved, &mut app.watch.before)
    && moved.from == slot
    && before.is_of(moved)
  {
    before.add(moved, request);
  }
}

/// Weighs the figures anew, and what follows from that.
pub(super) fn judge(app: &mut App) -> Vec<Effect> {
  let Some(moved) = app.seen.as_ref().and_then(|seen| seen.moved.clone()) else {
    app.watch.verdict = None;
    stop_counting(app);
    return Vec::new();
  };
  if !app.watch.before.as_ref().is_some_and(|it| it.is_of(&moved)) {
    let window = app.requests[moved.from].clone();
    app.watch.before = Some(Before::new(&moved, window));
  }
  let limits = &app.site.watch;
  let window = &app.requests[moved.to];
  let verdict = match watch::judge(&moved, limits, window, app.now.wall) {
    verdict @ (Verdict::Within | Verdict::TooFew { .. }) => match &app.requests_why_not {
      Some(why) => Verdict::Unknown { why: why.clone() },
      None => verdict,
    },
    verdict => verdict,
  };
  let effects = by_itself(app, &moved, &verdict);
  app.watch.verdict = Some((moved, verdict));
  effects
}

/// Whether this console rolls back by itself what `moved` did.
fn is_mine(app: &App, moved: &Moved) -> bool {
  app.site.watch.rollback == Leads::Auto
    && app.role == Role::Operator
    && moved.can_be_undone()
    && is_same_person(&app.me, &moved.by)
}

/// Each of somebody's consoles and commands has a process of its own.
fn is_same_person(one: &Actor, other: &Actor) -> bool {
  (&one.user, &one.as_user, &one.host) == (&other.user, &other.as_user, &other.host)
}

fn is_busy(app: &App) -> bool {
  app.operation.as_ref().is_some_and(Watched::is_running)
    || app.seen.as_ref().is_none_or(|seen| seen.lock.is_some())
}

fn by_itself(app: &mut App, moved: &Moved, verdict: &Verdict) -> Vec<Effect> {
  let of = moved.operation;
  if app.watch.by_itself.is_done_with(of) {
    return Vec::new();
  }
  let breach = match verdict {
    // Nobody is pushed aside by something that nobody pressed.
    Verdict::Broken(breach) if is_mine(app, moved) && !is_busy(app) => breach,
    _ => {
      stop_counting(app);
      return Vec::new();
    }
  };
  match app.watch.by_itself {
    ByItself::Counting { of: same, until } if same == of => {
      if app.now.since_start < until {
        return Vec::new();
      }
      let ticket = app.ticket();
      app.watch.by_itself = ByItself::Asked { of, ticket };
      vec![Effect::Plan {
        ticket,
        intent: undo(moved, breach),
      }]
    }
    _ => {
      app.watch.by_itself = ByItself::Counting {
        of,
        until: app.now.since_start + COUNTDOWN,
      };
      Vec::new()
    }
  }
}

/// What was tried already stays known: it is tried once.
fn stop_counting(app: &mut App) {
  if let ByItself::Counting { .. } = app.watch.by_itself {
    app.watch.by_itself = ByItself::Idle;
    app.say(Tone::Strong, "no rollback begins by itself now");
  }
}

fn undo(moved: &Moved, breach: &Breach) -> Intent {
  Intent::Rollback(Rollback {
    version: None,
    reason: Some(render::watch::reason(breach)),
    force: Force::No,
    undoes: Some(moved.operation),
  })
}

/// The plan that this console asked for by itself: what `rollback --yes` would do is begun, what it
/// would refuse is not.
pub(super) fn planned(
  app: &mut App,
  ticket: Ticket,
  made: Result<Box<Plan>, Refusal>,
) -> Vec<Effect> {
  let still = app.watch.verdict.as_ref().is_some_and(|(moved, verdict)| {
    matches!(verdict, Verdict::Broken(_)) && app.watch.by_itself.is_done_with(moved.operation)
  });
  match made {
    Ok(_) if !still || is_busy(app) => {
      app.watch.by_itself = ByItself::Idle;
      Vec::new()
    }
    Ok(plan) if plan.risk != Risk::Red && plan.preempts.is_none() => {
      app.say(Tone::Bad, "the rollback begins by itself");
      vec![Effect::Launch { ticket, plan }]
    }
    Ok(_) => tried(app, Some("it needs a person's word: press R".into())),
    Err(refusal) => {
      let why = refusal.faults.into_iter().next().map(|fault| fault.what);
      tried(app, Some(why.unwrap_or_else(|| "it is refused".into())))
    }
  }
}

pub(super) fn launched(app: &mut App, launch: Result<Launch, Shown>) -> Vec<Effect> {
  match launch {
    Ok(Launch::Started(id)) => {
      tried(app, None);
      vec![Effect::Follow { id }]
    }
    Ok(Launch::Locked(_)) => tried(app, Some("somebody else is at work".into())),
    Err(why) => tried(app, Some(why)),
  }
}

fn tried(app: &mut App, why_not: Option<Shown>) -> Vec<Effect> {
  if let ByItself::Asked { of, .. } = app.watch.by_itself {
    app.watch.by_itself = ByItself::Tried { of, why_not };
  }
  vec![Effect::Observe]
}

/// Somebody said so; what is on its way to the ledger must not be overtaken by the countdown.
pub(super) fn kept(app: &mut App, of: OperationId) -> Vec<Effect> {
  app.watch.by_itself = ByItself::Tried { of, why_not: None };
  vec![Effect::EndWatch { of }]
}

/// `C`: the new slot is kept, for every console.
pub(super) fn keep(app: &mut App) -> Vec<Effect> {
  let Some(moved) = app.watched() else {
    return Vec::new();
  };
  let of = moved.operation;
  let (to, from) = (moved.to.shout(), moved.from.shout());
  let mut page = Page::default();
  page.plain(format!(
    "ends the watch after {of}, here and on every other console"
  ));
  page.plain(format!(
    "users stay on {to}; nothing rolls back by itself any more"
  ));
  page.plain(format!("{from} keeps running; C once more stops it"));
  if let Some((_, verdict)) = &app.watch.verdict {
    let text = format!("now: {}", render::watch::verdict(verdict));
    page.push(render::watch::tone(verdict), text);
  }
  let title = format!("KEEP {to}  ({of})");
  let asking = Asking::simple(&title, page, Consent::EndWatch { of });
  app.modals.push(Modal::Ask(Box::new(asking)));
  Vec::new()
}

#[cfg(test)]
mod tests;
