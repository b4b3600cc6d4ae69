//! One service of the demo's site: the sample application as a process of its own, told by its
//! environment which slot it is and by `app.toml` of its release which defect it was built with.

use std::{
  io::{self, Write},
  sync::Arc,
};

use serde::Deserialize;
use tokio::{
  net::TcpListener,
  signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use super::{
  app::{self, App, Ended},
  database::Database,
  settings::{BuiltIn, Role, Settings, SlotShown},
};
use crate::engine::ports::{PortError, PortErrorKind};

/// `app.toml`, in the folder of the release.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Release {
  version: String,
  fault: String,
}

/// Serves until told to end.
pub async fn run() -> Result<(), PortError> {
  let wrong = |detail: String| PortError::new(PortErrorKind::Misconfigured, "serve", detail);
  let setting = |name: &str| std::env::var(name).map_err(|_| wrong(format!("{name} is not set")));
  let text = std::fs::read_to_string("app.toml")
    .map_err(|error| wrong(format!("app.toml of this release: {error}")))?;
  let release: Release = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
  let built_in: BuiltIn = release.fault.parse().map_err(&wrong)?;
  let settings = Settings {
    role: Role::Api,
    slot: setting("SLOT")?,
    version: release.version,
    built_in,
    slot_shown: SlotShown::Named,
    // Nobody but the demo's own smoke test ever logs in.
    secret: "demo".to_owned(),
  };
  let address = format!("{}:{}", setting("HOST")?, setting("PORT")?);
  let listener = TcpListener::bind(&address)
    .await
    .map_err(|error| wrong(format!("{address} cannot be listened on: {error}")))?;
  let app = App::new(settings, Database::in_memory(), Arc::new(say));
  let stop = stop_on_signal().map_err(|error| wrong(error.to_string()))?;
  match app::serve(Arc::new(app), listener, stop).await {
    Ended::Stopped => Ok(()),
    Ended::Crashed => Err(PortError::new(
      PortErrorKind::Unexpected,
      "serve",
      "the application gave up",
    )),
  }
}

/// A closed log is no reason to stop answering.
fn say(line: &str) {
  drop(writeln!(io::stdout(), "{line}"));
}

fn stop_on_signal() -> io::Result<CancellationToken> {
  let stop = CancellationToken::new();
  let cancel = stop.clone();
  let mut terminate = signal(SignalKind::terminate())?;
  let mut interrupt = signal(SignalKind::interrupt())?;
  tokio::spawn(async move {
    tokio::select! {
      _ = terminate.recv() => {}
      _ = interrupt.recv() => {}
    }
    cancel.cancel();
  });
  Ok(stop)
}
