//! Tells at once when an operation begins or ends: the kernel says when a file appears in or goes
//! from the site's folder, that of the operations, and that of the newest one.
//!
//! Never the only way to notice: a folder of another machine tells nothing, so `stamp` is asked
//! as well.

use std::{
  future::pending,
  os::fd::{AsFd, AsRawFd, RawFd},
  path::Path,
  sync::OnceLock,
};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use tokio::io::unix::AsyncFd;

use super::{
  operations::{self, OperationFolder},
  stamp::Newest,
};

/// The kernel's end, as the runtime wants it.
struct Told(Inotify);

impl AsRawFd for Told {
  fn as_raw_fd(&self) -> RawFd {
    self.0.as_fd().as_raw_fd()
  }
}

#[derive(Default)]
pub(super) struct Watch(OnceLock<Option<AsyncFd<Told>>>);

impl Watch {
  /// Resolves after the next such change, also one from between two calls. Pends for ever where
  /// the kernel cannot tell.
  pub(super) async fn changed(&self, state: &Path, newest: &Newest) {
    let Some(told) = self.0.get_or_init(open) else {
      return pending().await;
    };
    let folders = [Some(state.to_owned()), Some(operations::all(state))];
    let newest = newest.of(state);
    let newest = newest.map(|id| OperationFolder::of(state, id).path().to_owned());
    for folder in folders.into_iter().chain([newest]).flatten() {
      let what = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO | AddWatchFlags::IN_DELETE;
      // One that is not there yet is made inside of one that is watched, or found by its stamp.
      let _ = told.get_ref().0.add_watch(&folder, what);
    }
    loop {
      let Ok(mut ready) = told.readable().await else {
        return pending().await;
      };
      if let Ok(Ok(_)) = ready.try_io(|told| Ok(told.get_ref().0.read_events()?)) {
        return;
      }
    }
  }
}

#[expect(
  deprecated,
  reason = "its successor is unsafe, which nothing here is; the descriptor lives as long as this"
)]
fn open() -> Option<AsyncFd<Told>> {
  let told = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).ok()?;
  AsyncFd::new(Told(told)).ok()
}
