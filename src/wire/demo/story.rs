//! The demo without a screen: what an operator would type, one command after the other, through the
//! same verbs; then the ledger of what became of every request meanwhile.

use std::{fmt::Write, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
  adapters::demo::{
    site::{FAILS_SMOKE, GOOD, WEARS_OUT},
    traffic::{Tally, Traffic},
  },
  cli::{
    args::{self, Cli},
    commands::{self, Desk},
    output::Out,
  },
  engine::{World, ports::Operations},
  model::operation::Outcome,
  render::{Page, Tone, words::lost},
};

/// What users may take to meet the errors of a version that wears out.
const PATIENCE: Duration = Duration::from_secs(30);

/// Proves that users can be switched, and moves nobody.
pub(super) const REHEARSE: &str = "rehearse --yes";

/// A line of the story.
enum Line {
  /// What is told between two commands.
  Told(&'static str),
  /// What is typed after `cutover`, and how it must end.
  Typed(String, Outcome),
  /// Until users have met errors of the live version.
  Errors,
}

fn story() -> Vec<Line> {
  use Line::{Errors, Told, Typed};
  let deploy = |version: &str, outcome| Typed(format!("deploy --version {version} --yes"), outcome);
  let switch = |slot: &str| Typed(format!("switch {slot} --confirm {slot}"), Outcome::Done);
  vec![
    Told("BLUE serves users. GREEN is empty."),
    Typed("status".to_owned(), Outcome::Done),
    Told("Before anything is trusted to it: does a switch work here at all?"),
    Typed(REHEARSE.to_owned(), Outcome::Done),
    Told("A good version goes beside them, is tested there, and then gets them all."),
    deploy(GOOD, Outcome::Done),
    switch("green"),
    Told("A version that fails its smoke test. Users never see it."),
    deploy(FAILS_SMOKE, Outcome::Failed),
    Told("A version that passes every test and wears out once users are on it."),
    deploy(WEARS_OUT, Outcome::Done),
    switch("blue"),
    Errors,
    Typed("rollback --yes".to_owned(), Outcome::Done),
    Typed("history".to_owned(), Outcome::Done),
  ]
}

/// Done only if every command ended as told.
pub(super) async fn tell(
  cli: &Cli,
  world: World,
  operations: Arc<dyn Operations>,
  traffic: &Traffic,
  out: &mut Out,
) -> Outcome {
  for line in story() {
    match line {
      Line::Told(text) => say(out, Tone::Faint, text),
      Line::Errors => {
        let Some(failed) = errors(traffic).await else {
          say(out, Tone::Bad, "users met no errors, and should have");
          return Outcome::Failed;
        };
        say(
          out,
          Tone::Warn,
          &format!("Users have met {failed} errors by now, and waited. Back to what was there."),
        );
      }
      Line::Typed(words, must) => {
        say(out, Tone::Strong, &format!("$ cutover {words}"));
        let ended = typed(cli, &world, &operations, &words).await;
        if ended != must {
          let text = format!("this ended as '{}', not as '{}'", ended.word(), must.word());
          say(out, Tone::Bad, &text);
          return Outcome::Failed;
        }
      }
    }
  }
  Outcome::Done
}

fn say(out: &mut Out, tone: Tone, text: &str) {
  let mut page = Page::default();
  page.plain("");
  page.push(tone, text);
  out.progress(&page);
}

/// The very command line, parsed and carried out as if it had been typed for this site.
pub(super) async fn typed(
  cli: &Cli,
  world: &World,
  operations: &Arc<dyn Operations>,
  words: &str,
) -> Outcome {
  let line = std::iter::once("cutover").chain(words.split(' '));
  let Ok(parsed) = args::parse(line) else {
    return Outcome::Usage;
  };
  let mut globals = parsed.globals.clone();
  globals.color = cli.globals.color;
  globals.no_input = true;
  let mut desk = Desk {
    world: world.clone(),
    operations: Arc::clone(operations),
    out: Out::process(globals.color),
    globals,
  };
  commands::run(&mut desk, parsed).await
}

async fn errors(traffic: &Traffic) -> Option<u64> {
  let until = Instant::now() + PATIENCE;
  loop {
    match traffic.tally().served().failed {
      failed @ 5.. => return Some(failed),
      _ if Instant::now() >= until => return None,
      _ => sleep(Duration::from_millis(50)).await,
    }
  }
}

/// What became of every request, for people.
pub(super) fn ledger(tally: &Tally) -> String {
  let mut text = String::from("\nWhat became of every request:\n");
  for (by, answers) in &tally.answered {
    let failed = match answers.failed {
      0 => String::new(),
      failed => format!(", {failed} answered with an error of its own"),
    };
    let _ = writeln!(text, "  {by}: {} served{failed}", answers.served);
  }
  if let Some(why) = &tally.first_lost {
    let _ = writeln!(text, "  first lost: {why}");
  }
  let _ = writeln!(text, "{}", lost(&tally.served()));
  text
}
