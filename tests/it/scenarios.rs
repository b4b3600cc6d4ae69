//! Stories kept as data in `tests/scenarios`: given a site, when this is asked for, then that.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use cutover::{
  config::Hook,
  engine::intent::{Force, Intent, Rollback, WhenReady},
  model::{Slot, event::Recovery, plan::OnFailure, router::Mount},
};
use serde::Deserialize;

use crate::support::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
  title: String,
  #[serde(default)]
  given: Given,
  step: Vec<Scene>,
}

/// The site before anything is asked for: blue is live at 1.0.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
  proof: Option<String>,
  on_failure: Option<String>,
  hooks: Vec<String>,
  versions: BTreeMap<String, String>,
  /// Seconds that former workers need.
  drain: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scene {
  /// What somebody else or fate did before.
  #[serde(default)]
  before: Vec<String>,
  when: String,
  /// The answer at the gate.
  answer: Option<String>,
  abort_during: Option<String>,
  /// Journal record after which the runner is killed; then `recover` says how it is ended.
  killed_after: Option<usize>,
  recover: Option<Recovery>,
  then: Then,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Then {
  /// An outcome, or `refused: <outcome>`.
  outcome: String,
  live: Slot,
  #[serde(default)]
  says: Vec<String>,
  /// The version of each slot's first container, or `none`.
  #[serde(default)]
  versions: BTreeMap<Slot, String>,
}

fn behavior(word: &str) -> Behavior {
  match word {
    "good" => Behavior::Good,
    "never healthy" => Behavior::NeverHealthy,
    "crash" => Behavior::Crash,
    "oom" => Behavior::OutOfMemory,
    "smoke fails" => Behavior::SmokeFails,
    "slow start" => Behavior::SlowStart,
    other => panic!("no behavior is called '{other}'"),
  }
}

fn site(given: &Given) -> Arc<FakeSite> {
  let mut builder = SiteBuilder::new();
  match given.proof.as_deref() {
    None | Some("field") => {}
    Some("marker") => builder = builder.marker(),
    Some(other) => panic!("no proof is called '{other}'"),
  }
  match given.on_failure.as_deref() {
    None | Some("keep") => {}
    Some("stop") => builder = builder.on_failure(OnFailure::StopTarget),
    Some(other) => panic!("no rule is called '{other}'"),
  }
  for hook in &given.hooks {
    let hook = match hook.as_str() {
      "before_deploy" => Hook::BeforeDeploy,
      "before_switch" => Hook::BeforeSwitch,
      "after_switch" => Hook::AfterSwitch,
      other => panic!("no hook is called '{other}'"),
    };
    builder = builder.hook(hook, &["hooks/run"]);
  }
  let site = FakeSite::new(builder.build());
  {
    let mut state = site.state();
    for (version, word) in &given.versions {
      state.versions.insert(version.clone(), behavior(word));
    }
    if let Some(seconds) = given.drain {
      state.proxy.drain = Duration::from_secs(seconds);
    }
  }
  site
}

fn happen(state: &mut State, what: &str) {
  let words: Vec<&str> = what.split(' ').collect();
  match words.as_slice() {
    ["kill", slot] => state.act(Foreign::Kill(slot.parse().unwrap())),
    ["restart", slot] => state.act(Foreign::Restart(slot.parse().unwrap())),
    ["remove", slot] => state.slots[slot.parse::<Slot>().unwrap()].clear(),
    ["move", "traffic", slot] => state.act(Foreign::MoveTraffic(slot.parse().unwrap())),
    ["certbot", "reloads"] => state.act(Foreign::Reload),
    ["edit", "the", "file"] => state.act(Foreign::Comment),
    ["proxy", "down"] => state.act(Foreign::ProxyDown),
    ["proxy", "up"] => state.act(Foreign::ProxyUp),
    ["reload", "is", "swallowed"] => state.proxy.refuses = Some(Refuses::Silently),
    ["reload", "says", "no"] => state.proxy.refuses = Some(Refuses::Reload),
    ["test", "says", "no"] => state.proxy.refuses = Some(Refuses::Test),
    ["proxy", "is", "mended"] => state.proxy.refuses = None,
    ["mount", "is", "stale"] => {
      state.mount = Mount::SingleFile;
      state.stale = Some(state.disk.clone());
    }
    ["hooks", "fail"] => state.hook_exit = 3,
    ["state", "file", "says", slot] => state.ledger.state_file = Some((*slot).to_owned()),
    _ => panic!("nothing is called '{what}'"),
  }
}

fn intent(what: &str) -> Intent {
  let words: Vec<&str> = what.split(' ').collect();
  match words.as_slice() {
    ["deploy", version] => deploy(version, WhenReady::Stop),
    ["deploy", version, "and", "ask"] => deploy(version, WhenReady::Ask),
    ["deploy", version, "and", "switch"] => deploy(version, WhenReady::Switch),
    ["switch", slot] => switch(slot.parse().unwrap()),
    ["rehearse"] => Intent::Rehearse,
    ["rollback"] => rollback(),
    ["rollback", "--force"] => Intent::Rollback(Rollback {
      version: None,
      reason: None,
      force: Force::Typed,
      undoes: None,
    }),
    ["rollback", "to", version] => rollback_to(version),
    ["start", slot] => start(slot.parse().unwrap()),
    ["stop", slot] => stop(slot.parse().unwrap(), Force::No),
    _ => panic!("nothing can be asked for as '{what}'"),
  }
}

/// The outcome's word and everything that was said.
async fn play(site: &Arc<FakeSite>, scene: &Scene) -> (String, String) {
  let plan = match site.plan(&intent(&scene.when)).await {
    Ok(plan) => plan,
    Err(refusal) => {
      let text = serde_json::to_string(&refusal.faults).unwrap();
      return (format!("refused: {}", refusal.outcome), text);
    }
  };
  let order = site.launch(plan);
  // Troubles of the proxy begin once the plan is confirmed; everything else came before it.
  for what in scene.before.iter().filter(|what| after_planning(what)) {
    happen(&mut site.state(), what);
  }
  let mut lines = Vec::new();
  if let Some(answer) = &scene.answer {
    lines.push((
      When::GateOpens,
      if answer == "yes" {
        yes("switch")
      } else {
        no("switch")
      },
    ));
  }
  if let Some(word) = &scene.abort_during {
    lines.push((
      When::During(Box::leak(word.clone().into_boxed_str())),
      abort(),
    ));
  }
  site.state().typed = scene.when.contains("--force");
  site.state().death = scene.killed_after.map(Death::AfterRecord);
  let life = match (site.run(&order, lines).await, scene.recover) {
    (Life::Killed, Some(how)) => site.recover(&order, how).await,
    (life, None) => life,
    (Life::Ended(_), Some(_)) => panic!("the runner ended before it was killed"),
  };
  assert_eq!(site.ends(&order), 1, "exactly one end");
  assert!(
    site.state().violations.is_empty(),
    "an invariant was broken"
  );
  let verdict = life.verdict();
  (verdict.outcome.to_string(), verdict.summary.to_string())
}

fn after_planning(what: &str) -> bool {
  ["reload ", "test says", "mount is", "hooks fail"]
    .iter()
    .any(|start| what.starts_with(start))
}

async fn tell(name: &str, story: &Story) {
  let site = site(&story.given);
  for (number, scene) in story.step.iter().enumerate() {
    let at = format!(
      "{name} '{}', step {}: {}",
      story.title,
      number + 1,
      scene.when
    );
    for what in scene.before.iter().filter(|what| !after_planning(what)) {
      happen(&mut site.state(), what);
    }
    let (outcome, said) = play(&site, scene).await;
    assert_eq!(outcome, scene.then.outcome, "{at}: {said}");
    for words in &scene.then.says {
      assert!(
        said.contains(words),
        "{at}: '{said}' does not say '{words}'"
      );
    }
    {
      let state = site.state();
      assert_eq!(state.proxy.slot(), Some(scene.then.live), "{at}: {said}");
      for (slot, version) in &scene.then.versions {
        let found = state.slots[*slot]
          .first()
          .and_then(|c| c.container.version.clone());
        assert_eq!(
          found.map_or("none".into(), |v| v.to_string()),
          *version,
          "{at}: {slot}"
        );
      }
    }
    tokio::time::sleep(Duration::from_secs(30)).await;
  }
}

#[tokio::test(start_paused = true)]
async fn every_story_ends_as_it_is_told() {
  let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
  let mut files: Vec<_> = std::fs::read_dir(folder)
    .unwrap()
    .map(|entry| entry.unwrap().path())
    .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
    .collect();
  files.sort();
  for path in &files {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let story: Story = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    tell(&name, &story).await;
  }
  println!("{} stories", files.len());
  assert!(files.len() >= 8);
}
