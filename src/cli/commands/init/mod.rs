//! `cutover init`: look, ask, show, and write only after a yes. Works without a configuration, so
//! it stands beside the desk the other verbs work at.

mod ask;
mod report;

use std::path::{Path, PathBuf};

use self::report::{Report, Written};
use super::{Trouble, Verdict};
use crate::{
  cli::{
    answer,
    args::{Globals, Init},
    output::Out,
    prompt::{self, Answer},
  },
  config::{
    self, ConfigFaults,
    detect::{self, Proposal, Survey},
  },
  engine::{confirm::Pace, ports::Scout},
  model::{operation::Outcome, text_diff},
  render::{self, Page, Tone, Typing},
};

/// Rounds of questions to the machine; each can only follow from the answers before it.
const ROUNDS: usize = 12;

/// What it works with.
pub struct Bench<'a> {
  pub out: &'a mut Out,
  pub globals: &'a Globals,
  pub scout: &'a dyn Scout,
  pub environment: config::Environment<'a>,
}

/// How it ended, and the file that stands there now.
pub struct Made {
  pub outcome: Outcome,
  pub file: Option<PathBuf>,
  /// Whether a container of the site runs.
  pub runs: bool,
}

pub async fn run(bench: &mut Bench<'_>, init: &Init) -> Made {
  let mut made = Made {
    outcome: Outcome::Failed,
    file: None,
    runs: false,
  };
  made.outcome = match make(bench, init, &mut made).await {
    Ok(outcome) => outcome,
    Err(trouble) => {
      let (outcome, fixes) = match &trouble {
        Trouble::Said { outcome, fixes, .. } => (*outcome, fixes.clone()),
        Trouble::Port(_) | Trouble::Write(_) => (Outcome::Failed, Vec::new()),
      };
      bench.out.error(&trouble.to_string(), &fixes);
      outcome
    }
  };
  made
}

async fn make(bench: &mut Bench<'_>, init: &Init, made: &mut Made) -> Verdict {
  let folder = init.folder.as_deref().unwrap_or(Path::new("."));
  let mut survey = bench.scout.survey(folder).await?;
  survey.answers.extend(init.answers.iter().cloned());
  let proposal = loop {
    let proposal = known(bench.scout, &mut survey).await?;
    let Some(question) = proposal
      .questions
      .first()
      .filter(|_| proposal.refusals.is_empty())
    else {
      break proposal;
    };
    if let Some(outcome) = ask::ask(bench, &mut survey, question, &proposal)? {
      return Ok(outcome);
    }
  };
  ask::unused(&survey, init, &proposal)?;
  if !proposal.refusals.is_empty() {
    return refused(bench, &proposal);
  }
  made.runs = survey.runs(&proposal.root);
  offer(bench, &proposal, made)
}

/// What comes after a file was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Next {
  /// Nothing of the site runs yet.
  Up,
  /// The doctor found something red.
  Mend,
  Rehearse,
}

impl Next {
  /// `doctor` is how the doctor ended; `runs` is whether a container of the site does.
  pub fn after(doctor: Outcome, runs: bool) -> Self {
    match (runs, doctor) {
      (false, _) => Self::Up,
      (true, Outcome::Done) => Self::Rehearse,
      (true, _) => Self::Mend,
    }
  }
}

/// Whether the rehearsal may begin at once: only a person at a terminal is asked. Everybody else is
/// told what to type.
pub fn goes_on(bench: &mut Bench<'_>, file: &Path, next: Next) -> bool {
  let typing = Typing::with_config(file);
  let line = match next {
    Next::Up => format!(
      "{}   (nothing of this site runs yet)",
      typing.line("up --version VERSION")
    ),
    Next::Mend => format!("mend what is RED above, then {}", typing.line("rehearse")),
    Next::Rehearse => typing.line("rehearse"),
  };
  let globals = bench.globals;
  let nobody_asked = globals.yes || globals.no_input || prompt::can_ask().is_err();
  if next != Next::Rehearse || nobody_asked {
    say(bench, Tone::Plain, &format!("next    {line}"));
    return false;
  }
  let mut page = Page::default();
  page.gap();
  page.push(
    Tone::Strong,
    "Rehearse it now?  A switch to the slot that is live already: nobody is moved.",
  );
  let out = &mut *bench.out;
  let answer = answer::to_start(globals, Pace::Normal, || out.progress(&page));
  matches!(answer, Ok(Answer::Yes))
}

