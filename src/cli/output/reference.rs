//! Writes `docs/json.md`: what `--json` prints, taken from real values. The test fails when the page
//! is stale; `UPDATE=1 cargo test reference` writes it anew.

use std::{collections::BTreeMap, fmt::Write};

use serde::Serialize;
use serde_json::Value;

use crate::{
  cli::{
    commands::watch::{Figures, Line},
    exit,
  },
  model::{
    Slot,
    event::{Answer, Event, Failure, Produced, Recovery},
    operation::{OperationId, Outcome},
    watch::{Breach, Measure, Verdict},
  },
  render::{
    history::Telling,
    samples,
    story::{Runner, Story},
  },
};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md");

const HEAD: &str = "# What `--json` prints\n\n\
  Made from real values by a test that fails when this page is stale. Each table is the value flattened: \
  `[]` is each element of a list, and one example stands for all. Keys are only ever added; `schema` counts up \
  when one changes its meaning. What could be observed has `known` `yes`, a `value` and \
  its time `at`; what could not has `known` `no`, the reason `why` and `since` when. Unknown is never healthy.\n\n\
  One JSON value per line on stdout. Characters outside ASCII are written as `\\u` escapes, and secrets are \
  starred out. Progress stays on stderr.\n";

/// Every path in `value` with the first thing found there.
fn flat(value: &Value, path: &str, found: &mut BTreeMap<String, String>) {
  match value {
    Value::Object(table) if !table.is_empty() => {
      for (key, value) in table {
        let dot = if path.is_empty() { "" } else { "." };
        flat(value, &format!("{path}{dot}{key}"), found);
      }
    }
    Value::Array(items) if !items.is_empty() => {
      for item in items {
        flat(item, &format!("{path}[]"), found);
      }
    }
    other => {
      let text = other.to_string().replace('|', "\\|");
      found.entry(path.to_owned()).or_insert(text);
    }
  }
}

fn table<T: Serialize>(out: &mut String, title: &str, text: &str, value: &T) {
  let _ = write!(
    out,
    "\n## {title}\n\n{text}\n\n| key | such as |\n|---|---|\n"
  );
  let mut found = BTreeMap::new();
  flat(&serde_json::to_value(value).expect("JSON"), "", &mut found);
  for (path, such_as) in found {
    let _ = writeln!(out, "| `{path}` | `{such_as}` |");
  }
}

/// One of each event; the match below does not compile until a new one is here.
fn events() -> Vec<Event> {
  let (actor, gate) = (samples::actor(), "switch now?".to_owned());
  vec![
    samples::begun(),
    Event::Resumed {
      actor: actor.clone(),
      boot_id: "b".into(),
      runner_pid: 10,
      how: Recovery::Resume,
    },
    Event::StepStarted { index: 0 },
    Event::StepNote {
      index: 0,
      text: "api-green: healthy".into(),
    },
    Event::StepFinished {
      index: 6,
      produced: Produced::Proved {
        ledger: samples::ledger(),
      },
      millis: 640,
    },
    Event::StepFailed {
      index: 6,
      failure: Failure {
        what: "the proxy still answers from BLUE".into(),
        ..Failure::default()
      },
      millis: 5_000,
    },
    Event::GateOpened {
      index: 7,
      gate: gate.clone(),
      evidence: vec!["4 smoke tests passed".into()],
      until: samples::now(),
    },
    Event::Answered {
      gate,
      yes: Answer::Yes,
      actor: actor.clone(),
    },
    Event::AbortAsked {
      actor: actor.clone(),
    },
    Event::Noted {
      actor,
      text: "p95 looks fine".into(),
    },
    Event::RestoreStarted {
      why: "the switch could not be proven".into(),
    },
    Event::RestoreFinished {
      proven: Some(Slot::Blue),
      ledger: None,
    },
    Event::RestoreFailed {
      failure: Failure {
        what: "the proxy does not answer".into(),
        ..Failure::default()
      },
    },
    Event::Ended {
      verdict: samples::verdict(Outcome::Done),
    },
  ]
}

/// What an event says, for the reader of a script.
fn says(event: &Event) -> &'static str {
  match event {
    Event::Begun { .. } => "a runner took the lock and begins",
    Event::Resumed { .. } => "another runner took over what was interrupted",
    Event::StepStarted { .. } => "written before the step has any effect",
    Event::StepNote { .. } => "what a step or its command says meanwhile",
    Event::StepFinished { .. } => "a step is done, with what it produced",
    Event::StepFailed { .. } => "a step failed, with the first cause",
    Event::GateOpened { .. } => "a question waits for an answer until then",
    Event::Answered { .. } => "somebody answered it",
    Event::AbortAsked { .. } => "somebody asked it to stop",
    Event::Noted { .. } => "somebody wrote a note",
    Event::RestoreStarted { .. } => "what users had is being put back",
    Event::RestoreFinished { .. } => "it is back, and proven where `proven` names the slot",
    Event::RestoreFailed { .. } => "it could not be put back: a person must look",
    Event::Ended { .. } => {
      "the last line, exactly once: what happened, where users are, what to type"
    }
  }
}

