//! The composition root: configuration, adapters, engine, front end. The one file, with
//! `wire::operate`, that names every layer.

mod operate;

use std::{fs::File, path::PathBuf, sync::Arc};

use crate::{
  adapters::{
    clock::SystemClock, command::HostCommands, database::PostgresInContainer, docker::DockerRuntime,
    ledger::FileLedger, probe::HttpProbe, router::NginxRouter, runner_process::RunnerProcesses,
  },
  cli::{
    args::{Cli, ConfigVerb, Verb},
    commands::{self, Desk},
    output::Out,
  },
  config::{self, ConfigFaults, Overrides, Site},
  engine::{World, ports::{Database, PortError}},
  model::{operation::Outcome, shown::Shown},
};

/// Carries out a parsed command line and says how it ended.
pub async fn run(cli: Cli) -> Outcome {
  let mut out = Out::process(cli.globals.color);
  let site = match find(&cli).and_then(|file| load(&cli, &file)) {
    Ok(site) => Arc::new(site),
    Err(faults) => {
      out.error(&faults.to_string(), &[]);
      return Outcome::Misconfigured;
    }
  };
  out.mask(site.secrets.clone());
  if let Some(Verb::Config(verb)) = &cli.verb {
    return configuration(&mut out, &site, *verb);
  }
  if let Some(Verb::Operate(operate)) = &cli.verb {
    return operate::run(site, operate.number, operate.recover).await;
  }
  let world = match world(&site, None) {
    Ok(world) => world,
    Err(error) => {
      out.error(&error.to_string(), &["cutover config check".to_owned()]);
      return Outcome::Failed;
    }
  };
  let mut desk = Desk {
    world,
    operations: Arc::new(RunnerProcesses::new(Arc::clone(&site))),
    out,
    globals: cli.globals.clone(),
  };
  commands::run(&mut desk, cli).await
}

fn find(cli: &Cli) -> Result<PathBuf, ConfigFaults> {
  config::find(&overrides(cli), &environment)
}

fn load(cli: &Cli, file: &std::path::Path) -> Result<Site, ConfigFaults> {
  config::load(file, &overrides(cli), &environment)
}

fn overrides(cli: &Cli) -> Overrides {
  Overrides {
    config: cli.globals.config.clone(),
    site: cli.globals.site.clone(),
  }
}

fn environment(name: &str) -> Option<String> {
  std::env::var(name).ok()
}

/// Every port of one site. `lock` is the held lock, handed on to children that change something.
fn world(site: &Arc<Site>, lock: Option<File>) -> Result<World, PortError> {
  let mut runtime = DockerRuntime::new(Arc::clone(site));
  let mut child_stdin = None;
  if let Some(lock) = lock {
    child_stdin = lock.try_clone().ok();
    runtime = runtime.with_lock(lock);
  }
  let database = PostgresInContainer::new(Arc::clone(site)).map(|database| Arc::new(database) as Arc<dyn Database>);
  Ok(World {
    site: Arc::clone(site),
    clock: Arc::new(SystemClock),
    runtime: Arc::new(runtime),
    probe: Arc::new(HttpProbe::new(Arc::clone(site))),
    router: Arc::new(NginxRouter::new(Arc::clone(site))),
    database,
    commands: Arc::new(HostCommands::new(Arc::clone(site), child_stdin)),
    ledger: Arc::new(FileLedger::open(Arc::clone(site))?),
  })
}

fn configuration(out: &mut Out, site: &Site, verb: ConfigVerb) -> Outcome {
  let text = match verb {
    ConfigVerb::Path => site.file.display().to_string(),
    ConfigVerb::Check => format!("{}: no faults", site.file.display()),
    ConfigVerb::Show { origin } => config::show(site, origin),
  };
  let mut page = crate::cli::render::Page::default();
  for line in Shown::lines(&text) {
    page.plain(line.to_string());
  }
  match out.data(&page) {
    Ok(()) => Outcome::Done,
    Err(_) => Outcome::Failed,
  }
}
