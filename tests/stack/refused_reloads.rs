//! Every way a proxy refuses a new file, also those where its own test and its reload exit 0: each
//! is seen, put back and proven, and none is reported as done.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

use crate::support::{Site, docker, lost};

const ACTIVE: &str = "nginx/upstream-active.conf";
const GREEN: &str = "nginx/upstream-green.conf";

/// A site with GREEN tested and running at 1.1.0.
fn ready(arguments: &[&str]) -> Site {
  let site = Site::up(arguments);
  site
    .cutover(&["deploy", "--version", "1.1.0", "--yes", "--no-input"])
    .ok();
  site
}

/// Tries to switch to a GREEN file that cannot be loaded; users and the file must be as before.
#[track_caller]
fn must_be_refused(site: &Site, cause: &str, green: &str, says: &str) {
  let before = fs::read(site.path(ACTIVE)).expect("the managed file");
  let good = site.read(GREEN);
  site.write(GREEN, green);
  let load = site.load(60, "new");
  let ran = site.cutover(&["switch", "green", "--yes"]);
  let summary = load.stop();
  site.write(GREEN, &good);
  assert!(
    [3, 4].contains(&ran.code),
    "{cause}: exit {}\n{}\n{}",
    ran.code,
    ran.stdout,
    ran.stderr
  );
  ran.says(says).says("BLUE");
  assert_eq!(
    fs::read(site.path(ACTIVE)).expect("the managed file"),
    before,
    "{cause}: the file was not put back"
  );
  assert_eq!(site.proven(), "blue", "{cause}");
  assert_eq!(lost(&summary, "new"), 0, "{cause}: {summary:#}");
  assert_eq!(site.read(".current-env").trim(), "blue", "{cause}");
}

#[test]
fn a_file_the_proxy_cannot_load_is_put_back_whatever_its_exit_codes_say() {
  let site = ready(&[]);
  let good = site.read(GREEN);
  must_be_refused(
    &site,
    "syntax error",
    &format!("{good}\nthis is no directive;\n"),
    "unknown directive",
  );
  must_be_refused(
    &site,
    "upstream name that does not resolve",
    &good.replace("api-green", "api-nowhere"),
    "host not found",
  );
  must_be_refused(
    &site,
    "empty upstream",
    "upstream api { }\nupstream frontend { }\n",
    "no servers",
  );
  must_be_refused(
    &site,
    "log folder missing",
    &format!("{good}\naccess_log /no/such/folder/access.log;\n"),
    "No such file",
  );
}

#[test]
fn a_reload_that_exits_0_and_is_refused_by_the_master_is_seen_through_the_proxy() {
  let site = ready(&[]);
  let base = site.read("nginx/site.conf");
  let zone = "limit_req_zone $binary_remote_addr zone=site_zone:1m rate=9999r/s;\n";
  site.write("nginx/site.conf", &format!("{zone}{base}"));
  let proxy = site.container("proxy");
  docker(&["exec", &proxy, "nginx", "-s", "reload"]).ok();
  let good = site.read(GREEN);
  let green = format!("{good}\n");
  let clash = "limit_req_zone $request_uri zone=site_zone:1m rate=9999r/s;\n";
  site.write("nginx/site.conf", &format!("{clash}{base}"));
  must_be_refused(
    &site,
    "shared zone re-declared with another key",
    &green,
    "",
  );
  site.write("nginx/site.conf", &format!("{zone}{base}"));
  site.cutover(&["switch", "green", "--yes"]).ok();
}

#[test]
fn a_port_that_is_taken_is_seen_though_the_reload_exits_0() {
  let site = ready(&["--layout", "nocturna"]);
  let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
  let port = taken.local_addr().expect("an address").port();
  let extra = fs::read_dir(site.path("nginx"))
    .expect("nginx")
    .filter_map(Result::ok)
    .map(|entry| entry.path())
    .find(|path| path.file_name().is_some_and(|name| name == "nginx.conf"))
    .expect("nginx.conf");
  let text = fs::read_to_string(&extra).expect("nginx.conf");
  let last = text.rfind('}').expect("a closing brace");
  let listening = format!(
    "{}  server {{ listen 127.0.0.1:{port}; return 204; }}\n{}",
    &text[..last],
    &text[last..]
  );
  fs::write(&extra, listening).expect("nginx.conf");
  let ran = site.cutover(&["switch", "green", "--yes"]);
  fs::write(&extra, text).expect("nginx.conf");
  drop(taken);
  assert!(
    [3, 4].contains(&ran.code),
    "exit {}\n{}\n{}",
    ran.code,
    ran.stdout,
    ran.stderr
  );
  assert_eq!(site.proven(), "blue");
}

#[test]
fn a_managed_file_that_cannot_be_written_changes_nothing() {
  let site = ready(&[]);
  let folder = site.path("nginx");
  // Root may write a folder without write permission, so the folder is made a read-only mount.
  let mount = |arguments: &[&str]| {
    let status = std::process::Command::new("mount")
      .args(arguments)
      .status()
      .expect("mount runs");
    assert!(status.success(), "mount {arguments:?}");
  };
  let name = folder.to_str().expect("a path");
  mount(&["--bind", name, name]);
  mount(&["-o", "remount,ro,bind", name]);
  let ran = site.cutover(&["switch", "green", "--yes"]);
  let ended = std::process::Command::new("umount")
    .arg(name)
    .status()
    .expect("umount runs");
  assert!(ended.success());
  ran.code(3).says("cannot be written");
  assert_eq!(site.proven(), "blue");
}

#[test]
fn a_stale_single_file_mount_is_refused_before_anything_changes() {
  let site = ready(&["--mount", "file"]);
  let text = site.read(ACTIVE);
  site.write("nginx/.new", &text);
  fs::set_permissions(site.path("nginx/.new"), fs::Permissions::from_mode(0o644)).expect("modes");
  fs::rename(site.path("nginx/.new"), site.path(ACTIVE)).expect("rename");
  site.write(ACTIVE, &format!("{text}\n# edited\n"));
  site
    .cutover(&["switch", "green", "--yes"])
    .code(3)
    .says("stale");
}

#[test]
fn a_proxy_that_is_down_is_named_with_the_command_that_starts_it() {
  let site = ready(&[]);
  let proxy = site.container("proxy");
  docker(&["stop", "-t", "1", &proxy]).ok();
  site
    .cutover(&["switch", "green", "--yes"])
    .code(3)
    .says("is not running")
    .says(&format!("docker start {proxy}"));
  docker(&["start", &proxy]).ok();
}

#[test]
fn the_proxy_of_another_site_is_never_touched() {
  let site = ready(&[]);
  let other = Site::up(&[]);
  let before = docker(&["top", &other.container("proxy"), "-eo", "pid,args"])
    .ok()
    .stdout;
  site.cutover(&["switch", "green", "--yes"]).ok();
  let after = docker(&["top", &other.container("proxy"), "-eo", "pid,args"])
    .ok()
    .stdout;
  assert_eq!(before, after, "the other site's proxy got new workers");
  assert_eq!(other.proven(), "blue");
}
