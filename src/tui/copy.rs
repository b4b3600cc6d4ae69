//! Text for the operator to take along: to the terminal's clipboard and to a file only they can
//! read. Many terminals and most multiplexers keep the clipboard to themselves, so the file is
//! always written too.

use std::{
  fs::{self, File, OpenOptions},
  io::{self, Write},
  os::unix::fs::OpenOptionsExt,
  path::{Path, PathBuf},
};

use crossterm::{clipboard::CopyToClipboard, queue};

/// The clipboard sequence (OSC 52). Inside of tmux it is also sent wrapped, which tmux hands on
/// where `allow-passthrough` is on; plain it takes it itself where `set-clipboard` is on.
pub(super) fn clipboard(text: &str, tmux: bool) -> io::Result<Vec<u8>> {
  let mut bytes = Vec::new();
  queue!(bytes, CopyToClipboard::to_clipboard_from(text))?;
  if tmux {
    let wrapped = passthrough(&bytes);
    bytes.extend(wrapped);
  }
  Ok(bytes)
}

fn passthrough(sequence: &[u8]) -> Vec<u8> {
  let mut bytes = b"\x1bPtmux;".to_vec();
  for byte in sequence {
    if *byte == 0x1b {
      bytes.push(0x1b);
    }
    bytes.push(*byte);
  }
  bytes.extend(b"\x1b\\");
  bytes
}

/// Writes `text` as `name` into `folder`, readable by its owner only. The folder may be anyone's:
/// the file is made anew under another name and moved into place, so that nothing that was laid
/// out there is followed or written through.
pub(super) fn save(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
  let name: String = name
    .chars()
    .map(|c| if c == '/' || c.is_control() { '-' } else { c })
    .collect();
  let path = folder.join(&name);
  let new = folder.join(format!(".{name}.{}", nix::unistd::getpid()));
  let put = || -> io::Result<()> {
    let mut file = create(&new)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&new, &path)
  };
  put().inspect_err(|_| {
    let _ = fs::remove_file(&new);
  })?;
  Ok(path)
}

fn create(path: &Path) -> io::Result<File> {
  let create = || {
    OpenOptions::new()
      .write(true)
      .create_new(true)
      .mode(0o600)
      .open(path)
  };
  match create() {
    // Left behind by an earlier process of this number.
    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
      fs::remove_file(path)?;
      create()
    }
    made => made,
  }
}

/// The name of this user's copies: others have theirs in the same folder.
pub(super) fn name() -> String {
  format!("cutover-copy-{}.txt", nix::unistd::getuid())
}

#[cfg(test)]
mod tests {
  use std::os::unix::fs::{MetadataExt, symlink};

  use super::*;

  #[test]
  fn the_clipboard_sequence_is_doubled_for_tmux() {
    let plain = clipboard("LIVE", false).unwrap();
    assert_eq!(plain, b"\x1b]52;c;TElWRQ==\x1b\\");
    let both = clipboard("LIVE", true).unwrap();
    assert!(both.starts_with(&plain));
    assert_eq!(
      &both[plain.len()..],
      b"\x1bPtmux;\x1b\x1b]52;c;TElWRQ==\x1b\x1b\\\x1b\\"
    );
  }

  #[test]
  fn a_saved_file_is_its_owners_alone_and_follows_no_link_that_was_laid_out() {
    let folder = tempfile::tempdir().unwrap();
    let victim = folder.path().join("victim");
    fs::write(&victim, "untouched").unwrap();
    symlink(&victim, folder.path().join("copy.txt")).unwrap();
    let path = save(folder.path(), "copy.txt", "what was shown").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "what was shown");
    assert_eq!(fs::symlink_metadata(&path).unwrap().mode() & 0o7777, 0o600);
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing half written is left");
  }

  #[test]
  fn a_name_never_leaves_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = save(folder.path(), "../x/log.txt", "x").unwrap();
    assert_eq!(path, folder.path().join("..-x-log.txt"));
  }
}
