//! Somebody at a terminal who types what the documents say, and answers what they are asked.

use std::{
  collections::BTreeSet,
  fs,
  os::unix::fs::{PermissionsExt, symlink},
  path::PathBuf,
  time::Duration,
};

use portable_pty::CommandBuilder;

use crate::{
  site::Site,
  support::{Terminal, WIDE, plain},
};

/// The longest an operation takes until it ends or asks.
pub(super) const PATIENCE: Duration = Duration::from_secs(90);

/// Somebody who reads the documents on a machine with this site.
pub(super) struct Reader {
  pub(super) site: Site,
  /// Where they stand: the site's, at first.
  pub(super) folder: PathBuf,
  /// The programs they type, by name.
  path: tempfile::TempDir,
  /// What nobody has typed yet.
  pub(super) left: BTreeSet<String>,
  /// What the documents say, and what stands for it here.
  pub(super) instead: Vec<(String, String)>,
}

/// A command that was typed.
pub(super) struct Typed {
  pub(super) terminal: Terminal,
  line: String,
}

impl Reader {
  pub(super) fn of(commands: BTreeSet<String>) -> Self {
    let site = Site::up(&[]);
    let path = tempfile::tempdir().expect("a folder");
    symlink(env!("CARGO_BIN_EXE_cutover"), path.path().join("cutover")).expect("the program");
    script(
      &path,
      "ssh",
      "[ \"$1 $2\" = '-t vm' ] && shift 2 && exec \"$@\"",
    );
    script(
      &path,
      "cargo",
      "[ \"$1 $2 $3\" = 'run --release --' ] && shift 3 && exec cutover \"$@\"",
    );
    let demo = path.path().join("demo").display().to_string();
    Self {
      folder: site.dir.clone(),
      site,
      path,
      left: commands,
      instead: [
        ("1.4.2", "1.1.0"),
        ("2.1.0", "1.1.0"),
        ("1.4.1", "1.0.0"),
        ("2.0.3", "1.0.0"),
        ("show 128", "show 1"),
        ("'log in'", "'the front page loads'"),
        ("'PHRASE'", "'blue is broken'"),
        ("/tmp/my-demo", &demo),
      ]
      .map(|(said, here)| (said.to_owned(), here.to_owned()))
      .into(),
    }
  }

  /// `line` stands in a document; typed where the site is.
  #[track_caller]
  pub(super) fn types(&mut self, line: &str) -> Typed {
    assert!(
      self.left.remove(line),
      "no document says {line:?}, or not twice"
    );
    self.again(line)
  }

  /// Typed once more, or not from a document.
  pub(super) fn again(&self, line: &str) -> Typed {
    let mut here = line.to_owned();
    for (said, instead) in &self.instead {
      here = here.replace(said, instead);
    }
    let mut command = CommandBuilder::new("/bin/sh");
    plain(&mut command);
    command.args(["-c", &format!("exec {here}")]);
    command.cwd(&self.folder);
    let path = command.get_env("PATH").expect("a path").to_owned();
    let path = format!("{}:{}", self.path.path().display(), path.to_string_lossy());
    command.env("PATH", path);
    Typed {
      terminal: Terminal::start(command, WIDE).patient(PATIENCE),
      line: here,
    }
  }

  #[track_caller]
  pub(super) fn all_is_well(&mut self, lines: &[&str]) {
    for line in lines {
      self.types(line).ends(0);
    }
  }

  /// Users on GREEN again, not by a document.
  #[track_caller]
  pub(super) fn users_to_green(&self) {
    self.again("cutover switch green --yes").ends(0);
  }
}

impl Typed {
  /// Answers once the last line asks for this and nothing stands there yet.
  #[track_caller]
  pub(super) fn asked(mut self, label: &str, keys: &str) -> Self {
    self.terminal.wait(label, |screen| {
      let text = screen.contents();
      let last = text.lines().rfind(|line| !line.trim().is_empty());
      last.is_some_and(|line| line.starts_with(label) && line.trim_end().ends_with([':', '.']))
    });
    self.terminal.answer(keys);
    self
  }

  /// Waits for this on the screen and presses a key that is no answer.
  #[track_caller]
  pub(super) fn shows(mut self, text: &str, then: &str) -> Self {
    self.terminal.wait_text(text);
    self.terminal.keys(then);
    self
  }

  #[track_caller]
  pub(super) fn ends(mut self, code: u32) {
    let ended = self.terminal.ended();
    assert_eq!(
      ended.exit_code(),
      code,
      "{}\n{}",
      self.line,
      String::from_utf8_lossy(&self.terminal.raw())
    );
  }
}

fn script(folder: &tempfile::TempDir, name: &str, text: &str) {
  let file = folder.path().join(name);
  fs::write(&file, format!("#!/bin/sh\n{text}\n")).expect("a script");
  fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("its mode");
}
