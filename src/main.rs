//! Parse, prepare for panics and logging, hand over to `wire`, end with the outcome's code.

use std::{
  io::{self, Write},
  process::ExitCode,
};

use color_eyre::eyre::{Result, WrapErr};
use cutover::{
  cli::args::{self, Stream, Verb},
  tui, wire,
};
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

fn main() -> Result<ExitCode> {
  color_eyre::config::HookBuilder::default()
    .display_env_section(false)
    .install()?;
  let cli = match args::parse(std::env::args_os()) {
    Ok(cli) => cli,
    Err(stop) => {
      let written = match stop.stream {
        Stream::Stdout => io::stdout().write_all(stop.text.as_bytes()),
        Stream::Stderr => io::stderr().write_all(stop.text.as_bytes()),
      };
      drop(written);
      return Ok(ExitCode::from(stop.outcome.exit_code()));
    }
  };
  let mut runtime = if wire::opens_console(&cli) {
    tui::own_log::keep(filter(TALKS));
    // One thread: what it waits for, it is told without waking another first.
    tokio::runtime::Builder::new_current_thread()
  } else {
    log(matches!(
      cli.verb,
      Some(Verb::Operate(_) | Verb::Supervise(_) | Verb::Proxy(_))
    ));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2);
    runtime
  };
  let runtime = runtime
    .enable_all()
    .build()
    .wrap_err("the runtime cannot be started")?;
  let outcome = runtime.block_on(wire::run(cli));
  runtime.shutdown_background();
  Ok(ExitCode::from(outcome.exit_code()))
}

const TALKS: &str = "cutover=info,warn";

/// `CUTOVER_LOG` as in `cutover=debug,hyper=warn`; what cannot be read counts as not set.
fn filter(default: &str) -> Targets {
  let parsed = |text: &str| text.parse::<Targets>().ok();
  let asked = std::env::var("CUTOVER_LOG").ok();
  let asked = asked.as_deref().and_then(parsed);
  asked.or_else(|| parsed(default)).unwrap_or_default()
}

/// The runner's log is a file beside its journal; a front end logs only when asked by `CUTOVER_LOG`.
fn log(runner: bool) {
  let default = if runner { TALKS } else { "off" };
  let lines = fmt::layer().with_writer(io::stderr).with_ansi(false);
  drop(
    tracing_subscriber::registry()
      .with(filter(default))
      .with(lines)
      .try_init(),
  );
}
