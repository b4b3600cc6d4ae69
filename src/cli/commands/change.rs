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
    preempt::Preempted,
  },
  model::{
    event::{Record, Recovery},
    observation::{Holder, Observation, Phase},
    operation::{Kind, OperationId, Outcome},
    plan::{Plan, Refusal, Risk},
  },
  render::{
    self, Page, Tone,
    progress::{Progress, Stamp},
  },
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
  carry_out(desk, intent, dry).await
}

/// From an intent to the end of its operation.
pub(super) async fn carry_out(desk: &mut Desk, intent: Intent, dry: DryRun) -> Verdict {
  let mut confirmed: Option<Plan> = None;
  loop {
    let observation = engine::observe(&desk.world).await;
    if is_interrupted(&observation) && matches!(intent, Intent::Rollback(_)) && !dry.dry_run {
      if let Some(outcome) = put_back_first(desk, &observation).await? {
        return Ok(outcome);
      }
      continue;
    }
    let plan = match engine::plan::plan(&desk.world, &observation, &intent).await {
      Ok(plan) => plan,
      Err(refusal) => return refused(desk, &refusal),
    };
    if dry.dry_run {
      return dry_run(desk, &plan);
    }
    let covered = confirmed
      .as_ref()
      .is_some_and(|before| plan.is_covered_by(before));
    if !covered && let Some(outcome) = confirm(desk, &plan)? {
      return Ok(outcome);
    }
    if plan.preempts.is_some() {
      if let Some(outcome) = make_way(desk, &plan).await? {
        return Ok(outcome);
      }
      // Whatever the other one left is a new fact: look and plan again.
      confirmed = Some(plan);
      continue;
    }
    let actor = desk.operations.actor();
    return match desk.operations.launch(plan, &actor).await? {
      Launch::Started(id) => follow::drive(desk, id).await,
      Launch::Locked(holder) => Ok(locked(desk, holder.as_ref())),
    };
  }
}

fn refused(desk: &mut Desk, refusal: &Refusal) -> Verdict {
  if desk.globals.json {
    desk.out.json(refusal)?;
  } else {
    desk.out.progress(&render::plan::refused(refusal));
  }
  Ok(refusal.outcome)
}

fn dry_run(desk: &mut Desk, plan: &Plan) -> Verdict {
  if desk.globals.json {
    desk.out.json(plan)?;
  } else {
    desk.out.data(&render::plan::dry_run(plan))?;
  }
  Ok(Outcome::Done)
}

fn locked(desk: &mut Desk, holder: Option<&Holder>) -> Outcome {
  let now = desk.world.clock.now();
  let page = render::lock::busy(holder, now, &desk.typing());
  desk.out.progress(&page);
  Outcome::Locked
}

/// Asks the operation in the way to stop and shows it stopping. `Some` when it did not in the time
/// that was given.
async fn make_way(desk: &mut Desk, plan: &Plan) -> Result<Option<Outcome>, Trouble> {
  let Some(rival) = &plan.preempts else {
    return Ok(None);
  };
  let order = desk.world.ledger.order(rival.id)?;
  let mut progress =
    order.map(|order| Progress::new(&order, Stamp::No, desk.detail(), desk.typing()));
  tell(
    desk,
    &format!(
      "asking operation {} ({} by {}) to stop at its next safe point",
      rival.id, rival.kind, rival.actor
    ),
  );
  let (world, operations) = (desk.world.clone(), desk.operations.clone());
  let (json, out) = (desk.globals.json, &mut desk.out);
  let mut heard = |record: &Record| {
    if let Some(progress) = &mut progress
      && !json
    {
      out.progress(&progress.record(record));
    }
  };
  let stopping = engine::preempt(&world, &*operations, plan, &mut heard);
  let stopped = match desk.globals.timeout {
    Some(patience) => tokio::time::timeout(patience, stopping).await,
    None => Ok(stopping.await),
  };
  match stopped {
    Ok(Ok(Preempted::MovesUsers)) => {
      tell(
        desk,
        &format!("operation {} moves users by now: looking again", rival.id),
      );
      Ok(None)
    }
    Ok(Ok(Preempted::Ended(_) | Preempted::Interrupted)) => Ok(None),
    Ok(Err(error)) => Err(error.into()),
    Err(_) => {
      let what = format!(
        "operation {} was asked to stop and has not yet; nothing was rolled back",
        rival.id
      );
      let follow = world.command(&format!("attach {}", rival.id.0)).to_string();
      desk
        .out
        .error(&what, &[follow, world.command("rollback").to_string()]);
      Ok(Some(Outcome::Locked))
    }
  }
}

fn tell(desk: &mut Desk, text: &str) {
  let mut page = Page::default();
  page.push(Tone::Strong, text);
  desk.out.progress(&page);
}

/// Stopping what is live or still draining has no flag: the phrase itself is the consent.
fn typed_force(desk: &Desk, intent: &mut Intent) {
  if let Intent::Stop { force, .. } | Intent::Restart { force, .. } = intent
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
      // It was a rollback and had gone all the way: another would undo it.
      Outcome::Done if operation.kind == Kind::Rollback => Some(Outcome::Done),
      // It had gone all the way before it was interrupted: now roll that back.
      Outcome::Done => None,
      other => Some(other),
    }),
    Launch::Locked(holder) => Ok(Some(locked(desk, holder.as_ref()))),
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
  let page = render::plan::question(plan, "add --dry-run");
  let out = &mut desk.out;
  let answer = answer::to_plan(&desk.globals, &Question::of(plan), || out.progress(&page));
  match answer {
    Ok(Answer::Yes) => Ok(None),
    Ok(Answer::No(why)) => {
      let what = format!("not confirmed: {why}");
      desk.out.error(&what, &[NOTHING.to_owned()]);
      Ok(Some(Outcome::Cancelled))
    }
    Err(error) => {
      // Whoever reads this later, in the log of a script, must find what was asked.
      if !plan.warnings.is_empty() {
        desk.out.progress(&page);
      }
      Err(nobody(&error))
    }
  }
}

const NOTHING: &str = "nothing was changed";

fn nobody(error: &answer::Unanswered) -> Trouble {
  Trouble::said(error.outcome(), error.to_string(), NOTHING)
}
