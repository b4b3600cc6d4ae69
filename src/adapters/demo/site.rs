//! The folder of the demo's site: its configuration, its releases, its managed file. What it holds is
//! what a site of one's own would hold; nothing here is known to any other adapter.

use std::{
  fs, io,
  net::TcpListener,
  os::unix::fs::{DirBuilderExt, PermissionsExt},
  path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::adapters::processes;

const CONFIG: &str = include_str!("../../../assets/demo/cutover.toml");
/// What makes a folder a demo's.
const MARK: &str = "demo.json";

/// A version that can be deployed, and the defect it was built with.
pub struct Release {
  pub version: &'static str,
  fault: &'static str,
}

/// What the site starts with.
pub const FIRST: &str = "1.0.0";
pub const GOOD: &str = "1.1.0";
pub const FAILS_SMOKE: &str = "1.2.0";
const NEVER_HEALTHY: &str = "1.3.0";
pub const WEARS_OUT: &str = "1.4.0";

const RELEASES: [Release; 5] = [
  Release {
    version: FIRST,
    fault: "",
  },
  Release {
    version: GOOD,
    fault: "",
  },
  Release {
    version: FAILS_SMOKE,
    fault: "smoke",
  },
  Release {
    version: NEVER_HEALTHY,
    fault: "unhealthy",
  },
  Release {
    version: WEARS_OUT,
    fault: "wears-out",
  },
];

/// Whose demo a folder is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
  boot: String,
  pid: u32,
  /// Clock ticks since boot, so that a reused pid is noticed.
  started: u64,
}

impl Owner {
  fn this_process() -> io::Result<Self> {
    let pid = std::process::id();
    let facts = processes::facts(pid).ok_or_else(|| io::Error::other("/proc cannot be read"))?;
    Ok(Self {
      boot: processes::boot_id(),
      pid,
      started: facts.started,
    })
  }

  pub fn is_alive(&self) -> bool {
    processes::is_alive(self.pid, self.started, &self.boot)
  }

  /// `None` for a folder that is no demo's.
  pub fn of(folder: &Path) -> Option<Self> {
    serde_json::from_slice(&fs::read(folder.join(MARK)).ok()?).ok()
  }
}

/// What a demo puts into its folder.
const OURS: [&str; 7] = [
  ".cutover",
  "proxy",
  "proxy.log",
  "releases",
  "cutover.toml",
  "traffic.json",
  MARK,
];

/// Takes an earlier demo out of a folder that its owner named.
pub fn clear(folder: &Path) -> io::Result<()> {
  for name in OURS {
    let path = folder.join(name);
    let removed = if path.is_dir() {
      fs::remove_dir_all(&path)
    } else {
      fs::remove_file(&path)
    };
    match removed {
      Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
      _ => {}
    }
  }
  Ok(())
}

/// A demo's folder as it was built.
pub struct Built {
  pub folder: PathBuf,
  pub config: PathBuf,
  /// Where the proxy will listen.
  pub address: String,
  pub ledger: PathBuf,
}

/// Builds the site in `folder`, which may be there already when it is empty. `program` is this one.
pub fn build(folder: &Path, program: &Path) -> io::Result<Built> {
  let mut builder = fs::DirBuilder::new();
  builder.recursive(true).mode(0o700).create(folder)?;
  if fs::read_dir(folder)?.next().is_some() {
    return Err(io::Error::other(
      "it is not empty: name a new folder, or an empty one",
    ));
  }
  let folder = &folder.canonicalize()?;
  put(
    &folder.join(MARK),
    &serde_json::to_string_pretty(&Owner::this_process()?)?,
  )?;
  for release in &RELEASES {
    let folder = folder.join("releases").join(release.version);
    builder.create(&folder)?;
    put(
      &folder.join("app.toml"),
      &format!(
        "version = \"{}\"\nfault = \"{}\"\n",
        release.version, release.fault
      ),
    )?;
  }
  let [proxy, blue, green] = free_ports()?;
  let quoted = serde_json::to_string(&program.to_string_lossy())?;
  let config = CONFIG
    .replace("@PROXY@", &proxy.to_string())
    .replace("@BLUE@", &blue.to_string())
    .replace("@GREEN@", &green.to_string())
    .replace("@PROGRAM@", &quoted);
  put(&folder.join("cutover.toml"), &config)?;
  builder.create(folder.join("proxy"))?;
  let live =
    format!("upstream = \"127.0.0.1:{blue}\"\nslot = \"blue\"\ngeneration = 1\noperation = 0\n");
  put(&folder.join("proxy/live.toml"), &live)?;
  Ok(Built {
    folder: folder.clone(),
    config: folder.join("cutover.toml"),
    address: format!("127.0.0.1:{proxy}"),
    ledger: folder.join("traffic.json"),
  })
}

fn put(path: &Path, text: &str) -> io::Result<()> {
  fs::write(path, text)?;
  fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

/// Held together, so that they differ; whoever takes one before it is used is told by who needs it.
fn free_ports() -> io::Result<[u16; 3]> {
  let listeners = [bind()?, bind()?, bind()?];
  let mut ports = [0; 3];
  for (port, listener) in ports.iter_mut().zip(&listeners) {
    *port = listener.local_addr()?.port();
  }
  Ok(ports)
}

fn bind() -> io::Result<TcpListener> {
  TcpListener::bind("127.0.0.1:0")
}
