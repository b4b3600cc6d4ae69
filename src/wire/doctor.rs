//! The doctor where there is no site: no configuration, or one with faults. It looks at the folder
//! and the machine all the same, because that is when it is needed most.

use std::{
  path::{Path, PathBuf},
  sync::Arc,
};

use super::environment;
use crate::{
  adapters::{
    clock::SystemClock,
    surroundings::{Containers, HostSurroundings},
  },
  cli::{
    args::{Cli, Verb},
    commands,
    output::Out,
  },
  config::{NotFound, RuntimeConfig, Site},
  engine::{doctor, ports::Surroundings},
  model::{operation::Outcome, surroundings::Terminal},
  tui,
};

pub(super) async fn without_site(cli: &Cli, why: &NotFound, out: &mut Out) -> Outcome {
  // The folder of the configuration that has the faults, else the one this was typed in.
  let root = match why {
    NotFound::Nowhere(nowhere) => nowhere.folder.clone(),
    NotFound::Faults(faults) => {
      let folder = faults.file.parent().unwrap_or(Path::new(""));
      std::path::absolute(folder.join(".")).unwrap_or_else(|_| folder.to_owned())
    }
  };
  let scripts = match &cli.verb {
    Some(Verb::Doctor(verb)) => verb.scripts.clone(),
    _ => None,
  };
  let surroundings = surroundings(root, scripts, Containers::Used);
  let diagnosis = doctor::look_around(&*surroundings, &SystemClock, why).await;
  match commands::tell_diagnosis(out, &cli.globals, &diagnosis) {
    Ok(outcome) => outcome,
    Err(_) => Outcome::Misconfigured,
  }
}

/// Around one site.
pub(super) fn around(site: &Site, scripts: Option<PathBuf>) -> Arc<dyn Surroundings> {
  let containers = match site.runtime {
    RuntimeConfig::Compose(_) => Containers::Used,
    RuntimeConfig::Processes => Containers::Unused,
  };
  surroundings(site.root.clone(), scripts, containers)
}

fn surroundings(
  root: PathBuf,
  scripts: Option<PathBuf>,
  containers: Containers,
) -> Arc<dyn Surroundings> {
  let first = |names: &[&str]| {
    names
      .iter()
      .find_map(|name| environment(name).filter(|value| !value.is_empty()))
  };
  let terminal = Terminal {
    term: environment("TERM"),
    locale: first(&["LC_ALL", "LC_CTYPE", "LANG"]),
    inside_tmux: environment("TMUX").is_some_and(|value| !value.is_empty()),
    size: tui::columns_and_rows(),
  };
  Arc::new(HostSurroundings::new(root, scripts, terminal, containers))
}
