//! What other processes ask of the console by signals, and whether a shell waits behind it.

use std::io;

use nix::unistd::{getppid, getsid};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
  Leave,
  /// Ctrl-Z from elsewhere: the terminal itself sends a key.
  Stop,
  /// Somebody stopped this process and lets it go on.
  GoOn,
}

pub(super) struct Signals {
  leave: [Signal; 4],
  stop: Signal,
  go_on: Signal,
}

impl Signals {
  pub(super) fn listen() -> io::Result<Self> {
    Ok(Self {
      leave: [
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
        signal(SignalKind::interrupt())?,
        signal(SignalKind::quit())?,
      ],
      stop: signal(SignalKind::from_raw(nix::libc::SIGTSTP))?,
      go_on: signal(SignalKind::from_raw(nix::libc::SIGCONT))?,
    })
  }

  /// Safe to cancel.
  pub(super) async fn next(&mut self) -> Told {
    let [terminate, hang_up, interrupt, quit] = &mut self.leave;
    tokio::select! {
      _ = terminate.recv() => Told::Leave,
      _ = hang_up.recv() => Told::Leave,
      _ = interrupt.recv() => Told::Leave,
      _ = quit.recv() => Told::Leave,
      _ = self.stop.recv() => Told::Stop,
      _ = self.go_on.recv() => Told::GoOn,
    }
  }
}

/// Somebody can continue this process after a stop. Where nobody can, as under `ssh -t vm cutover`,
/// a stop would hang the terminal for good.
pub(super) fn a_shell_waits() -> bool {
  matches!((getsid(Some(getppid())), getsid(None)), (Ok(parent), Ok(own)) if parent == own)
}
