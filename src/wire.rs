//! The composition root: configuration, adapters, engine, front end. The one file, with
//! its parts in `wire/`, that names every layer.

mod console;
mod demo;
mod doctor;
mod init;
mod operate;
mod serve;

use std::{fs::File, path::Path, sync::Arc};

use crate::{
  adapters::{
    clock::SystemClock,
    command::HostCommands,
    database::PostgresInContainer,
    docker::DockerRuntime,
    ledger::FileLedger,
    probe::HttpProbe,
    process::ProcessRuntime,
    router::{embedded::EmbeddedRouter, nginx::NginxRouter},
    runner_process::RunnerProcesses,
  },
  cli::{
    args::{Cli, ConfigVerb, Verb},
    commands::{self, Desk},
    manual,
    output::{Out, WriteError},
  },
  config::{
    self, ConfigFaults, Loaded, NotFound, Origins, Overrides, Places, ProxyConfig, RuntimeConfig,
    Site, Wanted,
  },
  engine::{
    World,
    ports::{Database, Ledger, PortError, Router, Runtime},
  },
  model::operation::Outcome,
  render::{self, Page},
};

/// Carries out a parsed command line and says how it ended.
pub async fn run(cli: Cli) -> Outcome {
  let mut out = Out::process(cli.globals.color);
  match &cli.verb {
    Some(Verb::Init(init)) => return init::run(&mut out, &cli, init).await,
    Some(Verb::Demo(demo)) => return demo::run(&cli, demo, &mut out).await,
    Some(Verb::Sample) => return serve::sample(&mut out).await,
    _ => {}
  }
  if let Some(text) = cli.verb.as_ref().and_then(manual::text) {
    return match out.own(&text) {
      Ok(()) | Err(WriteError::ReaderGone) => Outcome::Done,
      Err(_) => Outcome::Failed,
    };
  }
  let loaded = match load(&cli) {
    Ok(loaded) => loaded,
    Err(why) if matches!(cli.verb, Some(Verb::Doctor(_))) => {
      return doctor::without_site(&cli, &why, &mut out).await;
    }
    Err(NotFound::Nowhere(nowhere)) => {
      out.progress(&render::nowhere::page(&nowhere));
      return Outcome::Misconfigured;
    }
    Err(NotFound::Faults(faults)) => {
      out.progress(&page(&faults.to_string()));
      return Outcome::Misconfigured;
    }
  };
  let site = Arc::new(loaded.site.clone());
  out.mask(site.secrets.clone());
  if let Some(Verb::Config(verb)) = &cli.verb {
    return configuration(&mut out, &loaded, *verb);
  }
  if let Some(Verb::Operate(operate)) = &cli.verb {
    return operate::run(site, operate.number, operate.recover).await;
  }
  if let Some(Verb::Supervise(supervise)) = &cli.verb {
    return serve::supervise(site, &supervise.id, &mut out).await;
  }
  if let Some(Verb::Proxy(proxy)) = &cli.verb {
    return serve::proxy(site, *proxy, &mut out).await;
  }
  let (mut world, ledger) = match world(&site, None) {
    Ok(made) => made,
    Err(error) => {
      out.error(&error.to_string(), &["cutover config check".to_owned()]);
      return Outcome::Failed;
    }
  };
  if let Some(Verb::Doctor(verb)) = &cli.verb {
    world.surroundings = doctor::around(&site, verb.scripts.clone());
  }
  let operations = Arc::new(RunnerProcesses::new(ledger));
  if console::is_wanted(&cli) {
    return console::run(&cli, world, operations, None, &mut out).await;
  }
  let mut desk = Desk {
    world,
    operations,
    out,
    globals: cli.globals.clone(),
  };
  commands::run(&mut desk, cli).await
}

/// Whether this command line opens the full screen, which then belongs to nobody else.
pub fn opens_console(cli: &Cli) -> bool {
  console::is_wanted(cli)
}

