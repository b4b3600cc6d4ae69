//! Every command block of README and docs, typed at a terminal on a real site as its reader would, in a
//! state of the site that the page speaks of. A command that nobody types here fails the test.

mod reader;

use std::{
  collections::BTreeSet,
  fs,
  process::{Child, Command, Stdio},
};

use crate::{
  pages::{pages, read, root},
  site::{Site, run, wait_until},
};
use reader::{PATIENCE, Reader};

/// What is not typed here, and why.
const ELSEWHERE: [(&str, &str); 11] = [
  (
    "cargo build --release",
    "minutes; CI builds the same without optimization",
  ),
  ("cargo install", "the same build"),
  ("cargo bench", "minutes of measuring"),
  ("benches/console/site", "its site is for measuring"),
  (
    ".ci/package",
    "tests/config/packages.rs looks at what it packs",
  ),
  ("target/release/cutover", "the release build"),
  ("alias cutover=", "the name is on the PATH here"),
  ("tests/site/up", "every site here comes from it"),
  ("tests/site/down", "and every one is taken down by it"),
  ("tests/run", "is running"),
  ("cutover demo --headless", "tests/pty/demo.rs types it"),
];

/// What the blocks tell to type, without the comments beside it.
fn commands() -> BTreeSet<String> {
  let lines = pages().into_iter().flat_map(|(_, text)| read(&text).shell);
  let commands: BTreeSet<String> = lines
    .map(|(_, line)| {
      line
        .split(" #")
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
    })
    .filter(|line| !line.is_empty())
    .collect();
  for (prefix, _) in ELSEWHERE {
    let is_said = commands.iter().any(|line| line.starts_with(prefix));
    assert!(is_said, "no document says {prefix:?} any more");
  }
  let here = |line: &String| !ELSEWHERE.iter().any(|(prefix, _)| line.starts_with(prefix));
  commands.into_iter().filter(here).collect()
}

#[test]
fn every_command_of_the_documents_does_what_its_page_says() {
  let mut reader = Reader::of(commands());
  a_site_that_nobody_touched(&mut reader);
  the_first_release(&mut reader);
  a_standby_and_its_tests(&mut reader);
  every_way_back(&mut reader);
  what_is_put_away(&mut reader);
  what_somebody_else_began(&mut reader);
  what_was_interrupted(&mut reader);
  a_site_that_is_not_driven(&mut reader);
  a_demo(&mut reader);
  assert!(reader.left.is_empty(), "nobody typed {:#?}", reader.left);
}

fn a_site_that_nobody_touched(reader: &mut Reader) {
  reader.all_is_well(&[
    "cutover config check",
    "cutover config path",
    "cutover config show --origin",
    "cutover config schema > cutover.schema.json",
    "cutover doctor",
    "cutover status",
    "cutover status --verbose",
    "cutover status --check",
    "cutover health -v",
    "cutover lock status",
    "cutover history",
    "cutover history -n 5",
    "cutover migrate --status",
    "cutover migrate --dry-run",
    "cutover deploy --version 1.4.2 --dry-run",
  ]);
  let schema = reader.site.read("cutover.schema.json");
  assert!(schema.contains("\"$schema\""));
  for console in ["cutover", "cutover ui --observe"] {
    let typed = reader.types(console);
    typed.shows("LIVE [B] BLUE 1.0.0", "q").ends(0);
  }
  reader
    .types("cutover rehearse")
    .asked("Press y", "y")
    .ends(0);
  assert_eq!(reader.site.proven(), "blue");
}

fn the_first_release(reader: &mut Reader) {
  reader.all_is_well(&["cutover deploy --version 1.1.0 --switch --yes"]);
  assert_eq!(reader.site.proven(), "green");
  reader.all_is_well(&["cutover rollback --yes"]);
  assert_eq!(reader.site.proven(), "blue");
}

fn a_standby_and_its_tests(reader: &mut Reader) {
  reader.all_is_well(&[
    "cutover health green -v",
    "cutover show 128",
    "cutover smoke green --only 'log in'",
    "cutover smoke green",
  ]);
  let log = reader.types("cutover logs green api -f");
  log.shows("GET /api/health", "\u{3}").ends(0);
}

