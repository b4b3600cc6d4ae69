//! A setup under `tests/fixtures`: its files, and in `facts.toml` what a machine would have answered.

use std::{
  collections::BTreeMap,
  fs,
  path::{Path, PathBuf},
};

use cutover::config::detect::{
  self, Fact, FileFact, Mount, Nginx, Proposal, Published, Reply, Seen, Survey, Want,
};
use serde::Deserialize;

/// `facts.toml`: what a machine would have answered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Facts {
  pub(super) masters: Vec<Vec<String>>,
  pub(super) others: Vec<String>,
  pub(super) git: Option<String>,
  pub(super) container: Vec<Container>,
  pub(super) nginx: Vec<Loaded>,
  pub(super) answer: Vec<Answer>,
  pub(super) trace: Vec<Trace>,
  pub(super) file: Vec<File>,
  /// The operator's answers, given in the second run.
  pub(super) answers: BTreeMap<String, String>,
  pub(super) expect: Expect,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Container {
  pub(super) name: String,
  pub(super) image: String,
  pub(super) service: Option<String>,
  pub(super) project: Option<String>,
  pub(super) folder: Option<String>,
  pub(super) files: Vec<String>,
  pub(super) stopped: bool,
  pub(super) version: Option<String>,
  pub(super) networks: Vec<String>,
  pub(super) ports: Vec<String>,
  pub(super) mounts: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Loaded {
  pub(super) container: Option<String>,
  pub(super) host: Vec<String>,
  /// Path inside to file of the fixture.
  pub(super) files: BTreeMap<String, String>,
  pub(super) text: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Answer {
  pub(super) url: String,
  pub(super) to: Option<String>,
  pub(super) status: Option<u16>,
  pub(super) headers: BTreeMap<String, String>,
  pub(super) body: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Trace {
  pub(super) url: String,
  pub(super) names: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
  pub(super) path: String,
  pub(super) text: Option<String>,
  pub(super) link: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Expect {
  pub(super) root: Option<String>,
  pub(super) live: Option<String>,
  /// Keys of the questions before any answer.
  pub(super) asks: Vec<String>,
  /// Words of the refusal.
  pub(super) refuses: Option<String>,
  /// Words of its notes.
  pub(super) notes: Vec<String>,
  /// Keys that are only guesses.
  pub(super) guesses: Vec<String>,
  /// Keys that are shown behind a `#`.
  pub(super) shown: Vec<String>,
  pub(super) values: BTreeMap<String, String>,
}

pub(super) struct Shape {
  pub(super) name: String,
  pub(super) facts: Facts,
  pub(super) files: BTreeMap<PathBuf, FileFact>,
}

pub(super) fn shapes() -> Vec<Shape> {
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

pub(super) fn shape(folder: &Path) -> Shape {
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

pub(super) fn root(name: &str) -> PathBuf {
  Path::new("/srv").join(name)
}

pub(super) fn read(
  site: &Path,
  folder: &Path,
  root: &Path,
  files: &mut BTreeMap<PathBuf, FileFact>,
) {
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
  pub(super) fn survey(&self) -> Survey {
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

  pub(super) fn answer(&self, want: &Want) -> Fact {
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

  pub(super) fn dump(&self, nginx: &Nginx) -> Option<String> {
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

  pub(super) fn look(&self, survey: &mut Survey) -> Proposal {
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
