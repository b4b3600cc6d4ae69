//! Where the sample application keeps its orders: `PostgreSQL` on the real site, memory in the embedded demo.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

#[cfg(feature = "site")]
use super::postgres::Postgres;

#[derive(Debug, Clone, Serialize)]
pub struct Order {
  pub id: i64,
  pub item: String,
  /// The slot that accepted it.
  pub slot: Option<String>,
}

#[derive(Debug)]
pub enum Database {
  /// Nothing outside the process; always connected.
  Memory(Mutex<Vec<Order>>),
  #[cfg(feature = "site")]
  Postgres(Box<Postgres>),
}

#[cfg_attr(
  not(feature = "site"),
  allow(
    clippy::unused_async,
    reason = "only the real database, which this build leaves out, has to wait"
  )
)]
impl Database {
  pub fn in_memory() -> Self {
    Self::Memory(Mutex::default())
  }

  /// Asks the database for an answer; an error is its class, fit for the health page.
  pub async fn check(&self) -> Result<(), String> {
    match self {
      Self::Memory(_) => Ok(()),
      #[cfg(feature = "site")]
      Self::Postgres(postgres) => postgres.check().await,
    }
  }

  pub async fn insert(&self, item: &str, slot: &str) -> Result<i64, String> {
    match self {
      Self::Memory(orders) => {
        let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
        let id = i64::try_from(orders.len()).map_err(|error| error.to_string())? + 1;
        orders.push(Order {
          id,
          item: item.to_owned(),
          slot: Some(slot.to_owned()),
        });
        Ok(id)
      }
      #[cfg(feature = "site")]
      Self::Postgres(postgres) => postgres.insert(item, slot).await,
    }
  }

  /// The latest orders, newest first.
  pub async fn latest(&self, limit: u8) -> Result<Vec<Order>, String> {
    match self {
      Self::Memory(orders) => {
        let orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(orders.iter().rev().take(limit.into()).cloned().collect())
      }
      #[cfg(feature = "site")]
      Self::Postgres(postgres) => postgres.latest(limit).await,
    }
  }
}
