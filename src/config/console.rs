//! What each person may set about the console: `[ui]` and `[keys]` of the defaults files.
//!
//! Independent of any site, in both directions: the console starts where there is no site, and a
//! mistake in here never stops a command that acts on one.

use std::{cell::RefCell, path::Path};

use super::{
  ConfigFaults, Places,
  build::Build,
  disk::RealDisk,
  layers::{console_variables, defaults_files, is_personal, strangers},
  load::Environment,
  origin::Setting,
  schema::CONSOLE,
  secret::Collected,
  shape::{self, Faults},
  source::Sources,
  template::From,
  tree::{Grow, Table},
};

/// How the console looks and which keys it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Console {
  /// One of the words the schema knows.
  pub theme: String,
  pub charset: Charset,
  pub mouse: bool,
  /// Synchronized updates.
  pub sync: bool,
  /// Most frames in a second, 1 to 60; `None` for the console to choose.
  pub frames: Option<u8>,
  pub time: LogTime,
  /// Bytes of lines each log pane keeps.
  pub log_memory: usize,
  pub bell: bool,
  /// The person's own file first, each file in its order; each action once.
  pub keys: Vec<KeySetting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
  /// As locale and terminal say.
  Auto,
  Unicode,
  Ascii,
}

/// Times beside log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogTime {
  /// In the time zone of the site's machine.
  Site,
  Utc,
  Relative,
  Off,
}

/// One line of `[keys]`. Whether action and keys exist is for the console to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetting {
  pub action: String,
  /// As written, none empty; an empty list takes every key away.
  pub keys: Vec<String>,
  /// `FILE:LINE`, fit to be shown.
  pub at: String,
}

/// The console's settings with what every key of them came to.
#[derive(Clone, Debug)]
pub struct LoadedConsole {
  pub console: Console,
  pub settings: Vec<Setting>,
}

/// Reads and checks `[ui]` and `[keys]`; no file at all is fine.
pub fn load_console(
  places: &Places,
  environment: Environment<'_>,
) -> Result<Console, ConfigFaults> {
  load_console_settings(places, environment).map(|loaded| loaded.console)
}

/// The same, with what `config show` prints.
pub fn load_console_settings(
  places: &Places,
  environment: Environment<'_>,
) -> Result<LoadedConsole, ConfigFaults> {
  let files = places.defaults();
  let mut sources = Sources::default();
  let secrets = RefCell::new(Collected::default());
  let lookup = |name: &str| {
    let value = environment(name)?;
    secrets.borrow_mut().note(name, &value);
    Some((value, From::Environment(name.to_owned())))
  };
  let mut raw = Vec::new();
  let mut layers = vec![console_variables(environment, &mut sources)];
  let read = defaults_files(&RealDisk, &files, &mut sources, &mut |source, document| {
    strangers(&document, source, &mut raw);
    let mut grow = Grow {
      source,
      lookup: &lookup,
      faults: std::mem::take(&mut raw),
    };
    layers.push(grow.chosen(&document, "", is_personal));
    raw = grow.faults;
  });

  let strongest = files.last().map_or(Path::new(""), |file| file.as_path());
  let faults = Faults::new(&sources, strongest, read);
  for (key, span, message, hint) in raw {
    faults.push(&key, Some(span), message, Some(hint));
  }
  let mut root = Table::default();
  for layer in &layers {
    // Each on its own: a fault is told even where a stronger layer hides it.
    shape::table(&faults, layer, CONSOLE, "");
    root.fill(layer);
  }
  faults.shape_is_done();
  let build = Build::new(&faults, &RealDisk, strongest);
  let console = build.console(&root);
  let settings = build.settings.take();
  let mut list = faults.list.into_inner();
  // Variables first, then the files from the strongest, each in its order.
  list.sort_by_key(|fault| {
    let rank = files.iter().rev().position(|file| *file == fault.file);
    (rank, fault.line(), fault.column())
  });
  list.dedup();
  let Some(first) = list.first() else {
    return Ok(LoadedConsole { console, settings });
  };
  let mut told = ConfigFaults {
    file: first.file.clone(),
    faults: list,
  };
  told.mask(&secrets.into_inner().sorted());
  Err(told)
}
