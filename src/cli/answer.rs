//! Gets the answer to a question: from the flags when they give it, else from the terminal, else
//! not at all. `--yes` presses a key; only `--confirm` types a word.

use super::{
  args::Globals,
  prompt::{self, Answer, PromptError},
};
use crate::{
  engine::confirm::{Ask, Question},
  model::operation::Outcome,
};

/// Why a question stays without an answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
  #[error("--confirm says '{said}', but this needs {wanted}: nothing was done")]
  WrongWord { said: String, wanted: String },
  #[error("a check failed, so this is refused unless you type that you know: {source}")]
  Blocked { source: PromptError },
  #[error(transparent)]
  Nobody(PromptError),
}

impl Unanswered {
  pub fn outcome(&self) -> Outcome {
    match self {
      Self::Blocked { .. } => Outcome::Refused,
      Self::WrongWord { .. } | Self::Nobody(_) => Outcome::Usage,
    }
  }
}

/// `paint` writes the question on stderr, when somebody is asked at all.
pub fn get(
  globals: &Globals,
  question: &Question,
  paint: impl FnOnce(),
) -> Result<Answer, Unanswered> {
  if given(globals, question)? {
    return Ok(Answer::Yes);
  }
  let asked = if globals.no_input {
    Err(PromptError::NoInput {
      flag: question.ask.flag(),
    })
  } else {
    prompt::ask(question.ask.clone(), question.pace, paint)
  };
  asked.map_err(|source| match question.ask {
    Ask::Phrase(_) => Unanswered::Blocked { source },
    Ask::Key(_) | Ask::Word(_) => Unanswered::Nobody(source),
  })
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
      wanted: format!("--confirm {wanted:?}"),
    }),
    None => Ok(globals.yes && matches!(question.ask, Ask::Key(_))),
  }
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::{cli::args::parse, engine::confirm::Pace};

  fn asked(flags: &str, ask: Ask) -> Result<Answer, Outcome> {
    let line = format!("cutover status --no-input {flags}");
    let words: Vec<String> = match flags.split_once("--confirm ") {
      Some((before, word)) => {
        let mut words: Vec<String> = format!("cutover status --no-input {before}")
          .split_whitespace()
          .map(str::to_owned)
          .collect();
        words.extend(["--confirm".to_owned(), word.to_owned()]);
        words
      }
      None => line.split_whitespace().map(str::to_owned).collect(),
    };
    let globals = parse(words).expect("understood").globals;
    let question = Question {
      ask,
      pace: Pace::Normal,
      word: "blue".into(),
    };
    get(&globals, &question, || panic!("nobody may be asked")).map_err(|error| error.outcome())
  }

  #[test]
  fn flags_answer_only_the_question_they_are_for() {
    let word = || Ask::Word("blue".into());
    let phrase = || Ask::Phrase("blue is broken".into());
    for (flags, ask, wanted) in [
      ("", Ask::Key('y'), Err(Outcome::Usage)),
      ("--yes", Ask::Key('y'), Ok(Answer::Yes)),
      ("--confirm blue", Ask::Key('y'), Ok(Answer::Yes)),
      ("--yes --confirm green", Ask::Key('y'), Err(Outcome::Usage)),
      ("--yes", word(), Err(Outcome::Usage)),
      ("--confirm blue", word(), Ok(Answer::Yes)),
      ("--confirm BLUE", word(), Err(Outcome::Usage)),
      ("--yes", phrase(), Err(Outcome::Refused)),
      ("--yes --confirm blue", phrase(), Err(Outcome::Usage)),
      ("--yes --confirm blue is broken", phrase(), Ok(Answer::Yes)),
    ] {
      assert_eq!(asked(flags, ask.clone()), wanted, "{flags} {ask:?}");
    }
  }
}
