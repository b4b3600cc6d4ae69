//! The orders table in `PostgreSQL`, over one connection that is made again when it breaks. Every call ends in two
//! seconds, because a health page that hangs is worse than one that says no.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, NoTls};

use super::database::Order;

const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Postgres {
  config: Config,
  client: Mutex<Option<Arc<Client>>>,
}

/// Reads a connection URL and the options that the caller's environment asks for (`PGOPTIONS`).
pub fn config(url: &str, options: Option<&str>) -> Result<Config, String> {
  let mut config: Config = url.parse().map_err(|error| {
    format!("DATABASE_URL cannot be read ({error}): set it to postgres://user:password@host/name")
  })?;
  config
    .connect_timeout(PATIENCE)
    .application_name("sample-site");
  if let Some(options) = options {
    config.options(options);
  }
  Ok(config)
}

/// Opens one connection and keeps it served until its client is dropped.
pub async fn open(config: &Config) -> Result<Client, Error> {
  let (client, connection) = config.connect(NoTls).await?;
  tokio::spawn(async move {
    // The same error reaches whoever uses the client.
    let _ = connection.await;
  });
  Ok(client)
}

impl Postgres {
  pub fn new(config: Config) -> Self {
    Self {
      config,
      client: Mutex::new(None),
    }
  }

  pub(super) async fn check(&self) -> Result<(), String> {
    self
      .within(async |client| client.simple_query("select 1").await.map(|_| ()))
      .await
  }

  pub(super) async fn insert(&self, item: &str, slot: &str) -> Result<i64, String> {
    self
      .within(async |client| {
        let row = client
          .query_one(
            "insert into orders (item, slot) values ($1, $2) returning id",
            &[&item, &slot],
          )
          .await?;
        row.try_get(0)
      })
      .await
  }

  pub(super) async fn latest(&self, limit: u8) -> Result<Vec<Order>, String> {
    self
      .within(async |client| {
        let rows = client
          .query(
            "select id, item, slot from orders order by id desc limit $1",
            &[&i64::from(limit)],
          )
          .await?;
        rows
          .iter()
          .map(|row| {
            Ok(Order {
              id: row.try_get(0)?,
              item: row.try_get(1)?,
              slot: row.try_get(2)?,
            })
          })
          .collect()
      })
      .await
  }

  async fn within<T>(
    &self,
    ask: impl AsyncFnOnce(&Client) -> Result<T, Error>,
  ) -> Result<T, String> {
    let asked = timeout(PATIENCE, async {
      let client = self.client().await?;
      ask(&client).await
    });
    match asked.await {
      Ok(Ok(answer)) => Ok(answer),
      Ok(Err(error)) => Err(class(&error)),
      Err(_) => {
        // Whatever is stuck on this connection would hold up the next question as well.
        if let Ok(mut client) = self.client.try_lock() {
          *client = None;
        }
        Err("timeout".to_owned())
      }
    }
  }

  async fn client(&self) -> Result<Arc<Client>, Error> {
    let mut held = self.client.lock().await;
    if let Some(client) = held.as_ref().filter(|client| !client.is_closed()) {
      return Ok(Arc::clone(client));
    }
    let client = Arc::new(open(&self.config).await?);
    *held = Some(Arc::clone(&client));
    Ok(client)
  }
}

fn class(error: &Error) -> String {
  match error.code() {
    Some(code) if *code == SqlState::INVALID_PASSWORD => "wrong password".to_owned(),
    Some(code) if *code == SqlState::TOO_MANY_CONNECTIONS => "too many connections".to_owned(),
    Some(code) => format!("sqlstate {}", code.code()),
    None if error.is_closed() => "connection closed".to_owned(),
    None => "unreachable".to_owned(),
  }
}