/// Detection, again until it wants nothing more.
async fn known(scout: &dyn Scout, survey: &mut Survey) -> Result<Proposal, Trouble> {
  let mut proposal = detect::look(survey);
  for _ in 0..ROUNDS {
    let wants = survey.wants();
    if wants.is_empty() {
      break;
    }
    for want in wants {
      let fact = scout.answer(&want).await?;
      survey.learn(want, fact);
    }
    proposal = detect::look(survey);
  }
  Ok(proposal)
}

fn refused(bench: &mut Bench<'_>, proposal: &Proposal) -> Verdict {
  if bench.globals.json {
    bench.out.json(&Report::of(proposal, None, Written::No))?;
  } else {
    bench.out.progress(&render::init::refused(proposal));
  }
  Ok(Outcome::Refused)
}

fn offer(bench: &mut Bench<'_>, proposal: &Proposal, made: &mut Made) -> Verdict {
  let file = proposal.root.join("cutover.toml");
  let text = detect::text(proposal);
  if !bench.globals.json {
    bench.out.progress(&render::init::found(proposal));
  }
  if let Err(faults) = config::judge(&text, &file, bench.environment) {
    return Ok(faulty(bench, &text, &faults));
  }
  let before = bench.scout.stands(&file);
  let shown = file.display().to_string();
  let lines = text_diff::unified(&shown, before.as_deref().unwrap_or_default(), &text);
  if lines.is_empty() {
    say(
      bench,
      Tone::Good,
      &format!("{shown} says all of this already"),
    );
    made.file = Some(file);
    return Ok(Outcome::Done);
  }
  if !bench.globals.json {
    bench.out.data(&render::init::change(&lines))?;
  } else if !bench.globals.yes {
    bench
      .out
      .json(&Report::of(proposal, Some(text), Written::No))?;
    return Ok(Outcome::Done);
  }
  if !consents(bench, &file)? {
    return Err(Trouble::said(
      Outcome::Cancelled,
      "not confirmed",
      "nothing was written",
    ));
  }
  let kept = bench.scout.write(&file, &text)?;
  if bench.globals.json {
    bench
      .out
      .json(&Report::of(proposal, Some(text), Written::Yes))?;
  }
  if let Some(kept) = kept {
    say(
      bench,
      Tone::Plain,
      &format!("what stood there is kept as {}", kept.display()),
    );
  }
  say(bench, Tone::Good, &format!("{shown} is written"));
  made.file = Some(file);
  Ok(Outcome::Done)
}

/// What is proposed must be a site; where it is not, the files it names are the reason.
fn faulty(bench: &mut Bench<'_>, text: &str, faults: &ConfigFaults) -> Outcome {
  let mut page = Page::default();
  for line in text.lines().chain(faults.to_string().lines()) {
    page.plain(line);
  }
  bench.out.progress(&page);
  bench.out.error(
    "what was found is not yet a site that can be driven; nothing was written",
    &["mend what is named above, then run init again".to_owned()],
  );
  Outcome::Misconfigured
}

fn consents(bench: &mut Bench<'_>, file: &Path) -> Result<bool, Trouble> {
  let mut page = Page::default();
  page.push(Tone::Strong, format!("Write {}?", file.display()));
  let out = &mut *bench.out;
  let answer = answer::to_start(bench.globals, Pace::Normal, || out.progress(&page));
  match answer {
    Ok(Answer::Yes) => Ok(true),
    Ok(Answer::No(_)) => Ok(false),
    Err(error) => Err(Trouble::said(
      error.outcome(),
      error.to_string(),
      "nothing was written",
    )),
  }
}

fn say(bench: &mut Bench<'_>, tone: Tone, text: &str) {
  let mut page = Page::default();
  page.push(tone, text);
  bench.out.progress(&page);
}
