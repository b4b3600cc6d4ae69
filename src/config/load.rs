//! From a file to a site: defaults, then defaults files, the file, the environment and flags.
//!
//! `load_text` does the same without touching the machine: no file is read or looked at.

use std::{
  cell::RefCell,
  collections::BTreeMap,
  path::{Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

use super::{
  ConfigFault, ConfigFaults, Site,
  build::Build,
  check::Checks,
  disk::{Disk, NoDisk, RealDisk},
  env_file::{self, parse_env},
  fault::did_you_mean,
  origin::Setting,
  schema::{self, SHARED},
  secret::Collected,
  shape::{self, Faults},
  source::{SourceKind, Sources, Span},
  template::{From, Template},
  tree::{self, Grow, Node, RawFault, Table, Value, join},
};

/// A larger file is not a configuration.
const LARGEST: usize = 256 << 10;

/// The environment, as a question.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What comes beside the site's own file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
  /// Defaults files, weakest first; those that do not exist are passed over.
  pub defaults: Vec<PathBuf>,
  pub flags: Vec<Override>,
}

/// A key set on the command line; only those of `schema::SHARED` may be.
#[derive(Clone, Debug)]
pub struct Override {
  /// Dotted, such as `deploy.gate`.
  pub key: String,
  /// As typed, such as `--gate`.
  pub flag: String,
  pub value: String,
}

/// A site with what every key of it came to.
#[derive(Clone, Debug)]
pub struct Loaded {
  pub site: Site,
  pub settings: Vec<Setting>,
}

/// Reads, resolves and checks a site.
pub fn load(
  file: &Path,
  overrides: &Overrides,
  environment: Environment<'_>,
) -> Result<Site, ConfigFaults> {
  load_settings(file, overrides, environment).map(|loaded| loaded.site)
}

/// The same, with what `config show` prints.
pub fn load_settings(
  file: &Path,
  overrides: &Overrides,
  environment: Environment<'_>,
) -> Result<Loaded, ConfigFaults> {
  let hint = "name another with --config";
  let file = std::path::absolute(file)
    .map_err(|why| ConfigFaults::one(file, format!("this is not a path: {why}"), hint))?;
  let text = match RealDisk.read(&file, LARGEST) {
    Some(Ok(text)) => text,
    Some(Err(why)) => {
      return Err(ConfigFaults::one(
        &file,
        format!("the file cannot be read: {why}"),
        hint,
      ));
    }
    None => String::new(),
  };
  Loading {
    file: &file,
    environment,
    disk: &RealDisk,
  }
  .run(&text, overrides)
}

/// Judges a text alone. `file` only gives names to things.
pub fn load_text(
  text: &str,
  file: &Path,
  environment: Environment<'_>,
) -> Result<Loaded, ConfigFaults> {
  Loading {
    file,
    environment,
    disk: &NoDisk,
  }
  .run(text, &Overrides::default())
}

struct Loading<'a> {
  file: &'a Path,
  environment: Environment<'a>,
  disk: &'a dyn Disk,
}

