use std::time::Duration;

use super::*;
use crate::{
  engine::intent::{Force, Intent, WhenReady},
  model::{Slot, event::Recovery, operation::OperationId, operation::Outcome},
};

fn typed(line: &str) -> Cli {
  parse(line.split(' ')).unwrap_or_else(|stop| panic!("{line}: {}", stop.text))
}

fn stopped(line: &str) -> Stop {
  match parse(line.split(' ')) {
    Ok(cli) => panic!("{line} was understood: {cli:?}"),
    Err(stop) => stop,
  }
}

#[test]
fn the_model_of_the_command_line_is_sound() {
  command().debug_assert();
}

#[test]
fn every_verb_of_the_runbooks_is_understood() {
  for line in [
    "cutover",
    "cutover status --watch",
    "cutover status --check --json",
    "cutover deploy --version 1.4.2",
    "cutover deploy auto --version 1.4.2 --rebuild --switch",
    "cutover deploy green --version 1.4.2 --skip-smoke --reason urgent",
    "cutover health",
    "cutover health green -v",
    "cutover smoke green --only login",
    "cutover switch green --reason release",
    "cutover init",
    "cutover init /srv/shop --answer router=host --yes",
    "cutover rehearse -n",
    "cutover rollback",
    "cutover R",
    "cutover rollback --to-version 1.4.1 --reason p95 --force",
    "cutover stop blue",
    "cutover start blue",
    "cutover stop green api",
    "cutover start green api --dry-run",
    "cutover restart green",
    "cutover restart green frontend",
    "cutover backup",
    "cutover restore dump.sql --swap",
    "cutover history -n 5",
    "cutover history --markdown",
    "cutover show 128 --json",
    "cutover lock status",
    "cutover logs",
    "cutover logs green api -f --tail 20",
    "cutover config check",
    "cutover config show --origin",
    "cutover config path",
    "cutover migrate --status",
    "cutover migrate green --dry-run",
    "cutover attach",
    "cutover attach 128",
    "cutover approve",
    "cutover decline 128",
    "cutover abort",
    "cutover resume #128",
    "cutover operate 128 --recover rollback",
  ] {
    typed(line);
  }
}

#[test]
fn global_flags_mean_the_same_before_and_after_the_verb() {
  for line in [
    "cutover --json --yes --confirm green --no-input --color never --timeout 90s --config a.toml --site ala -q switch green",
    "cutover switch green --json --yes --confirm green --no-input --color never --timeout 90s --config a.toml --site ala -q",
  ] {
    let globals = typed(line).globals;
    assert!(
      globals.json && globals.yes && globals.no_input && globals.quiet,
      "{line}"
    );
    assert_eq!(globals.confirm.as_deref(), Some("green"));
    assert_eq!(globals.color, ColorWhen::Never);
    assert_eq!(globals.timeout, Some(Duration::from_secs(90)));
    assert_eq!(globals.site.as_deref(), Some("ala"));
    assert_eq!(globals.config, Some("a.toml".into()));
  }
}

#[test]
fn dry_run_works_on_both_sides_of_a_verb_and_history_keeps_its_number() {
  for line in [
    "cutover -n switch green",
    "cutover switch green -n",
    "cutover switch green --dry-run",
  ] {
    assert!(typed(line).dry_run().dry_run, "{line}");
  }
  let history = typed("cutover history -n 7");
  assert!(!history.dry_run().dry_run);
  assert!(matches!(
    history.verb,
    Some(Verb::History(History { last: 7, .. }))
  ));
}

#[test]
fn a_version_that_looks_like_an_option_is_refused_in_the_versions_own_words() {
  for line in [
    "cutover deploy --version -x",
    "cutover deploy --version --privileged",
    "cutover rollback --to-version -rf",
  ] {
    let stop = stopped(line);
    assert_eq!(stop.outcome, Outcome::Usage, "{line}");
    assert!(
      stop.text.contains("the version starts with '-'"),
      "{line}: {}",
      stop.text
    );
  }
}

#[test]
fn a_very_long_value_does_not_hide_what_is_wrong_with_it() {
  let long = "9".repeat(10_000);
  let stop = stopped(&format!("cutover deploy --version {long}"));
  assert!(stop.text.contains("10000 characters long"), "{}", stop.text);
  for line in [
    format!("cutover {long}"),
    format!("cutover switch {long}"),
    format!("cutover --{long}"),
  ] {
    let stop = stopped(&line);
    assert!(
      stop.text.len() < 1_000 && stop.text.contains("999..."),
      "{}",
      stop.text
    );
  }
}

#[test]
fn help_and_version_need_nothing_and_are_not_errors() {
  for line in [
    "cutover --help",
    "cutover -h",
    "cutover --version",
    "cutover rollback --help",
    "cutover R --help",
  ] {
    let stop = stopped(line);
    assert_eq!(
      (stop.outcome, stop.stream),
      (Outcome::Done, Stream::Stdout),
      "{line}"
    );
  }
  assert!(stopped("cutover --version").text.starts_with("cutover 0."));
}

