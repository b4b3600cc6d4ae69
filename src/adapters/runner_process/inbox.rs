//! The runner's end of the operation's socket: takes messages from several front ends at once and
//! says of each, by the kernel's word, who really sent it.

use std::{fs, future, io, path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use tokio::{
  io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
  net::{UnixListener, UnixStream},
  sync::{Semaphore, mpsc},
  task::AbortHandle,
  time::timeout,
};

use super::spoken::{LONGEST, Spoken};
use crate::{
  adapters::{
    actor::{host, name_of},
    ledger::{FileLedger, SiteLock},
    processes, short_path,
  },
  engine::ports::{Inbox, Message, PortError, PortErrorKind},
  model::{actor::Actor, operation::OperationId, shown::Shown},
};

const MOST_CLIENTS: usize = 32;
/// A client that says nothing for so long is hung up on; it may connect again.
const IDLE: Duration = Duration::from_mins(1);

/// Listens at `operations/ID/socket`; dropping it hangs up and removes the socket.
pub struct SocketInbox {
  messages: mpsc::Receiver<Message>,
  accepting: AbortHandle,
  path: PathBuf,
}

impl SocketInbox {
  /// Must be called inside a tokio runtime. A socket that is there already is of a dead runner:
  /// we hold the lock.
  pub fn bind(ledger: &FileLedger, id: OperationId, _: &SiteLock) -> Result<Self, PortError> {
    let folder = ledger.folder(id);
    let path = folder.socket();
    let listener = short_path::listen(folder.path(), ledger.access()).map_err(|error| {
      PortError::new(
        PortErrorKind::Unexpected,
        format!("listen at {}", path.display()),
        error.to_string(),
      )
    })?;
    let (to, messages) = mpsc::channel(64);
    let accepting = tokio::spawn(accept(listener, to)).abort_handle();
    Ok(Self {
      messages,
      accepting,
      path,
    })
  }
}

impl Inbox for SocketInbox {
  fn next(&mut self) -> Pin<Box<dyn Future<Output = Message> + Send + '_>> {
    Box::pin(async {
      match self.messages.recv().await {
        Some(message) => message,
        None => future::pending().await,
      }
    })
  }
}

impl Drop for SocketInbox {
  fn drop(&mut self) {
    self.accepting.abort();
    let _ = fs::remove_file(&self.path);
  }
}

async fn accept(listener: UnixListener, to: mpsc::Sender<Message>) {
  let places = Arc::new(Semaphore::new(MOST_CLIENTS));
  while let Ok(place) = Arc::clone(&places).acquire_owned().await {
    let Ok((stream, _)) = listener.accept().await else {
      // Out of descriptors, most likely: wait for a client to leave instead of spinning.
      tokio::time::sleep(Duration::from_millis(50)).await;
      continue;
    };
    let to = to.clone();
    tokio::spawn(async move {
      let _ = serve(stream, &to).await;
      drop(place);
    });
  }
}

async fn serve(mut stream: UnixStream, to: &mpsc::Sender<Message>) -> io::Result<()> {
  let peer = Peer::of(&stream)?;
  let (reading, mut writing) = stream.split();
  let mut reading = BufReader::new(reading);
  let mut line = Vec::new();
  loop {
    line.clear();
    let mut limited = (&mut reading).take(LONGEST as u64);
    let Ok(read) = timeout(IDLE, limited.read_until(b'\n', &mut line)).await else {
      return Ok(());
    };
    if read? == 0 {
      return Ok(());
    }
    if !line.ends_with(b"\n") {
      let refusal = format!("error: a message is one line of at most {LONGEST} bytes\n");
      return writing.write_all(refusal.as_bytes()).await;
    }
    let answer = match serde_json::from_slice::<Spoken>(&line) {
      Ok(mut spoken) => {
        peer.attribute(spoken.actor_mut());
        match to.send(spoken.into()).await {
          Ok(()) => "ok\n".to_owned(),
          Err(_) => "error: the operation is ending\n".to_owned(),
        }
      }
      Err(error) => format!("error: that is not a message of this version ({error})\n"),
    };
    writing.write_all(answer.as_bytes()).await?;
  }
}

/// The other end of a connection as the kernel knows it.
struct Peer {
  name: String,
  is_root: bool,
  /// Who logged in to what became this process.
  login: Option<String>,
  pid: Option<u32>,
}

impl Peer {
  fn of(stream: &UnixStream) -> io::Result<Self> {
    let credentials = stream.peer_cred()?;
    let pid = credentials.pid().and_then(|pid| u32::try_from(pid).ok());
    Ok(Self {
      name: name_of(credentials.uid()),
      is_root: credentials.uid() == 0,
      login: pid.and_then(processes::login_of).map(name_of),
      pid,
    })
  }

  /// Corrects what a client says of itself. That it acts for somebody else is believed of root,
  /// who could claim anything, and of others when the kernel's login says the same.
  fn attribute(&self, claimed: &mut Actor) {
    let is_itself = claimed.as_user.is_none() && claimed.user.as_str() == self.name;
    let acts_as_peer = claimed
      .as_user
      .as_ref()
      .is_some_and(|name| name.as_str() == self.name);
    let login_agrees = self.login.as_deref() == Some(claimed.user.as_str());
    if !(is_itself || acts_as_peer && (self.is_root || login_agrees)) {
      claimed.user = Shown::line(&self.name);
      claimed.as_user = None;
    }
    claimed.host = Shown::line(&host());
    claimed.pid = self.pid.unwrap_or(claimed.pid);
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  fn attributed(peer: &str, login: Option<&str>, user: &str, as_user: Option<&str>) -> String {
    let mut claimed = Actor {
      user: user.into(),
      as_user: as_user.map(Into::into),
      from: None,
      host: "elsewhere".into(),
      pid: 1,
    };
    Peer {
      name: peer.into(),
      is_root: peer == "root",
      login: login.map(Into::into),
      pid: Some(77),
    }
    .attribute(&mut claimed);
    assert_eq!(claimed.pid, 77);
    assert_ne!(claimed.host.as_str(), "elsewhere");
    claimed.to_string()
  }

  #[test]
  fn nobody_can_answer_in_another_ones_name() {
    assert_eq!(attributed("bob", None, "bob", None), "bob");
    assert_eq!(attributed("bob", None, "ana", None), "bob");
    assert_eq!(attributed("bob", None, "ana", Some("root")), "bob");
    assert_eq!(attributed("bob", None, "ana", Some("bob")), "bob");
    assert_eq!(attributed("bob", Some("bob"), "ana", Some("bob")), "bob");
    assert_eq!(attributed("root", None, "ana", None), "root");
  }

  #[test]
  fn the_person_behind_sudo_is_kept() {
    assert_eq!(attributed("root", None, "ana", Some("root")), "ana as root");
    assert_eq!(
      attributed("deploy", Some("ana"), "ana", Some("deploy")),
      "ana as deploy"
    );
  }
}
