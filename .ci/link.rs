//! How a release is linked where that is known to work: with Rust's own linker, on x86-64 Linux with glibc.
//! Smaller by a fifth: equal functions once, no tables for unwinding, which nothing reads because a panic ends
//! the process, and relocations packed, where this machine's glibc reads that. Everywhere else the program is
//! linked as usual and only bigger.

#![allow(clippy::print_stdout, reason = "the way a build script tells cargo")]

use std::{env::var, path::Path, process::Command};

fn main() {
  println!("cargo::rerun-if-changed=.ci/link.rs");
  println!("cargo::rerun-if-changed=.ci/link.ld");
  let is = |name: &str, value: &str| var(name).is_ok_and(|it| it == value);
  let known = is("PROFILE", "release") && is("TARGET", "x86_64-unknown-linux-gnu");
  let flags = var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
  let chosen =
    var("RUSTC_LINKER").is_ok() || ["linker", "fuse-ld"].iter().any(|it| flags.contains(it));
  if !known || chosen || !has_own_linker() {
    return;
  }
  let root = var("CARGO_MANIFEST_DIR").unwrap_or_default();
  let mut arguments = vec![
    format!("-T,{root}/.ci/link.ld"),
    "--no-eh-frame-hdr".to_owned(),
    "--icf=all".to_owned(),
  ];
  if glibc().is_some_and(|version| version >= (2, 36)) {
    arguments.push("-z,pack-relative-relocs".to_owned());
  }
  for argument in arguments {
    println!("cargo::rustc-link-arg-bin=cutover=-Wl,{argument}");
  }
}

/// A compiler from a distribution may come without it, and its linker knows none of this.
fn has_own_linker() -> bool {
  let rustc = var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
  let own = "lib/rustlib/x86_64-unknown-linux-gnu/bin/gcc-ld/ld.lld";
  said(&rustc, &["--print", "sysroot"]).is_some_and(|root| Path::new(&root).join(own).exists())
}

/// What a program says, without the end of its line.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
  let ran = Command::new(program).args(arguments).output().ok()?;
  let text = String::from_utf8(ran.stdout).ok()?;
  Some(text.trim_end().to_owned())
}

/// As in `glibc 2.36`.
fn glibc() -> Option<(u32, u32)> {
  let text = said("getconf", &["GNU_LIBC_VERSION"])?;
  let (major, minor) = text.strip_prefix("glibc ")?.split_once('.')?;
  Some((major.parse().ok()?, minor.parse().ok()?))
}
