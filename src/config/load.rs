//! From a file to a site: defaults, then defaults files, the file, the environment and flags.
//!
//! `layers` has what comes from beside the file. `load_text` does the same without touching the
//! machine: no file is read or looked at.

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
  origin::Setting,
  schema,
  secret::Collected,
  shape::{self, Faults},
  source::{SourceKind, Sources, Span},
  template::{From, Template},
  tree::{self, Grow, RawFault},
};

/// A larger file is not a configuration.
pub(super) const LARGEST: usize = 256 << 10;

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

/// Judges a text as if it stood in `file` already: what it names on this machine is looked at.
pub fn judge(text: &str, file: &Path, environment: Environment<'_>) -> Result<Site, ConfigFaults> {
  Loading {
    file,
    environment,
    disk: &RealDisk,
  }
  .run(text, &Overrides::default())
  .map(|loaded| loaded.site)
}

pub(super) struct Loading<'a> {
  pub(super) file: &'a Path,
  pub(super) environment: Environment<'a>,
  pub(super) disk: &'a dyn Disk,
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
    let list = faults.list.into_inner();
    if list.is_empty() {
      return Ok(Loaded { site, settings });
    }
    let mut told = self.all(list);
    told.mask(&site.secrets);
    Err(told)
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
}
