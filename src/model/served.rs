//! What became of users' requests, in the three numbers that matter.

/// Counted by whoever sends them, never by the proxy that is judged by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
  pub sent: u64,
  /// Answered by no version at all.
  pub lost: u64,
  /// Answered by a version, with an error of its own.
  pub failed: u64,
}