fn page() -> String {
  let mut out = HEAD.to_owned();
  out.push_str("\n## `outcome`\n\n| word | exit code | meaning |\n|---|---|---|\n");
  for (outcome, meaning) in exit::MEANINGS {
    let word = serde_json::to_value(outcome).expect("JSON");
    let code = outcome.exit_code();
    let _ = writeln!(
      out,
      "| `{}` | {code} | {meaning} |",
      word.as_str().unwrap_or_default()
    );
  }
  let status = "`cutover status --json`; with `--watch` one line for each look.";
  table(&mut out, "status", status, &samples::observation());
  let health = "`cutover health --json`: one line for each slot that has containers.";
  table(&mut out, "health", health, &samples::health(Slot::Green));
  let plan = "Whatever changes the site, with `--dry-run --json`: the plan, and nothing is done.";
  table(&mut out, "plan", plan, &samples::plan());
  let records = samples::records(events());
  out.push_str(
    "\n## events\n\nWhatever changes the site, with `--json`, and `cutover attach --json`: one line for each record \
     of the journal, the same lines as in `.cutover/operations/NUMBER/journal.jsonl`.\n\n| event | says |\n|---|---|\n",
  );
  for record in &records {
    let value = serde_json::to_value(&record.event).expect("JSON");
    let word = value["event"].as_str().unwrap_or_default().to_owned();
    let _ = writeln!(out, "| `{word}` | {} |", says(&record.event));
  }
  out.push_str("\nOne of each:\n\n```json\n");
  for record in &records {
    let _ = writeln!(out, "{}", serde_json::to_string(record).expect("JSON"));
  }
  out.push_str("```\n");
  let ended = samples::records(vec![
    samples::begun(),
    Event::Ended {
      verdict: samples::verdict(Outcome::Done),
    },
  ]);
  let story = Story::of(samples::order(), &ended, Runner::Gone);
  let watch = "`cutover watch --json`: one line when the verdict changes, and one every 15 s. `breach` has the limit that is \
     exceeded: `error-rate` in hundredths of a percent, `p95` in milliseconds. `before` is what the former slot did in \
     the five minutes before the switch, where that was seen. The lines of a rollback that follows are events.";
  table(&mut out, "watch", watch, &watch_line());
  let history = "`cutover history --json`: one line for each operation, newest first.";
  table(&mut out, "history", history, &story);
  let telling = Telling {
    schema: 1,
    operation: &story,
    records: &ended,
  };
  let show =
    "`cutover show N --json`: `operation` as in the history, and `records` as in the events.";
  table(&mut out, "show", show, &shallow(&telling));
  out
}

fn watch_line() -> Value {
  let figures = Figures {
    requests: 2_580,
    failed: 160,
    seconds: 30,
    p50: Some(41),
    p95: Some(203),
    p99: Some(602),
  };
  let breach = Breach {
    measure: Measure::ErrorRate,
    found: 620,
    limit: 500,
    since: samples::before(30),
    seconds: 30,
  };
  let verdict = Verdict::Broken(breach.clone());
  let line = Line {
    schema: 1,
    event: "watch",
    at: samples::now(),
    operation: OperationId(128),
    slot: Slot::Green,
    verdict: verdict.word(),
    text: crate::render::watch::verdict(&verdict),
    left_seconds: 708,
    breach: Some(&breach),
    now: Some(figures.clone()),
    before: Some(figures),
  };
  serde_json::to_value(line).expect("JSON")
}

/// What stands above already is not listed again.
fn shallow(telling: &Telling<'_>) -> Value {
  let mut value = serde_json::to_value(telling).expect("JSON");
  value["operation"] = Value::from("…");
  value["records"] = Value::from("…");
  value
}

#[test]
fn the_page_about_json_says_what_the_program_prints() {
  let wanted = page();
  if std::env::var_os("UPDATE").is_some() {
    std::fs::write(PAGE, &wanted).expect("docs/json.md can be written");
  }
  let written = std::fs::read_to_string(PAGE).unwrap_or_default();
  assert!(
    written == wanted,
    "docs/json.md is stale: run UPDATE=1 cargo test reference"
  );
}
