//! Shapes of the sample application's answers.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::Value;

pub(super) type Reply = Response<Full<Bytes>>;

fn with_type(status: StatusCode, kind: &'static str, body: Bytes) -> Reply {
  let mut reply = Response::new(Full::new(body));
  *reply.status_mut() = status;
  reply
    .headers_mut()
    .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
  reply
}

pub(super) fn json(status: StatusCode, value: &Value) -> Reply {
  with_type(
    status,
    "application/json",
    Bytes::from(format!("{value}\n")),
  )
}

pub(super) fn page(html: String) -> Reply {
  with_type(
    StatusCode::OK,
    "text/html; charset=utf-8",
    Bytes::from(html),
  )
}

pub(super) fn error(status: StatusCode, reason: &str) -> Reply {
  json(status, &serde_json::json!({ "error": reason }))
}

pub(super) fn empty() -> Reply {
  let mut reply = Response::new(Full::new(Bytes::new()));
  *reply.status_mut() = StatusCode::NO_CONTENT;
  reply
}
