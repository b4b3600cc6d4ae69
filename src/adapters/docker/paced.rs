//! A connection that is only listened to while somebody waits for it.
//!
//! A socket that stays registered wakes its process for every line the daemon writes, also while
//! the reader means to leave the lines there until the next frame. This one registers when a
//! reader finds nothing and says that it will wait, and takes that back with the first bytes.

use std::{
  io::{self, ErrorKind, Read, Write},
  pin::Pin,
  sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
  },
  task::{Context, Poll},
};

use tokio::{
  io::{AsyncRead, AsyncWrite, ReadBuf},
  net::{TcpStream, UnixStream},
};

/// Whether who finds nothing wants to be woken, shared with the reader.
#[derive(Clone, Default)]
pub(super) struct Patience(Arc<AtomicBool>);

impl Patience {
  /// From now on nothing to read is just that.
  pub(super) fn end(&self) {
    self.0.store(true, Ordering::Relaxed);
  }

  /// From now on who finds nothing is woken when there is something.
  pub(super) fn begin(&self) {
    self.0.store(false, Ordering::Relaxed);
  }

  fn has_ended(&self) -> bool {
    self.0.load(Ordering::Relaxed)
  }
}

/// A socket that can be registered with the runtime and taken back.
pub(super) trait Socket: AsyncRead + AsyncWrite + Sized + Send + Unpin {
  type Plain: Read + Write + Send + Unpin;
  fn listen(plain: Self::Plain) -> io::Result<Self>;
  fn leave(self) -> io::Result<Self::Plain>;
}

impl Socket for UnixStream {
  type Plain = std::os::unix::net::UnixStream;
  fn listen(plain: Self::Plain) -> io::Result<Self> {
    Self::from_std(plain)
  }
  fn leave(self) -> io::Result<Self::Plain> {
    self.into_std()
  }
}

impl Socket for TcpStream {
  type Plain = std::net::TcpStream;
  fn listen(plain: Self::Plain) -> io::Result<Self> {
    Self::from_std(plain)
  }
  fn leave(self) -> io::Result<Self::Plain> {
    self.into_std()
  }
}

pub(super) struct Paced<S: Socket> {
  /// `None` once changing over has failed.
  socket: Option<Either<S>>,
  patience: Patience,
}

enum Either<S: Socket> {
  /// Nobody is woken.
  Plain(S::Plain),
  Listening(S),
}

impl<S: Socket> Paced<S> {
  pub(super) fn new(socket: S, patience: Patience) -> Self {
    Self {
      socket: Some(Either::Listening(socket)),
      patience,
    }
  }

  fn is_listening(&self) -> bool {
    matches!(self.socket, Some(Either::Listening(_)))
  }

  fn listening(&mut self) -> io::Result<&mut S> {
    let socket = match self.socket.take() {
      Some(Either::Listening(socket)) => socket,
      Some(Either::Plain(plain)) => S::listen(plain)?,
      None => return Err(ErrorKind::NotConnected.into()),
    };
    match self.socket.insert(Either::Listening(socket)) {
      Either::Listening(socket) => Ok(socket),
      Either::Plain(_) => Err(ErrorKind::NotConnected.into()),
    }
  }

  fn plain(&mut self) -> io::Result<&mut S::Plain> {
    let plain = match self.socket.take() {
      Some(Either::Plain(plain)) => plain,
      Some(Either::Listening(socket)) => socket.leave()?,
      None => return Err(ErrorKind::NotConnected.into()),
    };
    match self.socket.insert(Either::Plain(plain)) {
      Either::Plain(plain) => Ok(plain),
      Either::Listening(_) => Err(ErrorKind::NotConnected.into()),
    }
  }
}

impl<S: Socket> AsyncRead for Paced<S> {
  fn poll_read(
    mut self: Pin<&mut Self>,
    context: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
  ) -> Poll<io::Result<()>> {
    let patient = !self.patience.has_ended();
    // What listens already is left to: registering anew would say at once that it can be written.
    while !(patient && self.is_listening()) {
      match self.plain()?.read(buffer.initialize_unfilled()) {
        Ok(count) => {
          buffer.advance(count);
          return Poll::Ready(Ok(()));
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => {}
        Err(error) if error.kind() != ErrorKind::WouldBlock => return Poll::Ready(Err(error)),
        Err(_) if !patient => return Poll::Pending,
        Err(_) => break,
      }
    }
    Pin::new(self.listening()?).poll_read(context, buffer)
  }
}

impl<S: Socket> AsyncWrite for Paced<S> {
  fn poll_write(
    mut self: Pin<&mut Self>,
    context: &mut Context<'_>,
    bytes: &[u8],
  ) -> Poll<io::Result<usize>> {
    Pin::new(self.listening()?).poll_write(context, bytes)
  }

  fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
    match &mut self.socket {
      Some(Either::Listening(socket)) => Pin::new(socket).poll_flush(context),
      Some(Either::Plain(_)) | None => Poll::Ready(Ok(())),
    }
  }

  fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
    Pin::new(self.listening()?).poll_shutdown(context)
  }
}

#[cfg(test)]
mod tests {
  use std::task::Waker;

  use tokio::io::{AsyncReadExt, AsyncWriteExt};

  use super::*;

  fn pair() -> (UnixStream, Paced<UnixStream>, Patience) {
    let (far, near) = UnixStream::pair().unwrap();
    let patience = Patience::default();
    (far, Paced::new(near, patience.clone()), patience)
  }

  #[tokio::test]
  async fn who_waits_is_woken_and_nobody_listens_afterwards() {
    let (mut far, mut paced, _) = pair();
    let mut buffer = [0; 8];
    let (read, written) = tokio::join!(paced.read(&mut buffer), far.write_all(b"line"));
    written.unwrap();
    assert_eq!(read.unwrap(), 4);
    drop(far);
    assert_eq!(paced.read(&mut buffer).await.unwrap(), 0, "the end");
  }

  #[tokio::test]
  async fn who_does_not_wait_leaves_nothing_registered_and_still_finds_what_came_meanwhile() {
    let (mut far, mut paced, patience) = pair();
    patience.end();
    let mut bytes = [0; 8];
    let mut buffer = ReadBuf::new(&mut bytes);
    let mut context = Context::from_waker(Waker::noop());
    let look = Pin::new(&mut paced).poll_read(&mut context, &mut buffer);
    assert!(look.is_pending());
    assert!(!paced.is_listening());
    far.write_all(b"more").await.unwrap();
    patience.begin();
    let mut buffer = [0; 8];
    assert_eq!(paced.read(&mut buffer).await.unwrap(), 4);
  }
}