fn every_way_back(reader: &mut Reader) {
  let deploy = reader.types("cutover deploy --version 1.4.2");
  deploy
    .asked("Type  green", "green\r")
    .asked("Type  green", "green\r")
    .ends(0);
  for back in [
    "cutover R",
    "ssh -t vm cutover rollback",
    "cutover rollback",
  ] {
    assert_eq!(reader.site.proven(), "green");
    reader.types(back).asked("Press y", "y").ends(0);
    assert_eq!(reader.site.proven(), "blue");
    reader.users_to_green();
  }
  reader.all_is_well(&["cutover rollback --yes --reason 'p95'"]);
  let deploy = reader.types("cutover deploy --version 2.1.0 --switch");
  deploy.asked("Type  green", "green\r").ends(0);
  for older in ["2.0.3", "1.4.1"] {
    let older = format!("cutover rollback --to-version {older}");
    reader.types(&older).asked("Press y", "y").ends(0);
    assert_eq!(reader.site.proven(), "blue");
    reader.users_to_green();
  }
  let watch = reader.types("cutover watch --rollback");
  watch.shows("watch", "\u{3}").ends(7);

  let api = reader.site.container("api-blue");
  let fault = "{\"unhealthy\":true}";
  let url = "http://localhost:5000/admin/fault";
  let exec = ["exec", &api, "curl", "-sS", "-X", "POST", "-d", fault, url];
  run(Command::new("docker").args(exec)).ok();
  reader.again("cutover rollback --yes").ends(3);
  reader.all_is_well(&["cutover rollback --force --confirm 'PHRASE'"]);
  assert_eq!(reader.site.proven(), "blue");
}

fn what_is_put_away(reader: &mut Reader) {
  reader.all_is_well(&["cutover backup"]);
  let backup = fs::read_dir(reader.site.path("backups"))
    .expect("backups")
    .map(|entry| entry.expect("an entry").path())
    .find(|path| path.extension().is_some_and(|ends| ends == "dump"))
    .expect("a backup");
  let backup = backup.display().to_string();
  reader
    .instead
    .push(("backups/before.sql".to_owned(), backup));
  let restore = reader.types("cutover restore backups/before.sql");
  restore.asked("Press y", "y").ends(0);
  reader.users_to_green();
  for stop in ["cutover stop blue api", "cutover stop blue"] {
    reader.types(stop).asked("Press y", "y").ends(0);
  }
}

/// A deploy of somebody else, once it has a step under way.
fn somebody_deploys(site: &Site) -> Child {
  let child = site
    .command(&["deploy", "--version", "9.0.0-unhealthy", "--yes"])
    .stdin(Stdio::null())
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .expect("somebody else");
  wait_until("it waits for health", PATIENCE, || {
    let step = &site.status()["operation"]["step"];
    step.as_str().is_some_and(|step| step.contains("healthy"))
  });
  child
}

fn what_somebody_else_began(reader: &mut Reader) {
  let mut other = somebody_deploys(&reader.site);
  let watched = reader.types("cutover attach");
  watched.terminal.wait_text("wait until BLUE is healthy");
  reader.again("cutover lock status").ends(0);
  reader.types("cutover abort").ends(0);
  watched.ends(7);
  assert_eq!(other.wait().expect("it ends").code(), Some(7));
  assert_eq!(reader.site.proven(), "green");
}

fn what_was_interrupted(reader: &mut Reader) {
  let interrupted = |reader: &Reader| {
    let mut command = reader.site.command(&["rehearse", "--yes"]);
    let ran = run(command.env("CUTOVER_CRASH", "after:7"));
    assert_ne!(ran.code, 0, "{ran:?}");
    reader.site.cutover(&["status"]).says("was interrupted");
  };
  interrupted(reader);
  reader.types("cutover resume").ends(0);
  interrupted(reader);
  reader
    .again("cutover rollback")
    .asked("Press y", "y")
    .ends(0);
  assert_eq!(reader.site.proven(), "green");
}

fn a_site_that_is_not_driven(reader: &mut Reader) {
  reader.folder = root().join("tests/fixtures/kubernetes/site");
  reader.types("cutover init").ends(3);
  reader.folder = root().join("tests/fixtures/doctor/vcci");
  reader.types("cutover doctor --scripts scripts").ends(8);
}

fn a_demo(reader: &mut Reader) {
  let demo = reader.types("cargo run --release -- demo");
  demo.shows("LIVE [B] BLUE 1.0.0", "q").ends(0);
  let demo = reader.types("cutover demo --dir /tmp/my-demo");
  demo.terminal.wait_text("LIVE [B] BLUE 1.0.0");
  reader.all_is_well(&[
    "cutover --config /tmp/my-demo/cutover.toml status",
    "cutover --config /tmp/my-demo/cutover.toml attach",
    "cutover --config /tmp/my-demo/cutover.toml history",
  ]);
  demo.shows("LIVE", "q").ends(0);
}
