//! One request: to the upstream of the load of this moment, on a connection of its own, and its
//! answer back as it comes. Nothing is retried; a connection that is never used twice cannot be
//! closed under a request.

use std::{
  fmt,
  net::SocketAddr,
  pin::Pin,
  sync::Arc,
  task::{Context, Poll},
  time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{
  Method, Request, Response, StatusCode, Uri, Version,
  body::{Body, Frame, Incoming, SizeHint},
  client::conn::http1,
  header::{self, HeaderMap, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

use super::{
  loads::{Load, Loads},
  logs::{Answered, Logs},
};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_mins(1);
/// nginx's own word for a client that went away before its answer.
const CLIENT_GONE: u16 = 499;
/// Between two neighbors only.
const HOP_BY_HOP: [HeaderName; 8] = [
  header::CONNECTION,
  HeaderName::from_static("keep-alive"),
  HeaderName::from_static("proxy-connection"),
  header::TE,
  header::TRAILER,
  header::TRANSFER_ENCODING,
  header::UPGRADE,
  header::EXPECT,
];

pub(super) type Reply = Response<Counted>;

pub(super) struct Forward {
  pub(super) loads: Arc<Loads>,
  pub(super) logs: Arc<Logs>,
  /// The path at which the marker is answered.
  pub(super) marker: Option<String>,
}

impl Forward {
  pub(super) async fn answer(&self, request: Request<Incoming>, client: SocketAddr) -> Reply {
    let load = self.loads.present();
    let mut entry = Entry::new(&self.logs, &request, client, &load);
    if let Some(marker) = self.marked(&request, &load) {
      "-".clone_into(&mut entry.upstream);
      return entry.reply(plain(StatusCode::OK, marker.to_owned()));
    }
    match self.upstream(request, client, &load).await {
      Ok(answer) => entry.reply(answer.map(BodyExt::boxed)),
      Err((status, why)) => {
        let what = format!(
          "{why}, upstream: {}, request: {}",
          load.upstream, entry.request
        );
        self.logs.error("error", &what);
        entry.reply(plain(status, format!("{status}\n")))
      }
    }
  }

  fn marked<'a>(&self, request: &Request<Incoming>, load: &'a Load) -> Option<&'a str> {
    let asked = matches!(*request.method(), Method::GET | Method::HEAD)
      && self.marker.as_deref() == Some(request.uri().path());
    load.marker.as_deref().filter(|_| asked)
  }

  async fn upstream(
    &self,
    request: Request<Incoming>,
    client: SocketAddr,
    load: &Load,
  ) -> Result<Response<Incoming>, (StatusCode, String)> {
    let bad = |why: String| (StatusCode::BAD_GATEWAY, why);
    let late = |why: &str| (StatusCode::GATEWAY_TIMEOUT, why.to_owned());
    let stream = timeout(CONNECT_WITHIN, TcpStream::connect(load.upstream))
      .await
      .map_err(|_| late("connect() timed out"))?
      .map_err(|error| bad(format!("connect() failed ({error})")))?;
    // A small answer must not wait for the next one.
    drop(stream.set_nodelay(true));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
      .await
      .map_err(|error| bad(format!("upstream did not begin ({error})")))?;
    // Ends with the answer: its body closes the connection.
    tokio::spawn(connection);
    let asked = prepared(request, client).map_err(&bad)?;
    let mut answer = timeout(ANSWER_WITHIN, sender.send_request(asked))
      .await
      .map_err(|_| late("upstream timed out"))?
      .map_err(|error| bad(format!("upstream closed before its answer ({error})")))?;
    drop_hop_by_hop(answer.headers_mut());
    Ok(answer)
  }
}

fn prepared(
  mut request: Request<Incoming>,
  client: SocketAddr,
) -> Result<Request<Incoming>, String> {
  let target = request.uri().path_and_query().map_or("/", |it| it.as_str());
  let target: Uri = target
    .parse()
    .map_err(|error| format!("the target cannot be passed on ({error})"))?;
  let host = request.uri().authority().map(ToString::to_string);
  *request.uri_mut() = target;
  *request.version_mut() = Version::HTTP_11;
  let headers = request.headers_mut();
  drop_hop_by_hop(headers);
  headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
  if let Some(host) = host.and_then(|host| HeaderValue::from_str(&host).ok()) {
    headers.insert(header::HOST, host);
  }
  let before = headers
    .get("x-forwarded-for")
    .and_then(|value| value.to_str().ok())
    .map(|value| format!("{value}, "))
    .unwrap_or_default();
  if let Ok(chain) = HeaderValue::from_str(&format!("{before}{}", client.ip())) {
    headers.insert("x-forwarded-for", chain);
  }
  Ok(request)
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
  let named: Vec<HeaderName> = headers
    .get_all(header::CONNECTION)
    .iter()
    .filter_map(|value| value.to_str().ok())
    .flat_map(|value| value.split(','))
    .filter_map(|name| name.trim().parse().ok())
    .collect();
  for name in HOP_BY_HOP.into_iter().chain(named) {
    headers.remove(name);
  }
}

fn plain(status: StatusCode, text: String) -> Response<BoxBody<Bytes, hyper::Error>> {
  let body = Full::from(text).map_err(|never| match never {}).boxed();
  let mut response = Response::new(body);
  *response.status_mut() = status;
  let headers = response.headers_mut();
  headers.insert(
    header::CONTENT_TYPE,
    HeaderValue::from_static("text/plain; charset=utf-8"),
  );
  headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
  response
}

/// The line of one request in the access log, written when its last byte is out or its client gone.
/// It holds its load, which therefore drains until then.
struct Entry {
  logs: Arc<Logs>,
  _load: Arc<Load>,
  began: Instant,
  client: String,
  request: String,
  upstream: String,
  status: u16,
  bytes: u64,
}

impl Entry {
  fn new(
    logs: &Arc<Logs>,
    request: &Request<Incoming>,
    client: SocketAddr,
    load: &Arc<Load>,
  ) -> Self {
    Self {
      logs: Arc::clone(logs),
      _load: Arc::clone(load),
      began: Instant::now(),
      client: client.ip().to_string(),
      request: format!(
        "{} {} {:?}",
        request.method(),
        request.uri(),
        request.version()
      ),
      upstream: load.upstream.to_string(),
      status: CLIENT_GONE,
      bytes: 0,
    }
  }

  fn reply(mut self, answer: Response<BoxBody<Bytes, hyper::Error>>) -> Reply {
    self.status = answer.status().as_u16();
    answer.map(|body| Counted { body, entry: self })
  }
}

impl Drop for Entry {
  fn drop(&mut self) {
    self.logs.answered(&Answered {
      client: &self.client,
      request: &self.request,
      status: self.status,
      bytes: self.bytes,
      millis: self.began.elapsed().as_millis(),
      upstream: &self.upstream,
    });
  }
}

/// An answer's body with its line in the log.
pub(super) struct Counted {
  body: BoxBody<Bytes, hyper::Error>,
  entry: Entry,
}

impl fmt::Debug for Counted {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "Counted({})", self.entry.request)
  }
}

impl Body for Counted {
  type Data = Bytes;
  type Error = hyper::Error;

  fn poll_frame(
    mut self: Pin<&mut Self>,
    context: &mut Context<'_>,
  ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
    let polled = Pin::new(&mut self.body).poll_frame(context);
    if let Poll::Ready(Some(Ok(frame))) = &polled {
      let length = frame.data_ref().map_or(0, Bytes::len);
      self.entry.bytes += u64::try_from(length).unwrap_or_default();
    }
    polled
  }

  fn is_end_stream(&self) -> bool {
    self.body.is_end_stream()
  }

  fn size_hint(&self) -> SizeHint {
    self.body.size_hint()
  }
}