/// The site, or why there is none.
fn load(cli: &Cli) -> Result<Loaded, NotFound> {
  let places = places()?;
  let wanted = Wanted {
    config: cli.globals.config.as_deref(),
    site: cli.globals.site.as_deref(),
  };
  let file = config::find(wanted, &places, &environment)?;
  let overrides = Overrides {
    defaults: places.defaults(),
    ..Overrides::default()
  };
  Ok(config::load_settings(&file, &overrides, &environment)?)
}

fn places() -> Result<Places, ConfigFaults> {
  Places::here().map_err(|error| {
    ConfigFaults::one(
      Path::new("cutover.toml"),
      format!("the current folder cannot be told: {error}"),
      "name the file with --config",
    )
  })
}

fn environment(name: &str) -> Option<String> {
  std::env::var(name).ok()
}

/// Every port of one site. `lock` is the held lock, handed on to children that change something.
fn world(site: &Arc<Site>, lock: Option<File>) -> Result<(World, Arc<FileLedger>), PortError> {
  let ledger = Arc::new(FileLedger::open(Arc::clone(site))?);
  let child_stdin = lock.as_ref().and_then(|lock| lock.try_clone().ok());
  let database = PostgresInContainer::new(Arc::clone(site))
    .map(|database| Arc::new(database) as Arc<dyn Database>);
  let world = World {
    site: Arc::clone(site),
    clock: Arc::new(SystemClock),
    runtime: runtime(site, lock)?,
    probe: Arc::new(HttpProbe::new(Arc::clone(site))),
    router: router(site),
    database,
    commands: Arc::new(HostCommands::new(Arc::clone(site), child_stdin)),
    ledger: Arc::clone(&ledger) as Arc<dyn Ledger>,
    surroundings: doctor::around(site, None),
  };
  Ok((world, ledger))
}

fn runtime(site: &Arc<Site>, lock: Option<File>) -> Result<Arc<dyn Runtime>, PortError> {
  Ok(match site.runtime {
    RuntimeConfig::Compose(_) => {
      let docker = DockerRuntime::new(Arc::clone(site));
      match lock {
        Some(lock) => Arc::new(docker.with_lock(lock)),
        None => Arc::new(docker),
      }
    }
    // Its processes outlive every operation: none may hold the lock.
    RuntimeConfig::Processes => Arc::new(ProcessRuntime::new(Arc::clone(site))?),
  })
}

fn router(site: &Arc<Site>) -> Arc<dyn Router> {
  match site.router.proxy {
    ProxyConfig::Nginx(_) => Arc::new(NginxRouter::new(Arc::clone(site))),
    ProxyConfig::Embedded { .. } => Arc::new(EmbeddedRouter::new(Arc::clone(site))),
  }
}

fn configuration(out: &mut Out, loaded: &Loaded, verb: ConfigVerb) -> Outcome {
  match configuration_text(loaded, verb) {
    Ok(text) => match out.data(&page(&text)) {
      Ok(()) => Outcome::Done,
      Err(_) => Outcome::Failed,
    },
    Err(faults) => {
      out.progress(&page(&faults.to_string()));
      faults.outcome()
    }
  }
}

/// Check and show judge the console's settings too: no other command does.
fn configuration_text(loaded: &Loaded, verb: ConfigVerb) -> Result<String, ConfigFaults> {
  let file = loaded.site.file.display();
  let console = || config::load_console_settings(&places()?, &environment);
  match verb {
    ConfigVerb::Path => Ok(file.to_string()),
    ConfigVerb::Schema => Ok(config::json_schema()),
    ConfigVerb::Check => console().map(|_| format!("{file}: no faults")),
    ConfigVerb::Show { origin } => {
      let origins = if origin { Origins::Show } else { Origins::Hide };
      let console = config::show_console(&console()?, origins);
      Ok(config::show(loaded, origins) + &console)
    }
  }
}

fn page(text: &str) -> Page {
  let mut page = Page::default();
  for line in text.lines() {
    page.plain(line);
  }
  page
}
