//! What `init` makes of the setups under `tests/fixtures`: the values it must find, the questions
//! it must ask, what it must refuse; and that with less to see it is never silently wrong.

use std::{
  collections::BTreeMap,
  fs,
  path::{Path, PathBuf},
};

use cutover::config::{
  self,
  detect::{
    self, Fact, FileFact, InForce, Mount, Nginx, Proposal, Published, Reply, Seen, Sure, Survey,
    Want,
  },
};
use serde::Deserialize;

use crate::nothing;

/// `facts.toml`: what a machine would have answered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Facts {
  masters: Vec<Vec<String>>,
  others: Vec<String>,
  git: Option<String>,
  container: Vec<Container>,
  nginx: Vec<Loaded>,
  answer: Vec<Answer>,
  trace: Vec<Trace>,
  file: Vec<File>,
  /// The operator's answers, given in the second run.
  answers: BTreeMap<String, String>,
  expect: Expect,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Container {
  name: String,
  image: String,
  service: Option<String>,
  project: Option<String>,
  folder: Option<String>,
  files: Vec<String>,
  stopped: bool,
  version: Option<String>,
  networks: Vec<String>,
  ports: Vec<String>,
  mounts: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Loaded {
  container: Option<String>,
  host: Vec<String>,
  /// Path inside to file of the fixture.
  files: BTreeMap<String, String>,
  text: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Answer {
  url: String,
  to: Option<String>,
  status: Option<u16>,
  headers: BTreeMap<String, String>,
  body: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Trace {
  url: String,
  names: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
  path: String,
  text: Option<String>,
  link: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Expect {
  root: Option<String>,
  live: Option<String>,
  /// Keys of the questions before any answer.
  asks: Vec<String>,
  /// Words of the refusal.
  refuses: Option<String>,
  /// Words of its notes.
  notes: Vec<String>,
  /// Keys that are only guesses.
  guesses: Vec<String>,
  /// Keys that are shown behind a `#`.
  shown: Vec<String>,
  values: BTreeMap<String, String>,
}

struct Shape {
  name: String,
  facts: Facts,
  files: BTreeMap<PathBuf, FileFact>,
}

fn shapes() -> Vec<Shape> {
  let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
  let mut all: Vec<Shape> = fs::read_dir(folder)
    .expect("the fixtures")
    .map(|entry| entry.expect("an entry").path())
    // The doctor's setups have defects instead of facts; tests/it/doctor_setups reads them.
    .filter(|folder| !folder.ends_with("doctor"))
    .map(|folder| shape(&folder))
    .collect();
  all.sort_by(|one, other| one.name.cmp(&other.name));
  all
}

fn shape(folder: &Path) -> Shape {
  let name = folder
    .file_name()
    .expect("a name")
    .to_string_lossy()
    .into_owned();
  let text = fs::read_to_string(folder.join("facts.toml")).expect("its facts");
  let facts: Facts = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
  let mut files = BTreeMap::new();
  let site = folder.join("site");
  read(&site, &site, &root(&name), &mut files);
  for file in &facts.file {
    let fact = FileFact {
      text: file.text.clone(),
      link: file.link.clone(),
    };
    files.insert(root(&name).join(&file.path), fact);
  }
  Shape { name, facts, files }
}

fn root(name: &str) -> PathBuf {
  Path::new("/srv").join(name)
}

fn read(site: &Path, folder: &Path, root: &Path, files: &mut BTreeMap<PathBuf, FileFact>) {
  for entry in fs::read_dir(folder).into_iter().flatten() {
    let path = entry.expect("an entry").path();
    if path.is_dir() {
      read(site, &path, root, files);
    } else {
      let inside = root.join(path.strip_prefix(site).expect("a file of the site"));
      let fact = FileFact {
        text: fs::read_to_string(&path).ok(),
        link: None,
      };
      files.insert(inside, fact);
    }
  }
}

impl Shape {
  fn survey(&self) -> Survey {
    let root = root(&self.name);
    let mut survey = Survey::default();
    survey.folders = self
      .files
      .keys()
      .filter(|path| path.starts_with(&root))
      .flat_map(|path| {
        path
          .ancestors()
          .skip(1)
          .filter(|above| above.starts_with(&root))
      })
      .map(Path::to_owned)
      .collect();
    survey.files = self
      .files
      .iter()
      .filter(|(path, _)| path.starts_with(&root))
      .map(|(path, fact)| (path.clone(), fact.clone()))
      .collect();
    survey.git = self.facts.git.as_ref().map(|git| root.join(git));
    survey.masters.clone_from(&self.facts.masters);
    survey.others = self.facts.others.iter().cloned().collect();
    survey.containers = self
      .facts
      .container
      .iter()
      .map(|one| seen(&root, one))
      .collect();
    survey.folder = root;
    survey
  }

  fn answer(&self, want: &Want) -> Fact {
    let nobody = || "nothing answers here".to_owned();
    match want {
      Want::Model { .. } => Fact::Text(Err(nobody())),
      Want::Loaded(nginx) => Fact::Text(self.dump(nginx).ok_or_else(nobody)),
      Want::File(path) => Fact::File(self.files.get(path).cloned().unwrap_or_default()),
      Want::Answer { url, to } => {
        let known = self
          .facts
          .answer
          .iter()
          .find(|answer| answer.url == *url && answer.to == *to);
        Fact::Reply(known.map(reply).ok_or_else(nobody))
      }
      Want::Trace { url, .. } => {
        let known = self.facts.trace.iter().find(|trace| trace.url == *url);
        Fact::Names(Ok(
          known.map(|trace| trace.names.clone()).unwrap_or_default(),
        ))
      }
    }
  }

  fn dump(&self, nginx: &Nginx) -> Option<String> {
    let loaded = self.facts.nginx.iter().find(|loaded| match nginx {
      Nginx::Container(name) => loaded.container.as_ref() == Some(name),
      Nginx::Host(command) => loaded.host == *command,
    })?;
    let root = root(&self.name);
    let mut text = String::new();
    for (path, file) in &loaded.files {
      let content = self.files.get(&root.join(file))?.text.clone()?;
      text.extend(["# configuration file ", path, ":\n", &content, "\n"]);
    }
    for (path, content) in &loaded.text {
      text.extend(["# configuration file ", path, ":\n", content, "\n"]);
    }
    Some(text)
  }

  fn look(&self, survey: &mut Survey) -> Proposal {
    loop {
      let proposal = detect::look(survey);
      let wants = survey.wants();
      if wants.is_empty() {
        return proposal;
      }
      for want in wants {
        let fact = self.answer(&want);
        survey.learn(want, fact);
      }
    }
  }
}

fn seen(root: &Path, raw: &Container) -> Seen {
  let pair = |text: &String| {
    let (source, inside) = text.split_once(':').expect("source:inside");
    Mount {
      source: root.join(source),
      inside: inside.to_owned(),
    }
  };
  Seen {
    name: raw.name.clone(),
    image: raw.image.clone(),
    running: !raw.stopped,
    project: raw
      .service
      .as_ref()
      .map(|_| raw.project.clone().unwrap_or_else(|| "shop".to_owned())),
    service: raw.service.clone(),
    folder: raw.service.as_ref().map(|_| {
      raw
        .folder
        .as_ref()
        .map_or_else(|| root.to_owned(), |folder| root.join(folder))
    }),
    files: raw.files.clone(),
    version_label: raw.version.clone(),
    networks: raw.networks.clone(),
    published: raw.ports.iter().map(|port| published(port)).collect(),
    mounts: raw.mounts.iter().map(pair).collect(),
  }
}

fn published(text: &str) -> Published {
  let (front, inside) = text.rsplit_once(':').expect("address:host:inside");
  let (address, host) = front.rsplit_once(':').expect("address:host:inside");
  Published {
    address: address.to_owned(),
    host: host.parse().expect("a port"),
    inside: inside.parse().expect("a port"),
  }
}

fn reply(answer: &Answer) -> Reply {
  Reply {
    status: answer.status.unwrap_or(200),
    headers: answer.headers.clone().into_iter().collect(),
    body: answer.body.clone(),
  }
}

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
