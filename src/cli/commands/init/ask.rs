//! The questions of the detection, put to whoever can answer them.

use super::{
  Bench,
  report::{Report, Written},
};
use crate::{
  cli::{args::Init, commands::Trouble, prompt},
  config::detect::{self, Proposal, Question, Survey},
  model::operation::Outcome,
  render::{self, Page},
};

/// `Some` when nobody could answer, or would not.
pub(super) fn ask(
  bench: &mut Bench<'_>,
  survey: &mut Survey,
  question: &Question,
  proposal: &Proposal,
) -> Result<Option<Outcome>, Trouble> {
  if bench.globals.json {
    bench.out.json(&Report::of(proposal, None, Written::No))?;
    return Ok(Some(Outcome::Usage));
  }
  let page = render::init::question(question);
  bench.out.progress(&page);
  if bench.globals.no_input || bench.globals.yes || prompt::can_ask().is_err() {
    let fixes: Vec<String> = question
      .choices
      .iter()
      .map(|choice| format!("--answer '{}={}'", question.key, choice.value))
      .collect();
    bench.out.error(
      "this asks a question; add one of these to answer it here",
      &fixes,
    );
    return Ok(Some(Outcome::Usage));
  }
  let out = &mut *bench.out;
  let chosen = prompt::choose(question.choices.len(), |text| {
    let mut page = Page::default();
    page.plain(text);
    out.progress(&page);
  });
  match chosen.and_then(|index| question.choices.get(index)) {
    Some(choice) => {
      survey
        .answers
        .insert(question.key.clone(), choice.value.clone());
      Ok(None)
    }
    None => Err(Trouble::said(
      Outcome::Cancelled,
      "not answered: nothing was written",
      format!("--answer '{}=…' answers it as well", question.key),
    )),
  }
}

/// An answer that nothing asked for was meant for something else.
pub(super) fn unused(survey: &Survey, init: &Init, proposal: &Proposal) -> Result<(), Trouble> {
  let mut without = survey.clone();
  for (key, value) in &init.answers {
    let kept = without.answers.remove(key);
    let asks = detect::look(&without);
    without
      .answers
      .extend(kept.map(|value| (key.clone(), value)));
    let question = asks.questions.iter().find(|question| question.key == *key);
    let fits =
      question.is_some_and(|question| question.choices.iter().any(|choice| choice.value == *value));
    if !fits {
      let choices: Vec<String> = question
        .into_iter()
        .flat_map(|question| &question.choices)
        .map(|choice| format!("{key}={}", choice.value))
        .collect();
      return Err(Trouble::Said {
        outcome: Outcome::Usage,
        what: format!(
          "--answer {key}={value} answers no question of {}",
          proposal.root.display()
        ),
        fixes: choices,
      });
    }
  }
  Ok(())
}
