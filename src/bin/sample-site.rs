//! The sample application of `tests/site` as one program: the service itself, its health check, its migrations and the
//! load generator. The work is in `cutover::adapters::demo`; here are only arguments, environment and exit codes.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use cutover::adapters::demo::app::{self, App, Ended};
use cutover::adapters::demo::database::Database;
use cutover::adapters::demo::load::{self, Kind, Plan};
use cutover::adapters::demo::postgres::{self, Postgres};
use cutover::adapters::demo::settings::{BuiltIn, Role, Settings, SlotShown};
use cutover::adapters::demo::{migrate, wire};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
#[command(about = "The sample application of tests/site")]
enum Command {
  /// Serve; everything but the role comes from the environment
  App {
    #[arg(long)]
    role: Role,
  },
  /// Ask URL once; exit 0 if it answers 200
  Healthcheck { url: String },
  /// Work on the schema of the database that the environment names
  #[command(subcommand)]
  Migrate(Migrate),
  /// Send bounded traffic and keep a ledger of it
  Load {
    #[arg(long)]
    url: String,
    #[arg(long)]
    seconds: u64,
    #[arg(long, value_delimiter = ',', default_value = "new,keepalive,slow,post")]
    kinds: Vec<Kind>,
    /// Clients of each kind
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    concurrency: u32,
    /// Requests per second of each kind
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    #[arg(long)]
    ledger: PathBuf,
  },
}

#[derive(Subcommand, Clone, Copy)]
enum Migrate {
  /// Apply what is missing
  Up,
  /// What is applied; the last line is the newest step
  Status,
  /// What `up` would do
  Plan,
}

#[tokio::main]
async fn main() -> ExitCode {
  let done = match Command::parse() {
    Command::App { role } => serve(role).await,
    Command::Healthcheck { url } => healthcheck(&url).await,
    Command::Migrate(what) => work_on_schema(what).await,
    Command::Load {
      url,
      seconds,
      kinds,
      concurrency,
      rate,
      ledger,
    } => match wire::Target::parse(&url) {
      Ok(target) => {
        let length = Duration::from_secs(seconds);
        send(
          Plan {
            target,
            kinds,
            length,
            clients: concurrency,
            rate,
          },
          ledger,
        )
        .await
      }
      Err(error) => Err(error),
    },
  };
  done.unwrap_or_else(|error| {
    let _ = writeln!(io::stderr(), "{error}");
    ExitCode::FAILURE
  })
}

/// An unset variable and an empty one mean the same, because compose passes unset ones on as empty.
fn setting(name: &str) -> Option<String> {
  env::var(name).ok().filter(|value| !value.is_empty())
}

fn required(name: &str) -> Result<String, String> {
  setting(name).ok_or_else(|| format!("{name} is not set"))
}

fn built_in() -> Result<BuiltIn, String> {
  setting("APP_FAULT").unwrap_or_default().parse()
}

fn say(line: &str) {
  // A closed log is no reason to stop answering.
  let _ = writeln!(io::stdout(), "{line}");
}

fn stop_on_signal() -> Result<CancellationToken, String> {
  let stop = CancellationToken::new();
  let cancel = stop.clone();
  let on = |kind| signal(kind).map_err(|error| format!("signals cannot be received: {error}"));
  let (mut terminate, mut interrupt) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
  tokio::spawn(async move {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    cancel.cancel();
  });
  Ok(stop)
}

async fn serve(role: Role) -> Result<ExitCode, String> {
  let stop = stop_on_signal()?;
  let settings = Settings {
    role,
    slot: setting("ENVIRONMENT_NAME").unwrap_or_else(|| "blue".to_owned()),
    version: setting("APP_VERSION").unwrap_or_else(|| "0.0.0".to_owned()),
    built_in: built_in()?,
    slot_shown: if setting("APP_HIDE_SLOT").is_some_and(|hide| hide == "1") {
      SlotShown::Hidden
    } else {
      SlotShown::Named
    },
    secret: setting("JWT_SECRET").unwrap_or_default(),
  };
  let database = match setting("DATABASE_URL") {
    Some(url) => Database::Postgres(Box::new(Postgres::new(postgres::config(&url, None)?))),
    None => Database::in_memory(),
  };
  match settings.built_in {
    BuiltIn::ExhaustsMemory if role == Role::Api => exhaust_memory(),
    BuiltIn::StartsSlowly => tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(8)) => {}
        () = stop.cancelled() => return Ok(ExitCode::SUCCESS),
    },
    _ => {}
  }
  let port = setting("PORT").unwrap_or_else(|| "5000".to_owned());
  let listener = TcpListener::bind(format!("0.0.0.0:{port}"))
    .await
    .map_err(|error| format!("port {port} cannot be listened on: {error}"))?;
  Ok(
    match app::serve(
      Arc::new(App::new(settings, database, Arc::new(say))),
      listener,
      stop,
    )
    .await
    {
      Ended::Stopped => ExitCode::SUCCESS,
      Ended::Crashed => ExitCode::from(3),
    },
  )
}

/// Takes more than the container may have. Bounded, so that a host without a limit survives it.
fn exhaust_memory() {
  let mut hoard: Vec<Vec<u8>> = Vec::new();
  while hoard.len() < 128 {
    hoard.push(vec![1_u8; 4 << 20]);
    say(&format!("api INF warming cache, {} MiB", hoard.len() * 4));
  }
}

async fn healthcheck(url: &str) -> Result<ExitCode, String> {
  let target = wire::Target::parse(url)?;
  let patience = Duration::from_secs(3);
  let mut stream = wire::connect(&target.address, patience).await?;
  let request = format!(
    "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
    target.path, target.address
  );
  let answer = wire::exchange(&mut stream, request.as_bytes(), patience).await?;
  let body = String::from_utf8_lossy(&answer.body);
  say(&format!(
    "{} {}",
    answer.status,
    body.chars().take(200).collect::<String>().trim()
  ));
  Ok(if answer.status == 200 {
    ExitCode::SUCCESS
  } else {
    ExitCode::FAILURE
  })
}

async fn work_on_schema(what: Migrate) -> Result<ExitCode, String> {
  let config = postgres::config(&required("DATABASE_URL")?, setting("PGOPTIONS").as_deref())?;
  let mut client = postgres::open(&config)
    .await
    .map_err(|error| format!("the database does not answer: {error}"))?;
  let version = required("APP_VERSION")?;
  let built_in = built_in()?;
  let lines = match what {
    Migrate::Up => migrate::up(&mut client, &version, built_in).await?,
    Migrate::Status => migrate::status(&client, &version, built_in).await?,
    Migrate::Plan => migrate::plan(&client, &version, built_in).await?,
  };
  for line in &lines {
    say(line);
  }
  Ok(ExitCode::SUCCESS)
}

async fn send(plan: Plan, ledger: PathBuf) -> Result<ExitCode, String> {
  let summary = load::run(plan, &ledger, stop_on_signal()?).await?;
  say(&summary.to_string());
  let json = serde_json::to_string(&summary).map_err(|error| error.to_string())?;
  say(&json);
  Ok(ExitCode::SUCCESS)
}