impl Loading<'_> {
  fn run(&self, text: &str, overrides: &Overrides) -> Result<Loaded, ConfigFaults> {
    let mut sources = Sources::default();
    let number = sources.add(SourceKind::Site, self.file, text);
    let document =
      tree::document(text, number, &sources, self.file).map_err(|faults| self.all(faults))?;
    let secrets = RefCell::new(Collected::default());
    let mut raw = Vec::new();
    let file_variables = self.env_file(&document, number, &secrets, &mut raw);
    let lookup = |name: &str| {
      let found = (self.environment)(name).map(|value| (value, From::Environment(name.into())));
      let found = found.or_else(|| {
        Some((
          file_variables.get(name)?.clone(),
          From::EnvFile(name.into()),
        ))
      });
      if let Some((value, _)) = &found {
        secrets.borrow_mut().note(name, value);
      }
      found
    };
    let mut grow = Grow {
      source: number,
      lookup: &lookup,
      faults: raw,
    };
    let mut root = grow.table(&document, "");
    let mut raw = grow.faults;
    let syntax = self.defaults(
      &mut root,
      &overrides.defaults,
      &lookup,
      &mut sources,
      &mut raw,
    );
    self.overrides(&mut root, &overrides.flags, &mut sources, &mut raw);

    let faults = Faults::new(&sources, self.file, syntax);
    for (key, span, message, hint) in raw {
      faults.push(&key, Some(span), message, Some(hint));
    }
    shape::table(&faults, &root, schema::TOP, "");
    faults.shape_is_done();
    let mut build = Build::new(&faults, self.disk, self.file);
    let mut site = build.site(&root, self.file);
    let settings = build.settings.take();
    Checks {
      faults: &faults,
      disk: self.disk,
      tree: &root,
    }
    .all(&site);
    site.secrets = secrets.into_inner().sorted();
    let mut list = faults.list.into_inner();
    if list.is_empty() {
      return Ok(Loaded { site, settings });
    }
    for fault in &mut list {
      fault.message = site.secrets.mask(&fault.message);
      fault.hint = fault.hint.as_ref().map(|hint| site.secrets.mask(hint));
    }
    Err(self.all(list))
  }

  /// In the order of the file; what has no place comes last.
  fn all(&self, mut faults: Vec<ConfigFault>) -> ConfigFaults {
    faults.sort_by_key(|fault| {
      let place = fault.line().zip(fault.column()).unwrap_or((usize::MAX, 0));
      (fault.file != self.file, place)
    });
    faults.dedup();
    ConfigFaults {
      file: self.file.to_owned(),
      faults,
    }
  }

  /// The variables of `runtime.env_file`. Its own path may use the environment only.
  fn env_file(
    &self,
    document: &DeTable<'_>,
    source: usize,
    secrets: &RefCell<Collected>,
    raw: &mut Vec<RawFault>,
  ) -> BTreeMap<String, String> {
    let own = |text: &str| {
      let lookup = |name: &str| Some(((self.environment)(name)?, From::Environment(name.into())));
      Template::parse(text, &lookup, &mut Vec::new()).plain()
    };
    let folder = self.file.parent().unwrap_or(Path::new(""));
    let root = document
      .get("root")
      .and_then(|root| root.get_ref().as_str())
      .map_or_else(|| folder.to_owned(), |root| folder.join(own(root)));
    let Some(node) = document
      .get("runtime")
      .and_then(|runtime| runtime.get_ref().get("env_file"))
    else {
      return BTreeMap::new();
    };
    let DeValue::String(path) = node.get_ref() else {
      return BTreeMap::new();
    };
    let path = root.join(own(path));
    match self.disk.read(&path, env_file::LARGEST) {
      None => BTreeMap::new(),
      Some(Ok(text)) => {
        let variables = parse_env(&text);
        for (name, value) in &variables {
          secrets.borrow_mut().note(name, value);
        }
        variables
      }
      Some(Err(why)) => {
        let span = Span {
          source,
          start: node.span().start,
          end: node.span().end,
        };
        raw.push((
          "runtime.env_file".into(),
          span,
          format!("{} cannot be read: {why}", path.display()),
          "create it, correct the path, or take the key out".into(),
        ));
        BTreeMap::new()
      }
    }
  }

  /// Fills what the site's file leaves open; returns faults of syntax.
  fn defaults(
    &self,
    root: &mut Table,
    files: &[PathBuf],
    lookup: &dyn Fn(&str) -> Option<(String, From)>,
    sources: &mut Sources,
    raw: &mut Vec<RawFault>,
  ) -> Vec<ConfigFault> {
    let mut syntax = Vec::new();
    for file in files.iter().rev() {
      let text = match self.disk.read(file, LARGEST) {
        Some(Ok(text)) => text,
        Some(Err(why)) if why.kind() != std::io::ErrorKind::NotFound => {
          let hint = "correct its owner and mode, or take the file away";
          syntax.extend(
            ConfigFaults::one(file, format!("the file cannot be read: {why}"), hint).faults,
          );
          continue;
        }
        _ => continue,
      };
      if let Some(Ok(found)) = self.disk.look(file)
        && found.mode & 0o002 != 0
      {
        let hint = format!("type: chmod o-w {}", file.display());
        let message = "anyone on this machine may change this file";
        syntax.extend(ConfigFaults::one(file, message, hint).faults);
      }
      let number = sources.add(SourceKind::Defaults, file, &text);
      let document = match tree::document(&text, number, sources, file) {
        Ok(document) => document,
        Err(faults) => {
          syntax.extend(faults);
          continue;
        }
      };
      let mut grow = Grow {
        source: number,
        lookup,
        faults: std::mem::take(raw),
      };
      let table = grow.table(&document, "");
      *raw = grow.faults;
      fill(root, &table, "", raw);
    }
    syntax
  }

  fn overrides(
    &self,
    root: &mut Table,
    flags: &[Override],
    sources: &mut Sources,
    raw: &mut Vec<RawFault>,
  ) {
    for key in SHARED {
      let name = variable(key);
      if let Some(value) = (self.environment)(&name).filter(|value| !value.is_empty()) {
        put(root, key, SourceKind::Variable, &name, &value, sources);
      }
    }
    for flag in flags {
      if SHARED.contains(&flag.key.as_str()) {
        put(
          root,
          &flag.key,
          SourceKind::Flag,
          &flag.flag,
          &flag.value,
          sources,
        );
      } else {
        let source = sources.add(SourceKind::Flag, Path::new(&flag.flag), &flag.value);
        let span = Span {
          source,
          start: 0,
          end: flag.value.len(),
        };
        raw.push(not_shared(&flag.key, span, "a flag"));
      }
    }
  }
}

/// The environment variable that sets a shared key: `deploy.gate` is `CUTOVER_DEPLOY_GATE`.
pub fn variable(key: &str) -> String {
  format!("CUTOVER_{}", key.to_ascii_uppercase().replace('.', "_"))
}

fn put(
  root: &mut Table,
  key: &str,
  kind: SourceKind,
  name: &str,
  value: &str,
  sources: &mut Sources,
) {
  let source = sources.add(kind, Path::new(name), value);
  let from = From::Environment(name.to_owned());
  let text = Template::literal_from(value, from);
  let span = Span {
    source,
    start: 0,
    end: value.len(),
  };
  root.put(
    key,
    Node {
      span,
      value: Value::Text(text),
    },
  );
}

/// Takes the shared keys of a defaults file which are not set yet.
fn fill(root: &mut Table, table: &Table, path: &str, raw: &mut Vec<RawFault>) {
  for entry in &table.0 {
    let path = join(path, &entry.key);
    match &entry.node.value {
      _ if SHARED.contains(&path.as_str()) => {
        if root.at(&path).is_none() {
          root.put(&path, entry.node.clone());
        }
      }
      Value::Table(inner) => fill(root, inner, &path, raw),
      _ => raw.push(not_shared(&path, entry.key_span, "a defaults file")),
    }
  }
}

fn not_shared(key: &str, span: Span, by: &str) -> RawFault {
  let hint =
    did_you_mean(key, SHARED).unwrap_or_else(|| format!("those that can: {}", SHARED.join(", ")));
  (
    key.to_owned(),
    span,
    format!("this key cannot be set by {by}"),
    hint,
  )
}
