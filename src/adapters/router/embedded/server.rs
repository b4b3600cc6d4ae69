//! `cutover proxy`: the process in front of both slots. It ends when told to, finishing what it has;
//! SIGHUP reloads it, as it does nginx.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use reqwest::Url;
use tokio::{
  net::{TcpListener, TcpStream},
  signal::unix::{Signal, SignalKind, signal},
  sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use super::{control, folder, forward::Forward, loads::Loads, logs::Logs};
use crate::{
  adapters::{ledger::FileLedger, short_path},
  config::{ProofBy, ProxyConfig, Site},
  engine::ports::{PortError, PortErrorKind},
};

/// How long requests in flight may take once the proxy is told to end.
const GRACE: Duration = Duration::from_secs(30);
/// How long a client may be silent, before its first request and between two.
const IDLE: Duration = Duration::from_secs(75);

/// Serves until SIGTERM or SIGINT.
pub async fn run(site: Arc<Site>) -> Result<(), PortError> {
  let doing = "start the proxy";
  let wrong =
    |detail: String| PortError::new(PortErrorKind::Misconfigured, doing.to_owned(), detail);
  let ProxyConfig::Embedded { listen } = site.router.proxy else {
    return Err(wrong(
      "the proxy of this site is another one: write [router] kind = \"embedded\"".to_owned(),
    ));
  };
  let access = FileLedger::open(Arc::clone(&site))?.access();
  let folder = folder(&site);
  access.make_folder(&folder)?;
  // Whoever has the port is the proxy; only then is a socket that lies there known to be of nobody.
  let listener = TcpListener::bind(listen)
    .await
    .map_err(|error| wrong(format!("{listen}: {error}: does one run already?")))?;
  let logs = Arc::new(Logs::open(&folder, access)?);
  let loads = Loads::first(Arc::clone(&site), Arc::clone(&logs))
    .await
    .map_err(wrong)?;
  let loads = Arc::new(loads);
  let socket = short_path::listen(&folder, access)
    .map_err(|error| wrong(format!("{}: {error}", folder.join("socket").display())))?;
  let signals = Signals::listen().map_err(|error| wrong(error.to_string()))?;
  tokio::spawn(control::answer(socket, Arc::clone(&loads)));
  logs.error("notice", &format!("listening on {listen}"));
  let forward = Forward {
    marker: marker(&site),
    logs: Arc::clone(&logs),
    loads,
  };
  serve(listener, Arc::new(forward), signals).await;
  logs.error("notice", "ended");
  Ok(())
}

/// With a proof by marker, the path of the address that is asked.
fn marker(site: &Site) -> Option<String> {
  let url = site.proof.url.as_deref()?;
  matches!(site.proof.by, ProofBy::Marker)
    .then(|| Url::parse(url).ok())
    .flatten()
    .map(|url| url.path().to_owned())
}

struct Signals {
  terminate: Signal,
  interrupt: Signal,
  hangup: Signal,
}

impl Signals {
  fn listen() -> std::io::Result<Self> {
    Ok(Self {
      terminate: signal(SignalKind::terminate())?,
      interrupt: signal(SignalKind::interrupt())?,
      hangup: signal(SignalKind::hangup())?,
    })
  }
}

async fn serve(listener: TcpListener, forward: Arc<Forward>, mut signals: Signals) {
  let finish = CancellationToken::new();
  let (open, mut all_closed) = mpsc::channel::<()>(1);
  loop {
    tokio::select! {
      _ = signals.terminate.recv() => break,
      _ = signals.interrupt.recv() => break,
      _ = signals.hangup.recv() => {
        let forward = Arc::clone(&forward);
        // What it refuses is in the error log.
        tokio::spawn(async move { drop(forward.loads.reload().await) });
      }
      accepted = listener.accept() => match accepted {
        Ok((stream, _)) => {
          tokio::spawn(connection(Arc::clone(&forward), stream, finish.clone(), open.clone()));
        }
        Err(error) => {
          forward.logs.error("crit", &format!("accept() failed ({error})"));
          // Out of descriptors, most likely: wait for a client to leave instead of spinning.
          tokio::time::sleep(Duration::from_millis(20)).await;
        }
      },
    }
  }
  drop(listener);
  drop(open);
  finish.cancel();
  drop(tokio::time::timeout(GRACE, all_closed.recv()).await);
}

async fn connection(
  forward: Arc<Forward>,
  stream: TcpStream,
  finish: CancellationToken,
  _open: mpsc::Sender<()>,
) {
  let Ok(client) = stream.peer_addr() else {
    return;
  };
  drop(stream.set_nodelay(true));
  let service = service_fn(|request| {
    let forward = Arc::clone(&forward);
    async move { Ok::<_, Infallible>(forward.answer(request, client).await) }
  });
  let mut builder = http1::Builder::new();
  builder
    .timer(TokioTimer::new())
    .header_read_timeout(IDLE)
    .half_close(true);
  let mut served = pin!(builder.serve_connection(TokioIo::new(stream), service));
  // A client that went away is its own affair; its request was logged if it was read.
  tokio::select! {
    _ = &mut served => {}
    () = finish.cancelled() => {
      served.as_mut().graceful_shutdown();
      drop(served.await);
    }
  }
}
