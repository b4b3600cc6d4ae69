//! A site without Docker, and a console as a terminal that is nobody's would start it.

use std::path::{Path, PathBuf};

use portable_pty::CommandBuilder;

use super::Terminal;

/// A folder whose site has no Docker.
pub(crate) struct Nowhere {
  dir: tempfile::TempDir,
}

impl Nowhere {
  pub(crate) fn new() -> Self {
    let dir = tempfile::tempdir().expect("a folder");
    let files = [
      ("cutover.toml", SITE),
      ("compose.yml", "services: {}\n"),
      ("up-blue.conf", "server api-blue:5000;\n"),
      ("up-green.conf", "server api-green:5000;\n"),
      ("active.conf", "server api-blue:5000;\n"),
    ];
    for (name, text) in files {
      std::fs::write(dir.path().join(name), text).expect("a file of the site");
    }
    Self { dir }
  }

  pub(crate) fn config(&self) -> PathBuf {
    self.dir.path().join("cutover.toml")
  }

  /// The console of this site, before it is started.
  pub(crate) fn console(&self) -> CommandBuilder {
    let mut command = console(&self.config());
    let away = self.dir.path().join("no-docker.sock");
    command.env("DOCKER_HOST", format!("unix://{}", away.display()));
    command
  }

  /// The console, started and painted.
  pub(crate) fn open(&self, size: (u16, u16)) -> Terminal {
    let terminal = Terminal::start(self.console(), size);
    terminal.wait_text("DOCKER:");
    terminal
  }
}

const SITE: &str = r#"schema = 1
name = "shop"
[runtime]
files = ["compose.yml"]
shared = ["proxy"]
[services.api]
name = "api-{color}"
[version]
variable = "{COLOR}_VERSION"
[router]
service = "proxy"
[router.switch]
kind = "copy"
from = "up-{color}.conf"
to = "active.conf"
[proof]
url = "http://127.0.0.1:9/"
header = "X-Slot"
"#;

/// The binary under test with a terminal's ordinary environment and nothing of this one's.
pub(crate) fn console(config: &Path) -> CommandBuilder {
  let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cutover"));
  command.arg("--config");
  command.arg(config);
  plain(&mut command);
  command
}

pub(crate) fn plain(command: &mut CommandBuilder) {
  command.env_clear();
  command.cwd("/");
  let home = config_home();
  for (name, value) in [
    (
      "PATH",
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    ("TERM", "xterm-256color"),
    ("LANG", "C.UTF-8"),
    ("HOME", home),
    ("XDG_CONFIG_HOME", home),
  ] {
    command.env(name, value);
  }
}

/// Nobody's settings.
fn config_home() -> &'static str {
  "/nonexistent"
}
