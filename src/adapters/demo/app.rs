//! The sample application's server: accepts, answers, logs one line per request, and on `stop` finishes what it has.
//!
//! It never ends the process: `serve` returns why it ended, and its caller decides what that means.

use std::convert::Infallible;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, Utc};
use hyper::body::Incoming;
use hyper::header::{
  ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue, ORIGIN,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::database::Database;
use super::fault::Faults;
use super::reply::Reply;
use super::routes;
use super::settings::{BuiltIn, Settings, SlotShown};

/// How long requests in flight may take to finish once the application is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How long a version with the `crash` fault lives: long enough to be found healthy.
const CRASHES_AFTER: Duration = Duration::from_secs(4);

/// Where log lines go: standard output on the site, a buffer in the embedded demo.
pub type LineSink = Arc<dyn Fn(&str) + Send + Sync>;

/// Why `serve` came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
  Stopped,
  Crashed,
}

pub struct App {
  pub(super) settings: Settings,
  pub(super) database: Database,
  pub(super) faults: Faults,
  log: LineSink,
}

impl App {
  pub fn new(settings: Settings, database: Database, log: LineSink) -> Self {
    Self {
      settings,
      database,
      faults: Faults::default(),
      log,
    }
  }

  fn say(&self, level: &str, what: fmt::Arguments<'_>) {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    (self.log)(&format!("{now} {} {level} {what}", self.settings.role));
  }
}

/// Answers on `listener` until `stop` is cancelled or a fault ends the application.
pub async fn serve(app: Arc<App>, listener: TcpListener, stop: CancellationToken) -> Ended {
  app.say(
    "INF",
    format_args!("{} {} listening", app.settings.slot, app.settings.version),
  );
  let finish = CancellationToken::new();
  let (open, mut all_closed) = mpsc::channel::<()>(1);
  let mut crash = pin!(crash(&app));
  let mut flood = pin!(flood(&app));
  loop {
    tokio::select! {
        () = stop.cancelled() => break,
        () = &mut crash => {
            app.say("ERR", format_args!("fatal: worker pool gone, giving up"));
            return Ended::Crashed;
        }
        () = &mut flood => {}
        accepted = listener.accept() => match accepted {
            Ok((stream, _)) => {
                tokio::spawn(connection(Arc::clone(&app), stream, finish.clone(), open.clone()));
            }
            Err(error) => app.say("ERR", format_args!("accept: {error}")),
        },
    }
  }
  drop(listener);
  drop(open);
  finish.cancel();
  app.say(
    "INF",
    format_args!("stopping, finishing requests in flight"),
  );
  if tokio::time::timeout(GRACE, all_closed.recv())
    .await
    .is_err()
  {
    app.say("WRN", format_args!("gave up on requests still in flight"));
  }
  Ended::Stopped
}

async fn connection(
  app: Arc<App>,
  stream: TcpStream,
  finish: CancellationToken,
  _open: mpsc::Sender<()>,
) {
  let service = service_fn(|request| {
    let app = Arc::clone(&app);
    async move { Ok::<_, Infallible>(answer(&app, request).await) }
  });
  let mut served = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
  // A client that went away is its own affair; its request was logged if it was read.
  tokio::select! {
      _ = &mut served => {}
      () = finish.cancelled() => {
          served.as_mut().graceful_shutdown();
          let _ = served.await;
      }
  }
}

async fn answer(app: &App, request: Request<Incoming>) -> Reply {
  let began = Instant::now();
  let method = request.method().clone();
  let target = request.uri().to_string();
  let cross_origin = request.headers().contains_key(ORIGIN) && target.starts_with("/api");
  let mut reply = routes::answer(app, request).await;
  let headers = reply.headers_mut();
  if cross_origin {
    headers.insert(
      ACCESS_CONTROL_ALLOW_ORIGIN,
      HeaderValue::from_static("https://example.org"),
    );
    headers.insert(
      ACCESS_CONTROL_ALLOW_HEADERS,
      HeaderValue::from_static("authorization, content-type"),
    );
  }
  if let Ok(version) = HeaderValue::from_str(&app.settings.version) {
    headers.insert("x-version", version);
  }
  if app.settings.slot_shown == SlotShown::Named
    && let Ok(slot) = HeaderValue::from_str(&app.settings.slot)
  {
    headers.insert("x-slot", slot);
  }
  let status = reply.status();
  let level = level(status);
  let ms = began.elapsed().as_millis();
  app.say(
    level,
    format_args!("{method} {target} {} {ms}ms", status.as_u16()),
  );
  reply
}

fn level(status: StatusCode) -> &'static str {
  match status.as_u16() {
    0..400 => "INF",
    400..500 => "WRN",
    _ => "ERR",
  }
}

async fn crash(app: &App) {
  if app.settings.built_in == BuiltIn::CrashesSoon {
    tokio::time::sleep(CRASHES_AFTER).await;
  } else {
    app.faults.crash_asked().await;
    // The answer to whoever asked must still get out.
    tokio::time::sleep(Duration::from_millis(200)).await;
  }
}

/// Writes as many lines per second as was asked for. Never returns.
async fn flood(app: &App) {
  let mut tick = tokio::time::interval(Duration::from_millis(100));
  let mut number: u64 = 0;
  loop {
    tick.tick().await;
    let lines = app.faults.log_lines_per_second();
    for _ in 0..lines.div_ceil(10) {
      number += 1;
      app.say("INF", format_args!("noise line {number}"));
    }
  }
}
