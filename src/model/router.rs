//! What is known about the proxy and the one file of it that is ours to change.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Slot, container::ContainerId, shown::Shown};

/// sha256 of a file's bytes, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileHash(pub String);

impl FileHash {
  /// Of a file that is not there.
  pub fn absent() -> Self {
    Self("absent".to_owned())
  }

  pub fn short(&self) -> &str {
    self.0.get(..12).unwrap_or(&self.0)
  }
}

/// How the managed file reaches the proxy; decides how it may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mount {
  /// The proxy runs on this host and reads the file itself.
  Host,
  /// The folder is mounted: an atomic rename is seen inside.
  Directory,
  /// The file itself is mounted: a rename is never seen inside, so it is written in place.
  SingleFile,
  /// The proxy does not see the file at all.
  Absent,
}

/// Which process answers for the proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxyIdentity {
  pub name: Shown,
  pub running: bool,
  pub container: Option<ContainerId>,
  pub started_at: Option<DateTime<Utc>>,
  /// Such as `nginx/1.22.1`.
  pub version: Option<Shown>,
}

/// The managed file as it stands on disk and as the proxy sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedFile {
  /// As the operator would name it.
  pub path: String,
  pub hash: FileHash,
  /// The slot its text names, when it names exactly one.
  pub names: Option<Slot>,
  /// The generation its marker carries, when it has one.
  pub generation: Option<u64>,
  pub mount: Mount,
  /// The hash of the same file read inside the proxy; differs when a mount has gone stale.
  pub inside: Option<FileHash>,
  /// Whether the proxy's effective configuration includes it; `None` when that could not be asked.
  pub included: Option<bool>,
  pub writable: bool,
}

impl ManagedFile {
  /// The proxy reads these very bytes. A mount that went stale shows others, or none.
  pub fn is_seen(&self) -> bool {
    self.inside.as_ref() == Some(&self.hash)
  }
}

/// Everything observed about the proxy at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterFacts {
  pub proxy: ProxyIdentity,
  pub file: Result<ManagedFile, Shown>,
  /// `Ok(())` when the proxy's own test passes on what is on disk now.
  pub test: Result<(), Shown>,
  pub workers: Option<Workers>,
}

/// nginx worker processes: those shutting down still serve requests of the former configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workers {
  pub active: Vec<u32>,
  pub shutting_down: Vec<u32>,
}

/// The complete next content of the managed file, ready to be written and compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextFile {
  pub slot: Slot,
  pub generation: u64,
  pub hash: FileHash,
  /// The text, or the relative target when the managed file is a link.
  pub content: FileContent,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileContent {
  Text(String),
  Link(String),
  /// There was none; what is put back is that there is none.
  Absent,
}

/// One request through the proxy on a connection of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "lowercase")]
pub enum Sample {
  /// A slot answered; with its generation when the proof is a marker.
  Answered { slot: Slot, generation: Option<u64> },
  /// A slot answered, and that it cannot serve: a status of 500 or more.
  Failing { slot: Slot, detail: Shown },
  /// An answer that names no slot.
  Unclear { detail: Shown },
  /// No complete answer.
  Lost { detail: Shown },
}

/// The ledger line a switch ends with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeLedger {
  pub sent: u32,
  pub lost: u32,
  pub from_target: u32,
  pub from_other: u32,
  pub unclear: u32,
  /// Milliseconds from the first answer of the new slot to the last of the old one.
  pub mixed_millis: u64,
  /// Milliseconds from the reload to the first answer of the new slot.
  pub first_millis: Option<u64>,
  /// Milliseconds from the reload to the end of the proof.
  pub proved_millis: u64,
}
