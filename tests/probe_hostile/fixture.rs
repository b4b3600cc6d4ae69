//! A probe, what it looks at, and servers that answer as a test wants.

use std::{
  sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
  },
  time::{Duration, Instant},
};

use cutover::{
  adapters::probe::HttpProbe,
  config::{Check, Expect, Secrets, Via},
  engine::ports::Probe,
  model::{
    Slot,
    check::CheckReport,
    container::{Container, ContainerId, ContainerState, DockerHealth, ImageId},
  },
};
use tokio::{
  io::{AsyncReadExt, AsyncWriteExt},
  net::{TcpListener, TcpStream},
};

use crate::site::site;

pub(crate) const DEADLINE: Duration = Duration::from_millis(600);

pub(crate) fn container() -> Container {
  Container {
    id: ContainerId("0".repeat(64)),
    name: "api-blue".to_owned(),
    service: "api".to_owned(),
    state: ContainerState::Running,
    health: DockerHealth::None,
    health_output: None,
    restarts: 0,
    exit_code: None,
    oom_killed: false,
    started_at: None,
    finished_at: None,
    image_id: ImageId("sha256:0".to_owned()),
    image: "api:1".to_owned(),
    version: None,
    restart_policy: "no".to_owned(),
    addresses: vec!["127.0.0.1".parse().unwrap()],
    aliases: Vec::new(),
    tty: false,
  }
}

pub(crate) fn check(via: Via, url: &str, expect: Expect) -> Check {
  Check {
    via,
    url: Some(url.to_owned()),
    command: Vec::new(),
    expect,
    timeout: Duration::from_mins(1),
    every: Duration::from_secs(1),
    consecutive: 1,
  }
}

pub(crate) fn probe() -> HttpProbe {
  let mut site = site(std::path::Path::new("/nonexistent"));
  site.secrets = Secrets(vec!["hunter2-secret".to_owned()]);
  HttpProbe::new(Arc::new(site))
}

/// Serves each connection with `serve`; returns the port and a count of connections.
pub(crate) async fn server<F>(
  serve: impl Fn(TcpStream) -> F + Send + Sync + 'static,
) -> (u16, Arc<AtomicUsize>)
where
  F: Future<Output = ()> + Send + 'static,
{
  let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
  let port = listener.local_addr().unwrap().port();
  let count = Arc::new(AtomicUsize::new(0));
  let counted = Arc::clone(&count);
  tokio::spawn(async move {
    while let Ok((stream, _)) = listener.accept().await {
      counted.fetch_add(1, Ordering::SeqCst);
      tokio::spawn(serve(stream));
    }
  });
  (port, count)
}

pub(crate) async fn read_request(stream: &mut TcpStream) -> String {
  let mut request = Vec::new();
  let mut chunk = [0; 1024];
  while !request.windows(4).any(|four| four == b"\r\n\r\n") {
    match stream.read(&mut chunk).await {
      Ok(count @ 1..) => request.extend_from_slice(&chunk[..count]),
      _ => break,
    }
  }
  String::from_utf8_lossy(&request).into_owned()
}

pub(crate) async fn fixed(
  answer: impl AsRef<[u8]> + Clone + Send + Sync + 'static,
) -> (u16, Arc<AtomicUsize>) {
  server(move |mut stream| {
    let answer = answer.clone();
    async move {
      read_request(&mut stream).await;
      // The client may leave before all is written; that is what is tested.
      let _ = stream.write_all(answer.as_ref()).await;
    }
  })
  .await
}

pub(crate) async fn ask(port: u16, expect: Expect) -> CheckReport {
  let started = Instant::now();
  let check = check(
    Via::Host,
    &format!("http://127.0.0.1:{port}/health"),
    expect,
  );
  let report = probe()
    .check(Slot::Blue, &container(), &check)
    .await
    .unwrap();
  assert!(
    started.elapsed() < DEADLINE + Duration::from_millis(400),
    "{:?} {report:?}",
    started.elapsed()
  );
  report
}
