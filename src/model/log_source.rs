//! Where log lines come from, and what a feed of them says.
//!
//! A source is a name in a slot, or outside both, such as the proxy. Containers come and go
//! behind it; that is said by an `Attached`, never hidden. A proxy that is no container writes
//! files instead.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{
  container::{Container, ContainerId},
  log_line::LogEntry,
  shown::Shown,
  slot::Slot,
};

/// One stream of lines. Ordered: the slots first, then what belongs to neither.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceId {
  /// `None` for what both slots share.
  pub slot: Option<Slot>,
  pub name: String,
}

/// What writes the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
  Container(ContainerId),
  Proxy(ProxyLog),
}

/// The logs of a proxy that is no container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyLog {
  Access,
  Error,
}

impl Behind {
  pub fn container(&self) -> Option<&ContainerId> {
    match self {
      Self::Container(id) => Some(id),
      Self::Proxy(_) => None,
    }
  }
}

impl From<ContainerId> for Behind {
  fn from(id: ContainerId) -> Self {
    Self::Container(id)
  }
}

impl fmt::Display for Behind {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match self {
      Self::Container(id) => write!(f, "container {}", id.0.get(..7).unwrap_or(&id.0)),
      Self::Proxy(_) => f.write_str("the proxy"),
    }
  }
}

/// A source and what is behind it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
  pub id: SourceId,
  pub behind: Behind,
  /// When its present run began; `None` when it does not run.
  pub running_since: Option<DateTime<Utc>>,
}

impl Source {
  pub fn of(slot: Option<Slot>, container: &Container) -> Self {
    Self {
      id: SourceId {
        slot,
        name: container.service.clone(),
      },
      behind: container.id.clone().into(),
      running_since: container
        .is_running()
        .then_some(container.started_at)
        .flatten(),
    }
  }

  /// A log of the proxy, which has run since then.
  pub fn of_proxy(log: ProxyLog, running_since: Option<DateTime<Utc>>) -> Self {
    let name = match log {
      ProxyLog::Access => "proxy access",
      ProxyLog::Error => "proxy error",
    };
    Self {
      id: SourceId {
        slot: None,
        name: name.to_owned(),
      },
      behind: Behind::Proxy(log),
      running_since,
    }
  }
}

/// What a feed of logs delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feed {
  Lines {
    source: SourceId,
    /// When the feed had them.
    received: DateTime<Utc>,
    /// So many came before these and are lost.
    dropped: u64,
    lines: Vec<LogEntry>,
  },
  Attached {
    source: SourceId,
    at: DateTime<Utc>,
    how: Attached,
  },
}

impl Feed {
  pub fn source(&self) -> &SourceId {
    match self {
      Self::Lines { source, .. } | Self::Attached { source, .. } => source,
    }
  }
}

/// How a source came to be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attached {
  /// For the first time; nothing to tell.
  First(Behind),
  /// Another container took the name.
  Replaced(Behind),
  /// The same one runs again.
  Restarted(Behind),
  /// The stream broke and was opened again; nothing is missing.
  Again,
  /// The stream broke, and lines between the two are missing. How many is not known.
  AfterGap,
  /// The stream could not be opened or broke; it is being tried again.
  Lost(Shown),
}

impl Attached {
  /// `api re-attached: new container 4f2c1e9`; `None` when there is nothing to tell.
  pub fn words(&self, name: &str) -> Option<Shown> {
    let said = match self {
      Self::First(_) => return None,
      Self::Replaced(by) => format!("{name} re-attached: new {by}"),
      Self::Restarted(it) => format!("{name} re-attached: {it} was restarted"),
      Self::Again => format!("{name} re-attached: nothing is missing"),
      Self::AfterGap => {
        format!("{name} re-attached: lines are missing here, how many is not known")
      }
      Self::Lost(why) => format!("{name} not attached: {why}; trying again"),
    };
    Some(Shown::line(&said))
  }
}
