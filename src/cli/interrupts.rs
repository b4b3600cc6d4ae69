//! Ctrl-C for as long as something is followed.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens from when it is made: a press that comes while something else is being done is not lost, as it
/// would be between two waits of `tokio::signal::ctrl_c`. Once anybody has listened, a press no longer ends
/// this program by itself.
pub(super) struct Interrupts(Option<Signal>);

impl Interrupts {
  /// Where nobody can listen, Ctrl-C ends this program as it ends any other.
  pub(super) fn listen() -> Self {
    Self(signal(SignalKind::interrupt()).ok())
  }

  /// The next press; of several that were not waited for, one.
  pub(super) async fn next(&mut self) {
    let pressed = match &mut self.0 {
      Some(signal) => signal.recv().await,
      None => None,
    };
    if pressed.is_none() {
      std::future::pending::<()>().await;
    }
  }
}