#[test]
fn the_help_of_each_verb_begins_with_an_example_that_is_understood() {
  for verb in command()
    .get_subcommands()
    .filter(|verb| !verb.is_hide_set())
  {
    let stop = stopped(&format!("cutover {} --help", verb.get_name()));
    let first = stop.text.lines().next().unwrap_or_default().to_owned();
    let example = first.strip_prefix("Example: ");
    let words = example.unwrap_or_else(|| panic!("{}: {first}", verb.get_name()));
    let words = words.replace("\"p95 looks fine\"", "fine");
    assert!(
      words.starts_with(&format!("cutover {}", verb.get_name())),
      "{words}"
    );
    typed(&words);
  }
}

#[test]
fn what_is_wrong_is_said_on_stderr_with_exit_code_two() {
  for (line, says) in [
    ("cutover swich green", "switch"),
    (
      "cutover switch red",
      "'red' is not a slot: use blue or green",
    ),
    ("cutover deploy red --version 1", "use auto, blue or green"),
    ("cutover deploy", "--version <V>"),
    ("cutover deploy --version 1 --skip-smoke", "--reason"),
    ("cutover deploy --version 1 --build --rebuild", "--rebuild"),
    ("cutover show abc", "'abc' is not an operation number"),
    (
      "cutover note looks fine",
      "'looks' is not an operation number",
    ),
    ("cutover status --timeout soon", "--timeout"),
    ("cutover status -q -v", "--verbose"),
  ] {
    let stop = stopped(line);
    assert_eq!(
      (stop.outcome, stop.stream),
      (Outcome::Usage, Stream::Stderr),
      "{line}"
    );
    assert!(stop.text.contains(says), "{line}: {}", stop.text);
  }
}

#[test]
fn an_error_repeats_no_escape_sequence_from_the_command_line() {
  let stop = stopped("cutover switch \u{1b}]0;owned\u{7}\u{1b}[31mred");
  assert!(
    !stop.text.chars().any(|c| c.is_control() && c != '\n'),
    "{:?}",
    stop.text
  );
}

#[test]
fn a_note_takes_its_number_or_means_the_newest() {
  let note = |args: &[&str]| match parse(args).map(|cli| cli.verb) {
    Ok(Some(Verb::Note(note))) => note,
    other => panic!("{other:?}"),
  };
  let numbered = note(&["cutover", "note", "128", "p95 looks fine"]);
  assert_eq!(
    (numbered.number, numbered.text.as_str()),
    (Some(OperationId(128)), "p95 looks fine")
  );
  let newest = note(&["cutover", "note", "p95 looks fine"]);
  assert_eq!(
    (newest.number, newest.text.as_str()),
    (None, "p95 looks fine")
  );
}

#[test]
fn verbs_become_what_the_engine_is_asked_for() {
  let intent = |line: &str| {
    typed(line)
      .verb
      .and_then(|verb| verb.intent(WhenReady::Ask))
  };
  assert!(matches!(
    intent("cutover deploy --version 1.4.2"),
    Some(Intent::Deploy(deploy)) if deploy.slot.is_none() && deploy.ready == WhenReady::Ask && deploy.skip_smoke.is_none()
  ));
  assert!(matches!(
    intent("cutover deploy green --version 1 --switch --skip-smoke --reason fire"),
    Some(Intent::Deploy(deploy)) if deploy.slot == Some(Slot::Green) && deploy.ready == WhenReady::Switch
      && deploy.skip_smoke.as_deref() == Some("fire")
  ));
  assert!(matches!(
    intent("cutover R --force"),
    Some(Intent::Rollback(rollback)) if rollback.force == Force::Typed
  ));
  assert_eq!(
    intent("cutover stop blue"),
    Some(Intent::Stop {
      slot: Slot::Blue,
      service: None,
      force: Force::No
    })
  );
  assert_eq!(
    intent("cutover start green api"),
    Some(Intent::Start {
      slot: Slot::Green,
      service: Some("api".into())
    })
  );
  assert_eq!(
    intent("cutover restart green api"),
    Some(Intent::Restart {
      slot: Slot::Green,
      service: Some("api".into()),
      force: Force::No
    })
  );
  for looks in [
    "cutover status",
    "cutover migrate --status",
    "cutover smoke green --only login",
    "cutover logs",
  ] {
    assert_eq!(intent(looks), None, "{looks}");
  }
}

#[test]
fn the_runner_is_told_how_to_take_over() {
  let Some(Verb::Operate(operate)) = typed("cutover operate 128 --recover resume").verb else {
    panic!("not operate");
  };
  assert_eq!(operate.recover, Some(Recovery::Resume));
}
