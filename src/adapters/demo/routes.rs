//! One request in, one answer out. What is common to all answers (slot headers, log line, delays) is in `app.rs`.

use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::{Method, Request, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::app::App;
use super::fault::Asked;
use super::login;
use super::reply::{self, Reply};
use super::settings::{BuiltIn, Role, SlotShown};

const LARGEST_BODY: usize = 64 * 1024;

#[derive(Deserialize)]
struct Identity {
  identifier: String,
}

#[derive(Deserialize)]
struct Proof {
  identifier: String,
  code: String,
}

#[derive(Deserialize)]
struct NewOrder {
  item: String,
}

pub(super) async fn answer(app: &App, request: Request<Incoming>) -> Reply {
  let path = request.uri().path().to_owned();
  if request.method() == Method::POST && path == "/admin/fault" {
    return fault(app, request).await;
  }
  // Who comes through a proxy is a user.
  if app.settings.built_in == BuiltIn::WearsOut && request.headers().contains_key("x-forwarded-for")
  {
    app.faults.wear();
  }
  tokio::time::sleep(app.faults.latency()).await;
  if matches!(
    path.as_str(),
    "/health" | "/health/readiness" | "/api/health"
  ) {
    return health(app).await;
  }
  if app.faults.error_is_due() {
    return reply::error(StatusCode::INTERNAL_SERVER_ERROR, "asked to fail");
  }
  if request.method() == Method::GET && path == "/" {
    return home(app);
  }
  if app.settings.role == Role::Frontend || !path.starts_with("/api/") {
    return reply::error(StatusCode::NOT_FOUND, "no such page");
  }
  api(app, request, &path).await
}

async fn api(app: &App, request: Request<Incoming>, path: &str) -> Reply {
  match (request.method().clone(), path) {
    (Method::OPTIONS, _) => reply::empty(),
    (Method::POST, "/api/auth/request-code") => {
      with_body(request, |who: Identity| request_code(app, &who)).await
    }
    (Method::POST, "/api/auth/verify") => {
      with_body(request, |proof: Proof| verify(app, &proof)).await
    }
    (Method::GET, "/api/me") => me(app, &request),
    (Method::POST, "/api/orders") => match body::<NewOrder>(request).await {
      Ok(order) => place(app, &order).await,
      Err(refusal) => refusal,
    },
    (Method::GET, "/api/orders") => match app.database.latest(10).await {
      Ok(orders) => reply::json(StatusCode::OK, &json!({ "orders": orders })),
      Err(class) => reply::error(StatusCode::SERVICE_UNAVAILABLE, &class),
    },
    (Method::GET, "/api/slow") => {
      let ms = query(&request, "ms")
        .and_then(|ms| ms.parse().ok())
        .unwrap_or(1000)
        .min(60_000);
      tokio::time::sleep(Duration::from_millis(ms)).await;
      reply::json(StatusCode::OK, &json!({ "waited_ms": ms }))
    }
    _ => reply::error(StatusCode::NOT_FOUND, "no such page"),
  }
}

async fn health(app: &App) -> Reply {
  if app.settings.built_in == BuiltIn::NeverHealthy {
    return reply::json(
      StatusCode::SERVICE_UNAVAILABLE,
      &json!({ "status": "starting" }),
    );
  }
  let database = app.database.check().await;
  let sound = database.is_ok() && !app.faults.is_unhealthy();
  let mut body = json!({
      "status": if sound { "ok" } else { "error" },
      "version": app.settings.version,
      "databaseConnected": database.is_ok(),
      "database": database.err().unwrap_or_else(|| "connected".to_owned()),
  });
  if app.settings.slot_shown == SlotShown::Named {
    body["env"] = Value::from(app.settings.slot.as_str());
  }
  reply::json(
    if sound {
      StatusCode::OK
    } else {
      StatusCode::SERVICE_UNAVAILABLE
    },
    &body,
  )
}

fn home(app: &App) -> Reply {
  let slot = match app.settings.slot_shown {
    SlotShown::Named => app.settings.slot.as_str(),
    SlotShown::Hidden => "this site",
  };
  reply::page(format!(
    "<html><head><title>Orders</title></head><body><h1>Orders</h1><p>{slot} {}</p></body></html>\n",
    app.settings.version
  ))
}

fn request_code(app: &App, who: &Identity) -> Reply {
  if app.settings.built_in == BuiltIn::FailsSmoke {
    return reply::error(StatusCode::INTERNAL_SERVER_ERROR, "mail template not found");
  }
  reply::json(
    StatusCode::OK,
    &json!({ "code": login::code(&app.settings.secret, &who.identifier) }),
  )
}

fn verify(app: &App, proof: &Proof) -> Reply {
  if login::code(&app.settings.secret, &proof.identifier) != proof.code {
    return reply::error(StatusCode::UNAUTHORIZED, "wrong code");
  }
  reply::json(
    StatusCode::OK,
    &json!({ "token": login::token(&app.settings.secret, &proof.identifier) }),
  )
}

fn me(app: &App, request: &Request<Incoming>) -> Reply {
  let bearer = request
    .headers()
    .get(AUTHORIZATION)
    .and_then(|value| value.to_str().ok())
    .and_then(|value| value.strip_prefix("Bearer "));
  match bearer.and_then(|bearer| login::owner(&app.settings.secret, bearer)) {
    Some(identifier) => reply::json(StatusCode::OK, &json!({ "identifier": identifier })),
    None => reply::error(StatusCode::UNAUTHORIZED, "sign in first"),
  }
}

async fn place(app: &App, order: &NewOrder) -> Reply {
  match app.database.insert(&order.item, &app.settings.slot).await {
    Ok(id) => reply::json(StatusCode::CREATED, &json!({ "id": id })),
    Err(class) => reply::error(StatusCode::SERVICE_UNAVAILABLE, &class),
  }
}

async fn fault(app: &App, request: Request<Incoming>) -> Reply {
  with_body(request, |asked: Asked| {
    let shown = format!("{asked:?}");
    app.faults.replace(asked);
    reply::json(StatusCode::OK, &json!({ "now": shown }))
  })
  .await
}

async fn with_body<T: DeserializeOwned>(
  request: Request<Incoming>,
  then: impl FnOnce(T) -> Reply,
) -> Reply {
  match body(request).await {
    Ok(value) => then(value),
    Err(refusal) => refusal,
  }
}

async fn body<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Reply> {
  let refuse = |reason: String| reply::error(StatusCode::BAD_REQUEST, &reason);
  let bytes = Limited::new(request.into_body(), LARGEST_BODY)
    .collect()
    .await
    .map_err(|error| refuse(error.to_string()))?
    .to_bytes();
  serde_json::from_slice(&bytes).map_err(|error| refuse(error.to_string()))
}

fn query<'a>(request: &'a Request<Incoming>, name: &str) -> Option<&'a str> {
  let pairs = request.uri().query()?.split('&');
  pairs
    .filter_map(|pair| pair.split_once('='))
    .find(|(key, _)| *key == name)
    .map(|(_, value)| value)
}
