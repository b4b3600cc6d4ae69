//! Verbs that change the site: observe, plan, show, confirm, start a runner, follow it.

use super::{Desk, Trouble, Verdict, follow};
use crate::{
  cli::{
    answer,
    args::{DryRun, Verb},
    prompt::{self, Answer},
  },
  engine::{
    self,
    confirm::{Pace, Question},
    intent::{Force, Intent, WhenReady},
    ports::Launch,
  },
  model::{
    event::Recovery,
    observation::{Observation, Phase},
    operation::{Kind, OperationId, Outcome},
    plan::{Plan, Risk},
  },
  render::{self, Page, Tone},
};

pub(super) async fn run(desk: &mut Desk, verb: &Verb, dry: DryRun) -> Verdict {
  let otherwise = if !desk.globals.no_input && prompt::can_ask().is_ok() {
    WhenReady::Ask
  } else {
    WhenReady::Stop
  };
  let Some(mut intent) = verb.intent(otherwise) else {
    return Err(Trouble::said(
      Outcome::Usage,
      "this verb cannot be used like that",
      "see 'cutover --help'",
    ));
  };
  typed_force(desk, &mut intent);
  let mut observation = engine::observe(&desk.world).await;
  if is_interrupted(&observation) && matches!(intent, Intent::Rollback(_)) && !dry.dry_run {
    if let Some(outcome) = put_back_first(desk, &observation).await? {
      return Ok(outcome);
    }
    observation = engine::observe(&desk.world).await;
  }
  let plan = match engine::plan::plan(&desk.world, &observation, &intent).await {
    Ok(plan) => plan,
    Err(refusal) => {
      if desk.globals.json {
        desk.out.json(&refusal)?;
      } else {
        desk.out.progress(&render::plan::refused(&refusal));
      }
      return Ok(refusal.outcome);
    }
  };
  if dry.dry_run {
    if desk.globals.json {
      desk.out.json(&plan)?;
    } else {
      desk.out.data(&render::plan::dry_run(&plan))?;
    }
    return Ok(Outcome::Done);
  }
  if let Some(outcome) = confirm(desk, &plan)? {
    return Ok(outcome);
  }
  let actor = desk.operations.actor();
  match desk.operations.launch(plan, &actor).await? {
    Launch::Started(id) => follow::drive(desk, id).await,
    Launch::Locked(holder) => {
      desk.out.progress(&render::lock::busy(
        holder.as_ref(),
        desk.world.clock.now(),
        &desk.typing(),
      ));
      Ok(Outcome::Locked)
    }
  }
}

/// Stopping what is live or still draining has no flag: the phrase itself is the consent.
fn typed_force(desk: &Desk, intent: &mut Intent) {
  if let Intent::Stop { force, .. } = intent
    && desk
      .globals
      .confirm
      .as_deref()
      .is_some_and(|phrase| phrase.ends_with(" is live") || phrase.ends_with(" is draining"))
  {
    *force = Force::Typed;
  }
}

fn is_interrupted(observation: &Observation) -> bool {
  observation
    .operation
    .as_ref()
    .is_some_and(|operation| operation.phase == Phase::Interrupted)
}

/// A rollback while an operation lies interrupted first puts back what that one left. `Some` when
/// that was all there was to do.
async fn put_back_first(
  desk: &mut Desk,
  observation: &Observation,
) -> Result<Option<Outcome>, Trouble> {
  let Some(operation) = &observation.operation else {
    return Ok(None);
  };
  let id = operation.id;
  must_have_consent(desk, id)?;
  let actor = desk.operations.actor();
  match desk
    .operations
    .recover(id, Recovery::Rollback, &actor)
    .await?
  {
    Launch::Started(id) => Ok(match follow::drive(desk, id).await? {
      // What was asked for is true: users are, proven, where they were.
      Outcome::Cancelled | Outcome::Reverted => Some(Outcome::Done),
      // It had gone all the way before it was interrupted: now roll that back.
      Outcome::Done => None,
      other => Some(other),
    }),
    Launch::Locked(holder) => {
      desk.out.progress(&render::lock::busy(
        holder.as_ref(),
        desk.world.clock.now(),
        &desk.typing(),
      ));
      Ok(Some(Outcome::Locked))
    }
  }
}

fn must_have_consent(desk: &mut Desk, id: OperationId) -> Result<(), Trouble> {
  let mut page = Page::default();
  let text = format!("Put back what users had before {id} was interrupted?");
  page.push(Tone::Strong, text);
  let out = &mut desk.out;
  let answer = answer::to_start(&desk.globals, Pace::Emergency, || out.progress(&page));
  match answer.map_err(|error| nobody(&error))? {
    Answer::Yes => Ok(()),
    Answer::No(why) => Err(Trouble::said(
      Outcome::Cancelled,
      format!("not confirmed: {why}"),
      NOTHING,
    )),
  }
}

/// `None` when it may go on.
fn confirm(desk: &mut Desk, plan: &Plan) -> Result<Option<Outcome>, Trouble> {
  if plan.risk == Risk::Green && matches!(plan.kind, Kind::Smoke | Kind::Backup) {
    return Ok(None);
  }
  let page = render::plan::question(plan);
  let out = &mut desk.out;
  let answer = answer::to_plan(&desk.globals, &Question::of(plan), || out.progress(&page));
  match answer.map_err(|error| nobody(&error))? {
    Answer::Yes => Ok(None),
    Answer::No(why) => {
      let what = format!("not confirmed: {why}");
      desk.out.error(&what, &[NOTHING.to_owned()]);
      Ok(Some(Outcome::Cancelled))
    }
  }
}

const NOTHING: &str = "nothing was changed";

fn nobody(error: &answer::Unanswered) -> Trouble {
  Trouble::said(error.outcome(), error.to_string(), NOTHING)
}
