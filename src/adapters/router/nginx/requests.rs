//! Follows the access log: the proxy container's own output, or a file of this host. A container
//! that logs to a file inside it cannot be followed without leaving a process there.

use std::{path::Path, time::Duration};

use futures_util::StreamExt;
use tokio::{
  sync::mpsc,
  time::{Instant, timeout_at},
};

use super::{NginxRouter, proxy::Proxy};
use crate::{
  adapters::{
    bounded::Lines,
    router::{
      container::{Containers, Found},
      requests::{CHANNEL, Reader, follow_file},
    },
  },
  engine::ports::{PortError, PortErrorKind},
  model::requests::Request,
};

/// Lines of before, for a picture at once.
const BEFORE: usize = 500;
/// Lines are handed on together, so that a busy proxy does not wake the console for each.
const GATHER: Duration = Duration::from_millis(250);

impl NginxRouter {
  pub(super) async fn follow_requests(&self) -> Result<mpsc::Receiver<Vec<Request>>, PortError> {
    let doing = "following nginx's access log";
    let proxy = self.proxy().await?;
    let dump = self
      .dump(&proxy)
      .await?
      .map_err(|why| PortError::new(PortErrorKind::Misconfigured, doing, why))?;
    let formats = dump.log_formats.iter().map(String::as_str);
    let reader = Reader::new(self.site.clone(), formats);
    let wrong = |why: String| PortError::new(PortErrorKind::Misconfigured, doing, why);
    let paths: Vec<&String> = dump
      .access_logs
      .iter()
      .filter(|path| !path.starts_with("syslog:") && !path.contains('$') && *path != "off")
      .collect();
    match proxy {
      Proxy::Container(ref found) => {
        for path in &paths {
          if self.is_output(&proxy, path).await? {
            let (sender, receiver) = mpsc::channel(CHANNEL);
            tokio::spawn(container(found.clone(), reader, sender));
            return Ok(receiver);
          }
        }
        Err(wrong(
          "no access_log goes to the container's output: let one go to /dev/stdout".to_owned(),
        ))
      }
      Proxy::Host => {
        let path = self.access_file(&proxy, &dump).await?;
        follow_file(Path::new(&path), reader).map_err(|error| wrong(format!("{path}: {error}")))
      }
    }
  }
}

async fn container(found: Found, mut reader: Reader, sender: mpsc::Sender<Vec<Request>>) {
  let containers = Containers::default();
  let Ok(log) = containers.follow(&found, BEFORE).await else {
    return;
  };
  let mut log = Box::pin(log);
  let mut lines = Lines::default();
  loop {
    reader.refresh().await;
    let mut next = tokio::select! {
      next = log.next() => next,
      () = sender.closed() => return,
    };
    let (mut batch, until) = (Vec::new(), Instant::now() + GATHER);
    loop {
      let Some(Ok(bytes)) = next else {
        // The last words still count; then the receiver sees the end.
        let _ = sender.send(batch).await;
        return;
      };
      reader.read(&mut lines, &bytes, &mut batch);
      match timeout_at(until, log.next()).await {
        Ok(more) => next = more,
        Err(_) => break,
      }
    }
    if !batch.is_empty() && sender.send(batch).await.is_err() {
      return;
    }
  }
}
