//! Who really asked: the person behind `sudo` and SSH, not just the effective user.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::shown::Shown;

/// The person or job an action is attributed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
  /// The login behind sudo when there is one, else the effective user.
  pub user: Shown,
  /// The effective user, when it differs (`root` under sudo).
  pub as_user: Option<Shown>,
  /// The client's address from SSH, or `ci`, or the terminal.
  pub from: Option<Shown>,
  pub host: Shown,
  pub pid: u32,
}

impl fmt::Display for Actor {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}", self.user)?;
    if let Some(as_user) = &self.as_user {
      write!(f, " as {as_user}")?;
    }
    if let Some(from) = &self.from {
      write!(f, " ({from})")?;
    }
    Ok(())
  }
}
