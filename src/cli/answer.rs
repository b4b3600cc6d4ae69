//! Gets the answer to a question: from the flags when they give it, else from the terminal, else
//! not at all. `--yes` answers whatever the checks allow; only `--confirm` overrides a failed one.

use super::{
  args::Globals,
  prompt::{self, Answer, PromptError},
};
use crate::{
  engine::confirm::{Ask, Pace, Question},
  model::operation::Outcome,
};

/// Why a question stays without an answer; always exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
  #[error("--confirm says '{said}', but this needs --confirm \"{wanted}\": nothing was done")]
  WrongWord { said: String, wanted: String },
  #[error(transparent)]
  Nobody(#[from] PromptError),
}

impl Unanswered {
  pub fn outcome(&self) -> Outcome {
    Outcome::Usage
  }
}

/// Before a plan starts. `paint` writes the question on stderr, when somebody is asked.
pub fn to_plan(
  globals: &Globals,
  question: &Question,
  paint: impl FnOnce(),
) -> Result<Answer, Unanswered> {
  if given(globals, question)? {
    return Ok(Answer::Yes);
  }
  ask(globals, &question.ask, question.pace, paint)
}

/// Before something that has no plan. A `--confirm` on the line is for the plan that follows.
pub fn to_start(globals: &Globals, pace: Pace, paint: impl FnOnce()) -> Result<Answer, Unanswered> {
  if globals.yes {
    return Ok(Answer::Yes);
  }
  ask(globals, &Ask::Key('y'), pace, paint)
}

fn ask(
  globals: &Globals,
  ask: &Ask,
  pace: Pace,
  paint: impl FnOnce(),
) -> Result<Answer, Unanswered> {
  if globals.no_input {
    let flag = ask.flag();
    return Err(PromptError::NoInput { flag }.into());
  }
  Ok(prompt::ask(ask.clone(), pace, paint)?)
}

/// Whether the flags answer; an error when they answer something else.
fn given(globals: &Globals, question: &Question) -> Result<bool, Unanswered> {
  let wanted = match &question.ask {
    Ask::Key(_) => &question.word,
    Ask::Word(word) | Ask::Phrase(word) => word,
  };
  match globals.confirm.as_deref() {
    Some(said) if said == wanted => Ok(true),
    Some(said) => Err(Unanswered::WrongWord {
      said: said.to_owned(),
      wanted: wanted.clone(),
    }),
    None => Ok(globals.yes && !matches!(question.ask, Ask::Phrase(_))),
  }
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::cli::args::parse;

  fn asked(flags: &[&str], ask: Ask) -> Option<Answer> {
    let words = ["cutover", "status", "--no-input"].iter().chain(flags);
    let globals = parse(words).expect("understood").globals;
    let question = Question {
      ask,
      pace: Pace::Normal,
      word: "blue".into(),
    };
    to_plan(&globals, &question, || panic!("nobody may be asked")).ok()
  }

  #[test]
  fn flags_answer_only_the_question_they_are_for() {
    let key = || Ask::Key('y');
    let word = || Ask::Word("blue".into());
    let phrase = || Ask::Phrase("blue is broken".into());
    let yes = Some(Answer::Yes);
    for (flags, ask, wanted) in [
      (&[][..], key(), None),
      (&["--yes"], key(), yes),
      (&["--confirm", "blue"], key(), yes),
      (&["--yes", "--confirm", "green"], key(), None),
      (&[], word(), None),
      (&["--yes"], word(), yes),
      (&["--confirm", "blue"], word(), yes),
      (&["--yes", "--confirm", "green"], word(), None),
      (&["--confirm", "BLUE"], word(), None),
      (&["--yes"], phrase(), None),
      (&["--yes", "--confirm", "blue"], phrase(), None),
      (&["--confirm", "blue is broken"], phrase(), yes),
    ] {
      assert_eq!(asked(flags, ask.clone()), wanted, "{flags:?} {ask:?}");
    }
  }
}
