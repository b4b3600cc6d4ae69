//! A site without Docker in a folder of its own: the proxy and the processes of this program, an
//! application of each slot inside the test, and users with connections that stay open.

use std::{
  fs,
  path::Path,
  process::{Child, Command, Stdio},
  sync::Arc,
};

use cutover::{
  adapters::{demo::leftovers, process::ProcessRuntime, router::embedded::EmbeddedRouter},
  config::{self, Site},
  engine::ports::Runtime,
  model::{Slot, evidence::Pins},
};
use nix::{
  sys::{
    signal::{Signal, kill},
    wait::{WaitPidFlag, WaitStatus, waitpid},
  },
  unistd::Pid,
};
use tokio::{
  io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
  net::{TcpListener, TcpStream},
  sync::Notify,
};

use crate::contract::router::answers;

const PROGRAM: &str = env!("CARGO_BIN_EXE_cutover");

const SITE: &str = r#"schema = 1
name = "bare"
[slots.blue]
port = @BLUE@
[slots.green]
port = @GREEN@
[runtime]
kind = "process"
[services.app]
run = ["/bin/sh", "run"]
[version]
kind = "folder"
releases = "releases"
[router]
kind = "embedded"
listen = "127.0.0.1:@PROXY@"
switch = { to = "live.toml" }
[proof]
url = "http://127.0.0.1:@PROXY@/live"
marker = true
"#;

/// A site in a folder of its own; what runs of it ends with it.
pub struct Bare {
  folder: tempfile::TempDir,
  pub site: Arc<Site>,
  pub address: String,
  pub proxy: Option<Child>,
}

impl Bare {
  /// `blue` and `green` are the ports of the slots.
  pub fn new(blue: u16, green: u16) -> Self {
    let folder = tempfile::tempdir().unwrap();
    let proxy = free_port();
    let text = SITE
      .replace("@BLUE@", &blue.to_string())
      .replace("@GREEN@", &green.to_string())
      .replace("@PROXY@", &proxy.to_string());
    let file = folder.path().join("cutover.toml");
    fs::write(&file, &text).unwrap();
    fs::create_dir(folder.path().join("releases")).unwrap();
    let live =
      format!("upstream = \"127.0.0.1:{blue}\"\nslot = \"blue\"\ngeneration = 1\noperation = 0\n");
    fs::write(folder.path().join("live.toml"), live).unwrap();
    let site = config::load_text(&text, &file, &|_| None)
      .unwrap_or_else(|faults| panic!("{faults}"))
      .site;
    Self {
      folder,
      site: Arc::new(site),
      address: format!("127.0.0.1:{proxy}"),
      proxy: None,
    }
  }

  pub async fn proxied(blue: u16, green: u16) -> (Self, EmbeddedRouter) {
    let mut bare = Self::new(blue, green);
    let mut command = Command::new(PROGRAM);
    command.arg("proxy").arg("--config").arg(&bare.site.file);
    command.current_dir(bare.path()).stdin(Stdio::null());
    bare.proxy = Some(command.spawn().unwrap());
    let router = EmbeddedRouter::new(Arc::clone(&bare.site));
    answers(&router, Slot::Blue).await;
    (bare, router)
  }

  pub fn path(&self) -> &Path {
    self.folder.path()
  }

  fn proxy_id(&self) -> Pid {
    Pid::from_raw(self.proxy.as_ref().unwrap().id().cast_signed())
  }

  /// Stops the proxy. It answers nothing when this returns: a signal that was only sent leaves its
  /// threads running until one of them takes it.
  pub fn hold(&self) {
    let proxy = self.proxy_id();
    kill(proxy, Signal::SIGSTOP).unwrap();
    let stopped = waitpid(proxy, Some(WaitPidFlag::WUNTRACED)).unwrap();
    assert_eq!(stopped, WaitStatus::Stopped(proxy, Signal::SIGSTOP));
  }

  pub fn let_go(&self) {
    kill(self.proxy_id(), Signal::SIGCONT).unwrap();
  }

  pub fn runtime(&self) -> ProcessRuntime {
    ProcessRuntime::started_by(Arc::clone(&self.site), vec![PROGRAM.into()]).unwrap()
  }

  /// A release whose process is this script.
  pub async fn release(&self, version: &str, script: &str) -> Pins {
    let folder = self.path().join("releases").join(version);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("run"), script).unwrap();
    let version = version.parse().unwrap();
    Pins {
      slot: Slot::Green,
      images: self.runtime().images(Slot::Green, &version).await.unwrap(),
      version,
      at: chrono::Utc::now(),
    }
  }
}

impl Drop for Bare {
  fn drop(&mut self) {
    if let Some(proxy) = &mut self.proxy {
      let _ = proxy.kill();
      let _ = proxy.wait();
    }
    let folder = self.path().to_owned();
    let end = move || {
      let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
      runtime.block_on(leftovers::end(&folder));
    };
    let _ = std::thread::spawn(end).join();
  }
}

pub fn free_port() -> u16 {
  let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
  free.local_addr().unwrap().port()
}

/// Answers each request with its name; `/slow` only once it is let go.
pub async fn app(name: &'static str) -> (u16, Arc<Notify>) {
  let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
  let port = listener.local_addr().unwrap().port();
  let go = Arc::new(Notify::new());
  let let_go = Arc::clone(&go);
  tokio::spawn(async move {
    while let Ok((stream, _)) = listener.accept().await {
      tokio::spawn(serve(stream, name, Arc::clone(&go)));
    }
  });
  (port, let_go)
}

async fn serve(stream: TcpStream, name: &'static str, go: Arc<Notify>) {
  let mut stream = BufReader::new(stream);
  loop {
    let mut head = Vec::new();
    loop {
      let mut line = String::new();
      if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
        return;
      }
      if line == "\r\n" {
        break;
      }
      head.push(line);
    }
    if head[0].starts_with("GET /slow ") {
      go.notified().await;
    }
    let answer = format!(
      "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{name}",
      name.len()
    );
    if stream.write_all(answer.as_bytes()).await.is_err() {
      return;
    }
  }
}

/// A user's connection that stays open.
pub struct User(BufReader<TcpStream>);

impl User {
  pub async fn to(address: &str) -> Self {
    Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
  }

  pub async fn ask(&mut self, path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n");
    self.0.write_all(request.as_bytes()).await.unwrap();
  }

  /// Who answered; the connection is good for another request.
  pub async fn answer(&mut self) -> String {
    let mut length = 0;
    loop {
      let mut line = String::new();
      assert_ne!(
        self.0.read_line(&mut line).await.unwrap(),
        0,
        "it was closed"
      );
      let line = line.trim_end().to_ascii_lowercase();
      assert_ne!(line, "connection: close");
      if let Some(value) = line.strip_prefix("content-length: ") {
        length = value.parse().unwrap();
      }
      if line.is_empty() {
        break;
      }
    }
    let mut body = vec![0; length];
    self.0.read_exact(&mut body).await.unwrap();
    String::from_utf8(body).unwrap()
  }
}
