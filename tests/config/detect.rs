//! What `init` makes of the setups under `tests/fixtures`: the values it must find, the questions
//! it must ask, what it must refuse; and that with less to see it is never silently wrong.

mod shapes;

use cutover::config::{
  self,
  detect::{self, Fact, InForce, Proposal, Sure, Survey, Want},
};

use crate::nothing;

use shapes::{root, shapes};

/// The file that is offered must be one the ordinary loader takes.
fn must_load(name: &str, proposal: &Proposal) {
  let text = detect::text(proposal);
  let file = proposal.root.join("cutover.toml");
  let environment = |name: &str| nothing(name);
  if let Err(faults) = config::load_text(&text, &file, &environment) {
    panic!("{name}:\n{text}\n{faults}");
  }
}

#[test]
fn every_described_setup_is_found_asked_about_or_refused() {
  let mut wrong = Vec::new();
  for shape in shapes() {
    let name = &shape.name;
    let expect = &shape.facts.expect;
    let mut survey = shape.survey();
    let first = shape.look(&mut survey);
    let asks: Vec<&str> = first
      .questions
      .iter()
      .map(|question| question.key.as_str())
      .collect();
    if asks != expect.asks {
      wrong.push(format!("{name}: asks {asks:?}, expected {:?}", expect.asks));
    }
    survey.answers.clone_from(&shape.facts.answers);
    let proposal = shape.look(&mut survey);
    let refusals: Vec<String> = proposal
      .refusals
      .iter()
      .map(|it| format!("{} - {}", it.what, it.fix))
      .collect();
    match &expect.refuses {
      Some(words) if !refusals.iter().any(|refusal| refusal.contains(words)) => {
        wrong.push(format!("{name}: refuses {refusals:?}, expected {words:?}"));
      }
      None if !refusals.is_empty() => wrong.push(format!("{name}: refuses {refusals:?}")),
      None if !proposal.questions.is_empty() => {
        wrong.push(format!("{name}: still asks {:?}", proposal.questions));
      }
      None => must_load(name, &proposal),
      Some(_) => {}
    }
    if proposal.live.map(|slot| slot.name().to_owned()) != expect.live {
      wrong.push(format!(
        "{name}: live {:?}, expected {:?}",
        proposal.live, expect.live
      ));
    }
    if let Some(root) = &expect.root
      && proposal.root != self::root(name).join(root)
    {
      wrong.push(format!("{name}: root {}", proposal.root.display()));
    }
    for (key, value) in &expect.values {
      let found = proposal.value(key);
      if found != Some(value) {
        wrong.push(format!("{name}: {key} = {found:?}, expected {value:?}"));
      }
    }
    // What is refused is never written, so its values need no marks.
    for value in proposal.values.iter().filter(|_| expect.refuses.is_none()) {
      let guessed = value.sure == Sure::Guess && value.in_force == InForce::Yes;
      if guessed != expect.guesses.contains(&value.key) {
        wrong.push(format!("{name}: {} is {:?}", value.key, value.sure));
      }
      if (value.in_force == InForce::No) != expect.shown.contains(&value.key) {
        wrong.push(format!(
          "{name}: {} is in force: {:?}",
          value.key, value.in_force
        ));
      }
    }
    for words in &expect.notes {
      if !proposal.notes.iter().any(|note| note.what.contains(words)) {
        wrong.push(format!(
          "{name}: no note says {words:?} in {:#?}",
          proposal.notes
        ));
      }
    }
  }
  assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Takes away what a machine may not show: what runs, what the proxy says, what answers, scripts.
fn poorer(survey: &Survey) -> Vec<(&'static str, Survey)> {
  let mut all = Vec::new();
  let mut add = |what, change: &dyn Fn(&mut Survey)| {
    let mut less = survey.clone();
    less.facts.clear();
    change(&mut less);
    all.push((what, less));
  };
  add("no containers", &|survey| survey.containers.clear());
  add("nothing runs", &|survey| {
    survey.masters.clear();
    for seen in &mut survey.containers {
      seen.running = false;
    }
  });
  add("no labels", &|survey| {
    for seen in &mut survey.containers {
      (seen.files, seen.folder) = (Vec::new(), None);
    }
  });
  add("no state files", &|survey| {
    survey.files.retain(|_, file| {
      file
        .text
        .as_deref()
        .is_none_or(|text| !["blue", "green"].contains(&text.trim()))
    });
  });
  add("an empty machine", &|survey| {
    survey.containers.clear();
    survey.masters.clear();
    survey.others.clear();
  });
  all
}

#[test]
fn with_less_to_see_nothing_wrong_is_called_found() {
  let mut wrong = Vec::new();
  for shape in shapes() {
    let mut full = shape.survey();
    full.answers.clone_from(&shape.facts.answers);
    let whole = shape.look(&mut full);
    for silent in [false, true] {
      for (what, mut less) in poorer(&full) {
        if silent {
          // The proxies and the services answer nothing at all.
          while !less.wants().is_empty() || less.facts.is_empty() {
            let _ = detect::look(&less);
            let wants = less.wants();
            if wants.is_empty() {
              break;
            }
            for want in wants {
              let fact = match &want {
                Want::File(_) => shape.answer(&want),
                Want::Model { .. } | Want::Loaded(_) => Fact::Text(Err("silent".to_owned())),
                Want::Answer { .. } => Fact::Reply(Err("silent".to_owned())),
                Want::Trace { .. } => Fact::Names(Err("silent".to_owned())),
              };
              less.learn(want, fact);
            }
          }
        }
        let proposal = shape.look(&mut less);
        if !proposal.is_whole() {
          continue;
        }
        must_load(&shape.name, &proposal);
        let claims = proposal
          .values
          .iter()
          .filter(|value| value.in_force == InForce::Yes && value.sure != Sure::Guess)
          // Another way to ask the same question is not a wrong one.
          .filter(|value| {
            !["check", "container", "url"]
              .iter()
              .any(|end| value.key.ends_with(end))
          })
          .filter(|value| !value.key.starts_with("smoke") && value.key != "name");
        for value in claims {
          let truth = whole.values.iter().find(|known| known.key == value.key);
          if truth.is_none_or(|truth| truth.value != value.value) {
            wrong.push(format!(
              "{} with {what}: {} = {} is called {:?}, it is {:?}",
              shape.name,
              value.key,
              value.value,
              value.sure,
              truth.map(|truth| &truth.value)
            ));
          }
        }
      }
    }
  }
  wrong.sort();
  wrong.dedup();
  assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_secret_of_an_env_file_is_ever_written() {
  for shape in shapes() {
    let mut survey = shape.survey();
    survey.answers.clone_from(&shape.facts.answers);
    let proposal = shape.look(&mut survey);
    let text = format!("{}{proposal:?}", detect::text(&proposal));
    assert!(!text.contains("never-shown"), "{}", shape.name);
  }
}
